"""Step 7: whatever is wrong with a token, it is refused, for its own cause, and answered alike."""

import time
from typing import Any

import pytest

from .. import sessions, strict_json, tokens
from ..conf import LEEWAY_SECONDS
from ..errors import ExpiredToken, InvalidToken
from ..models import Session
from ..tokens import claims, jws, keys
from ..tokens.jws import Malformed
from . import forge
from .forge import N, P, fixed
from .mutations import TABLE, TOP
from .presenting import ACCESS, REFRESH, assert_refused, by_bearer, by_cookie


@pytest.fixture
def good(browser_client, alice) -> str:
    browser_client.sign_in(alice)
    return browser_client.cookies[ACCESS].value


@pytest.mark.parametrize("name", TABLE)
def test_mutated_token_refused_for_its_cause(good, name):
    """RFC 8725, RFC 7515, RFC 7519, RFC 9068: by cookie and by Bearer, with one answer."""
    cause, mutation = TABLE[name]
    found = mutation(good)
    texts = [found] if isinstance(found, str) else list(found)

    assert texts
    for text in texts:
        with pytest.raises((InvalidToken, ExpiredToken)) as refused:
            tokens.verify_access(text)
        assert str(refused.value).startswith(cause)
    assert_refused(texts[0])


def test_token_signed_again_over_the_same_parts_accepted(good):
    """The mutations differ from a good token in nothing but what they name."""
    again = forge.signed(*forge.contents(good))

    assert again != good
    assert by_cookie(again).status_code == by_bearer(again).status_code == 200


# What stands just inside each limit of the table.


def test_token_within_the_leeway_accepted(good):
    """Two servers' clocks may differ by some seconds."""
    now = int(time.time())
    for token in (
        forge.altered(good, exp=now - LEEWAY_SECONDS + 3),
        forge.altered(good, iat=now + LEEWAY_SECONDS - 2),
        forge.altered(good, nbf=now + LEEWAY_SECONDS - 2),
        forge.altered(good, nbf=now),
        forge.altered(good, nbf=0),
        forge.altered(good, exp=forge.contents(good)[1]["iat"] + 300),
    ):
        assert by_cookie(token).status_code == by_bearer(token).status_code == 200


def test_nesting_up_to_the_limit_accepted(good):
    """Within the claims' own braces."""
    head, payload = forge.contents(good)
    levels = strict_json.DEEPEST - 1
    deep = json_with(payload, f'"x":{"[" * levels}{"]" * levels}')

    assert by_bearer(forge.signed(head, deep)).status_code == 200


def json_with(payload: dict[str, Any], member: str) -> str:
    return forge.written(payload).decode()[:-1] + f",{member}}}"


def text_of(length: int) -> str:
    """The form of a token in exactly so many characters. Blanks in the header make up the rest."""
    signature = forge.b64(bytes(64))
    for blanks in range(3):
        head = forge.b64(b'{"alg":"ES256"}' + b" " * blanks)
        left = length - len(head) - len(signature) - 2
        if left % 4 != 1:  # no bytes have such a text
            return f"{head}.{'A' * left}.{signature}"
    raise AssertionError(length)


@pytest.mark.parametrize("length", [200, 4_095, 4_096])
def test_text_up_to_the_limit_is_read(length):
    """4,096 characters are a token's most: what is read is the whole text."""
    text = text_of(length)

    assert len(text) == length
    assert jws.parse(text).signed == text.rpartition(".")[0].encode()


@pytest.mark.parametrize("length", [4_097, 4_098, 100_000])
def test_text_beyond_the_limit_is_not_read(length):
    """One character more is refused for its length, before anything is decoded."""
    with pytest.raises(jws.Malformed, match="longer than 4096 characters"):
        jws.parse(text_of(length))


@pytest.mark.parametrize("name", ["iat", "exp", "gen", "ver"])
@pytest.mark.parametrize("value", [0, 1, claims.LATEST - 1, claims.LATEST])
def test_number_within_its_range_is_taken(name, value):
    """Both ends belong to it."""
    claims.check_types(forge.access_claims(**{name: value}), claims.ACCESS)


@pytest.mark.parametrize("name", ["iat", "exp", "gen", "ver"])
@pytest.mark.parametrize("value", [-1, claims.LATEST + 1])
def test_number_beyond_its_range_is_not_taken(name, value):
    """The first on either side of it is refused, and says which claim it is."""
    with pytest.raises(Malformed, match=f"{name} is out of range"):
        claims.check_types(forge.access_claims(**{name: value}), claims.ACCESS)


# The two kinds of token.


def test_refresh_token_as_access_token_refused(browser_client, alice):
    """RFC 8725 section 3.12, ASVS 9.2.2: a refresh token opens no API, under either type."""
    browser_client.sign_in(alice)
    refresh = browser_client.cookies[REFRESH].value

    assert_refused(refresh)
    assert_refused(forge.signed(forge.header("at+jwt"), forge.contents(refresh)[1]))


@pytest.mark.parametrize("typ", ["at+jwt", "rt+jwt"])
def test_access_token_as_refresh_token_refused(browser_client, alice, typ):
    """Type, audience and claims must all fit: none of them alone tells the kinds apart."""
    browser_client.sign_in(alice)
    access = browser_client.cookies[ACCESS].value
    browser_client.cookies[REFRESH] = forge.signed(forge.header(typ), forge.contents(access)[1])

    response = browser_client.post("/auth/refresh")

    assert (response.status_code, response.json()["code"]) == (401, "session_ended")
    assert not response.cookies


# What does not hang on the token's text.


def test_mirrored_signature_of_a_signed_out_session_refused(browser_client, good):
    """(r, n - s) verifies too: what ends a session must not depend on the token's text."""
    r, s = forge.numbers(good)
    mirrored = forge.with_signature(good, fixed(r, N - s))
    assert by_bearer(mirrored).status_code == 200

    assert browser_client.post("/auth/logout").status_code == 204

    assert_refused(good)
    assert_refused(mirrored)
    assert_refused(forge.altered(good, jti="CCCCCCCCCCCCCCCCCCCCCC"))
    assert Session.objects.get().end_reason == "signed_out"


def test_remembered_token_refused_once_it_has_expired(good, time_machine):
    """A token that was good is judged by its time again at every use."""
    assert by_bearer(good).status_code == 200

    time_machine.move_to(time.time() + 300 + LEEWAY_SECONDS + 1)

    assert_refused(good)


def test_no_token_and_no_secret_stands_in_a_repr(alice):
    """What a debugger, a log line or an error page shows of our objects opens nothing."""
    issued = sessions.start(alice, evidence=sessions.BY_PASSWORD, client="web", remember=True)
    read = tokens.verify_refresh(issued.refresh)

    assert "Issued(" in repr(issued)
    for secret in (issued.access, issued.refresh):
        assert secret not in repr(issued)
        assert secret.rpartition(".")[2] not in repr(issued)
    assert "RefreshClaims(" in repr(read)
    assert read.key not in repr(read)


# Keys that are none.


@pytest.mark.parametrize("number", [0, N, N + 1, TOP], ids=["zero", "n", "n + 1", "above n"])
def test_private_key_of_no_point_refused(number):
    """The private number is from 1 to n - 1. With 0 or n the public point would be at infinity."""
    jwk = keys.new_key("active").private_jwk()
    with pytest.raises(ValueError, match=r"."):
        keys.read_key({**jwk, "d": forge.b64(number.to_bytes(32, "big"))})


NO_POINTS = {
    "the origin": (0, 0),
    "x is 0": (0, None),
    "y is 0": (None, 0),
    "beyond the field": (P, P),
    "not on the curve": (None, 1),
    "another key's point": ("other", "other"),
}


@pytest.mark.parametrize("case", NO_POINTS)
def test_jwk_whose_point_is_not_its_keys_refused(case):
    """SP 800-56A section 5.6.2.3: a JWK whose x and y are not the key's own is damaged or hostile."""
    jwk = keys.new_key("active").private_jwk()
    other = keys.new_key("active").public_jwk()
    changed = dict(jwk)
    for name, value in zip("xy", NO_POINTS[case], strict=True):
        if value == "other":
            changed[name] = other[name]
        elif value is not None:
            changed[name] = forge.b64(value.to_bytes(32, "big"))
    with pytest.raises(ValueError, match=r"."):
        keys.read_key(changed)
