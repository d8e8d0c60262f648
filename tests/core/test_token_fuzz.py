"""Step 7 under random input: whatever the text, an access token is good or InvalidToken."""

import os
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import tokens
from accounts.errors import InvalidToken
from tests.core import forge

# To think of an example costs Hypothesis many times what its verdict does: each of the four tests
# gives every one of them five forms.
FORMS = 5
EXAMPLES = int(os.environ.get("GATEHOUSE_TEST_FORGERIES", "10000")) // (4 * FORMS)
fuzzing = settings(max_examples=EXAMPLES, deadline=None)

STRANGER = ec.generate_private_key(ec.SECP256R1())

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


def all_refused(*forms: str) -> bool:
    assert len(forms) == FORMS
    return all(map(refused, forms))


@fuzzing
@given(mutations())
def test_mutated_token_refused(edits):
    """RFC 8725 section 3.3: no change to a good token leaves it good, and none causes an error."""
    head, claims = forge.header(), forge.access_claims()
    good = forge.signed(head, claims)
    text = edited(good, edits)

    assert refused(text) == (text != good)
    assert all_refused(
        f"{text}.{good}",
        *(edited(forge.signed(forge.header(typ), claims), edits) for typ in ("rt+jwt", "JWT")),
        edited(forge.signed(head, forge.access_claims(exp=1)), edits),
        edited(forge.signed(head, claims, STRANGER), edits),
    )


@fuzzing
@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda data: data.decode("latin-1")))
def test_arbitrary_text_refused(text):
    """Any text that a header or cookie can carry is refused, and nothing else happens."""
    head, payload, signature = forge.signed(forge.header(), forge.access_claims()).split(".")
    data = text.encode("utf-8", "surrogatepass")

    assert all_refused(
        text,
        f"{text}.{payload}.{signature}",
        f"{head}.{payload}.{text}",
        forge.signed(data, forge.access_claims()),
        forge.signed(forge.header(), data),
    )


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
    head, (name, value) = forge.header(), next(iter(changes.items()))
    for claims in (
        forge.access_claims(**changes),
        forge.access_claims(**{name: value}),
        forge.access_claims(**{name: [value]}),
        changes,
        forge.access_claims(more=changes),
    ):
        refused(forge.signed(head, claims))


@fuzzing
@given(st.dictionaries(st.sampled_from(["typ", "alg", "kid", "crit", "jwk"]), VALUES, min_size=1))
def test_signed_token_with_odd_header_refused(changes):
    """Only the header that we write is read: everything else is refused without an error."""
    head, claims = forge.header(), forge.access_claims()
    if head | changes == head:
        return
    name, value = next(iter(changes.items()))

    assert all_refused(
        forge.signed(head | changes, claims),
        forge.signed(head | {name: [value]}, claims),
        forge.signed(changes, claims),
        forge.signed(head | {"more": changes}, claims),
        forge.signed({key: value for key, value in head.items() if key != "kid"} | changes, claims),
    )


@pytest.mark.parametrize("text", ["", ".", "..", "\ud800", "\0", "é.é.é"], ids=repr)
def test_small_texts_refused(text):
    """The corners that a random search may miss."""
    assert refused(text)
