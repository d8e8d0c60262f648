"""Step 7 under random input: whatever the text, an access token is good or InvalidToken."""

import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import tokens
from accounts.errors import InvalidToken
from tests.accounts import forge

EXAMPLES = int(os.environ.get("GATEHOUSE_TEST_FORGERIES", "2000")) // 4  # for each of four tests
fuzzing = settings(max_examples=EXAMPLES, deadline=None)

LETTERS = st.sampled_from("ABCxyz019-_.=+/ %\t\0é\u200b\ud800")


@st.composite
def mutations(draw: st.DrawFn) -> list[tuple[Any, ...]]:
    """Edits of a token's text: replace, insert, cut out, repeat, shuffle segments."""
    edit = st.one_of(
        st.tuples(st.just("replace"), st.integers(0, 600), LETTERS),
        st.tuples(st.just("insert"), st.integers(0, 600), st.text(LETTERS, max_size=8)),
        st.tuples(st.just("cut"), st.integers(0, 600), st.integers(1, 50)),
        st.tuples(st.just("repeat"), st.integers(0, 600), st.integers(1, 5000)),
        st.tuples(st.just("segments"), st.permutations([0, 1, 2]), st.just(0)),
    )
    return draw(st.lists(edit, min_size=1, max_size=4))


def edited(token: str, edits: list[tuple[Any, ...]]) -> str:
    for kind, where, what in edits:
        if kind == "segments":
            parts = ([*token.split("."), "", "", ""])[:3]
            token = ".".join(parts[index] for index in where)
            continue
        at = where % (len(token) + 1)
        before, after = token[:at], token[at:]
        token = {
            "replace": lambda: before + what + after[1:],  # noqa: B023
            "insert": lambda: before + what + after,  # noqa: B023
            "cut": lambda: before + after[what:],  # noqa: B023
            "repeat": lambda: before + after[:1] * what + after,  # noqa: B023
        }[kind]()
    return token


def refused(text: str) -> bool:
    """Whether verify_access refuses; any other exception than its own fails the test."""
    try:
        tokens.verify_access(text)
    except InvalidToken:
        return True
    return False


@fuzzing
@given(mutations())
def test_mutated_token_refused(edits):
    """RFC 8725 section 3.3: no change to a good token leaves it good, and none causes an error."""
    good = forge.signed(forge.header(), forge.access_claims())
    text = edited(good, edits)

    assert refused(text) == (text != good)


@fuzzing
@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda data: data.decode("latin-1")))
def test_arbitrary_text_refused(text):
    """Any text that a header or cookie can carry is refused, and nothing else happens."""
    assert refused(text)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**18, 10**40)
    | st.floats()
    | st.text(max_size=20)
    | st.text(st.characters(categories=["Cs", "Cc", "Zs"]), max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = st.sampled_from([*forge.access_claims(), "nbf"])


@fuzzing
@given(st.dictionaries(NAMES | st.text(max_size=8), VALUES, min_size=1, max_size=4))
def test_signed_token_with_odd_claims_never_an_error(changes):
    """ASVS 15.3.5: even what our own key signed is judged by type before it is used."""
    refused(forge.signed(forge.header(), forge.access_claims(**changes)))


@fuzzing
@given(st.dictionaries(st.sampled_from(["typ", "alg", "kid", "crit", "jwk"]), VALUES, min_size=1))
def test_signed_token_with_odd_header_refused(changes):
    """Only the header that we write is read: everything else is refused without an error."""
    head = forge.header() | changes
    if head == forge.header():
        return

    assert refused(forge.signed(head, forge.access_claims()))


@pytest.mark.parametrize("text", ["", ".", "..", "\ud800", "\0", "é.é.é"], ids=repr)
def test_small_texts_refused(text):
    """The corners that a random search may miss."""
    assert refused(text)
