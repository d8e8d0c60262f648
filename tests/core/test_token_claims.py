"""Step 7: what an authentic token must say before it counts (RFC 7519, RFC 9068)."""

import time
from typing import Any

import pytest

from accounts import sessions, tokens
from accounts.tokens import claims
from accounts.tokens.jws import Malformed
from tests.core import forge
from tests.core.presenting import ACCESS, REFRESH, assert_refused, by_bearer, by_cookie

CLAIMS = ["iss", "aud", "sub", "client_id", "iat", "exp", "jti", "sid", "gen", "ver", "scope"]


@pytest.fixture
def good(browser_client, alice) -> str:
    browser_client.sign_in(alice)
    return browser_client.cookies[ACCESS].value


def refresh_by_cookie(client, token: str) -> Any:
    cookie = f"__Host-csrftoken={client.cookies['__Host-csrftoken'].value}; {REFRESH}={token}"
    return client.post("/auth/refresh", headers={"Cookie": cookie})


def test_refresh_token_as_access_token_refused(browser_client, alice):
    """RFC 8725 section 3.12, ASVS 9.2.2: a refresh token opens no API."""
    browser_client.sign_in(alice)

    assert_refused(browser_client.cookies[REFRESH].value)


def test_access_token_as_refresh_token_refused(browser_client, alice):
    """RFC 8725 section 3.12: an access token earns no new tokens."""
    browser_client.sign_in(alice)

    response = refresh_by_cookie(browser_client, browser_client.cookies[ACCESS].value)

    assert (response.status_code, response.json()["code"]) == (401, "session_ended")
    assert not response.cookies


def test_claims_of_one_kind_under_the_type_of_the_other_refused(browser_client, alice):
    """Type, audience and claims must all fit: none of them alone tells the kinds apart."""
    browser_client.sign_in(alice)
    access, refresh = (browser_client.cookies[name].value for name in (ACCESS, REFRESH))

    assert_refused(forge.signed(forge.header("at+jwt"), forge.contents(refresh)[1]))
    disguised = forge.signed(forge.header("rt+jwt"), forge.contents(access)[1])
    assert refresh_by_cookie(browser_client, disguised).status_code == 401


ISSUERS: list[Any] = [
    "", "http://localhost/", "http://localhost:80", "https://localhost", "http://LOCALHOST",
    "http://localhos", "http://localhost.evil.example", "http://evil.example", " http://localhost",
    ["http://localhost"], {"http://localhost": 1}, 0, True, None,
]  # fmt: skip


@pytest.mark.parametrize("issuer", ISSUERS, ids=repr)
def test_other_issuer_refused(good, issuer):
    """RFC 7519 section 4.1.1, CVE-2024-53861: the issuer is compared whole and to the letter."""
    assert_refused(forge.altered(good, iss=issuer))


AUDIENCES: list[Any] = [
    "", "gatehouse", "gatehouse-api2", "GATEHOUSE-API", "gatehouse-api ", "http://localhost",
    "http://localhost/auth/refresh", [], ["other"], ["gatehouse-api"], ["other", "gatehouse-api"],
    {"gatehouse-api": 1}, 0, True, None,
]  # fmt: skip


@pytest.mark.parametrize("audience", AUDIENCES, ids=repr)
def test_other_audience_refused(good, audience):
    """ASVS 9.2.3: a token for somebody else, or for many, is not for us."""
    assert_refused(forge.altered(good, aud=audience))


@pytest.mark.parametrize("name", CLAIMS)
def test_claim_missing_refused(good, name):
    """RFC 9068 section 2.2: every claim that the contract names is required."""
    assert_refused(forge.altered(good, **{name: ...}))


NO_NUMBERS = ["", "1", str(10**10), 1.5, 1e300, 10**30, -1, -(10**30), [], [1], {}, True, None]
NO_TEXTS: list[Any] = [0, 1, 10**30, 1.5, [], ["x"], {}, {"x": "y"}, True, False, None]


@pytest.mark.parametrize("value", NO_NUMBERS, ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize("name", ["iat", "exp", "gen", "ver"])
def test_number_of_another_type_or_size_refused(good, name, value):
    """RFC 7519 section 2 (NumericDate): wrong types are a 401, and never an error of ours."""
    assert_refused(forge.altered(good, **{name: value}))


@pytest.mark.parametrize("value", NO_TEXTS, ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize("name", ["sub", "sid", "jti", "client_id", "scope"])
def test_text_of_another_type_refused(good, name, value):
    """ASVS 15.3.5: a claim of the wrong type is refused, not converted."""
    assert_refused(forge.altered(good, **{name: value}))


@pytest.mark.parametrize(
    "value", ["", "\ud800", "a\0b", " ", "é", "x" * 300, "a b", "a\nb"], ids=repr
)
@pytest.mark.parametrize("name", ["sub", "sid", "jti"])
def test_identifier_that_we_never_issue_refused(good, name, value):
    """What no database could hold never reaches one: 401, and not an error."""
    assert_refused(forge.altered(good, **{name: value}))


@pytest.mark.parametrize("value", ["", "WEB", "web ", "admin", "\ud800"], ids=repr)
def test_unknown_kind_of_client_refused(good, value):
    """A session is `web` or `cli`."""
    assert_refused(forge.altered(good, client_id=value))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_claim_of_no_concern_that_json_does_not_have_refused(good, number):
    """The whole payload must be JSON, also where we would not look."""
    head, payload = forge.contents(good)
    text = forge.written({**payload, "other": 777777}).replace(b"777777", number.encode())

    assert_refused(forge.signed(head, text))


def test_token_that_lives_longer_than_we_let_any_refused(good):
    """Its session's end would be forgotten before it: the revocation feed looks back so far."""
    issued = forge.contents(good)[1]["iat"]

    assert_refused(forge.altered(good, exp=issued + 301))
    assert by_cookie(forge.altered(good, exp=issued + 300)).status_code == 200


@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_number_that_json_does_not_have_refused(good, name, number):
    """RFC 8259 section 6: NaN and the infinities are no JSON, and no time."""
    head, payload = forge.contents(good)
    text = forge.written({**payload, name: 777777}).replace(b"777777", number.encode())

    assert_refused(forge.signed(head, text))


@pytest.mark.parametrize(
    "nbf", ["", "x", [], {}, 10**30, 253402300799], ids=lambda nbf: str(nbf)[:6]
)
def test_not_before_that_is_odd_or_to_come_refused(good, nbf):
    """RFC 7519 section 4.1.5: we never issue `nbf`; one that is there must hold."""
    assert_refused(forge.altered(good, nbf=nbf))


# 9999-12-31T23:59:59Z: no date library reads a later time.
LATEST = 253402300799
NUMBERS = ["iat", "exp", "gen", "ver"]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [0, 1, LATEST - 1, LATEST])
def test_number_within_its_range_is_taken(name, value):
    """Both ends belong to it."""
    claims.check_types(forge.access_claims(**{name: value}), claims.ACCESS)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [-1, -(10**9), LATEST + 1, 10**30])
def test_number_beyond_its_range_is_not_taken(name, value):
    """The first on either side of it is refused, and says which claim it is."""
    with pytest.raises(Malformed, match=f"{name} is out of range"):
        claims.check_types(forge.access_claims(**{name: value}), claims.ACCESS)


LEEWAY = 5


@pytest.mark.parametrize("age", [LEEWAY + 1, 60, 86400, 10**9])
def test_expired_token_refused(good, age):
    """RFC 7519 section 4.1.4, ASVS 9.2.1: five seconds of leeway, and not one more."""
    assert_refused(forge.altered(good, exp=int(time.time()) - age))


@pytest.mark.parametrize("ahead", [LEEWAY + 2, 60, 3600, 10**9])
def test_token_from_the_future_refused(good, ahead):
    """A token cannot have been issued later than now."""
    now = int(time.time())

    assert_refused(forge.altered(good, iat=now + ahead, exp=now + ahead + 300))


def test_token_within_the_leeway_accepted(good):
    """Two servers' clocks may differ by some seconds."""
    now = int(time.time())
    for token in (
        forge.altered(good, exp=now - LEEWAY + 3),
        forge.altered(good, iat=now + LEEWAY - 2),
        forge.altered(good, nbf=now + LEEWAY - 2),
        forge.altered(good, nbf=now),
        forge.altered(good, nbf=0),
    ):
        assert by_cookie(token).status_code == by_bearer(token).status_code == 200


@pytest.mark.parametrize("ahead", [LEEWAY + 2, 60])
def test_token_whose_time_begins_later_refused(good, ahead):
    """RFC 7519 section 4.1.5: five seconds of leeway for `nbf` too, and not one more."""
    assert_refused(forge.altered(good, nbf=int(time.time()) + ahead))


def test_no_token_and_no_secret_stands_in_a_repr(alice):
    """What a debugger, a log line or an error page shows of our objects opens nothing."""
    issued = sessions.start(alice, client="web", remember=True)
    read = tokens.verify_refresh(issued.refresh)

    assert "Issued(" in repr(issued)
    for secret in (issued.access, issued.refresh):
        assert secret not in repr(issued)
        assert secret.rpartition(".")[2] not in repr(issued)
    assert "RefreshClaims(" in repr(read)
    assert read.key not in repr(read)


def test_remembered_token_refused_once_it_has_expired(good, time_machine):
    """A token that was good is judged by its time again at every use."""
    assert by_bearer(good).status_code == 200

    time_machine.move_to(time.time() + 300 + LEEWAY + 1)

    assert_refused(good)
