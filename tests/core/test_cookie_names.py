"""Cookie chaos: names and values that a browser or a sibling host could bend (RFC 6265bis 8.6)."""

import pytest

from tests.clients import JSONClient
from tests.core.presenting import ACCESS, REFRESH, on_the_wire

CSRF = "__Host-csrftoken"


@pytest.fixture
def good(browser_client, alice) -> str:
    browser_client.sign_in(alice)
    return browser_client.cookies[ACCESS].value


def me(header: str):
    return JSONClient().get("/api/me", headers={"Cookie": on_the_wire(header)})


def is_anonymous(response) -> bool:
    """No credential was seen, neither a good one nor a bad one."""
    return (response.status_code, response.json()["code"]) == (401, "not_authenticated")


def test_one_cookie_among_many_accepted(good):
    """The attacks of this module differ from this in the name or the number alone."""
    assert me(f"{ACCESS}={good}").status_code == 200
    assert me(f"a=b; {ACCESS}={good};c=d;; =; e").status_code == 200
    assert me(f"\t{ACCESS} =\t{good} ").status_code == 200  # RFC 6265 allows the blanks


@pytest.mark.parametrize("other", ["forged", "", "good", '""'])
def test_token_cookie_sent_twice_counts_as_none(good, other):
    """Order is not reliable (RFC 6265bis 5.7.3): of two, none is picked."""
    planted = {"good": good}.get(other, other)

    assert is_anonymous(me(f"{ACCESS}={good}; {ACCESS}={planted}"))
    assert is_anonymous(me(f"{ACCESS}={planted}; {ACCESS}={good}"))
    assert is_anonymous(me(f"{ACCESS}={planted}; x=y; {ACCESS}={good}; {ACCESS}=z"))


ODD = [
    "\u2000",
    "\u2009",
    "\u3000",
    "\u00a0",
    "\x1c",
    "\x1d",
    "\x1e",
    "\x1f",
    "\x85",
    "\x0b",
    "\x0c",
]


@pytest.mark.parametrize("odd", ODD, ids=ascii)
def test_name_with_odd_white_space_counts_as_none(good, odd):
    """A browser takes `U+2000 __Host-…` for another name; Django takes it for ours."""
    for name in (f"{odd}{ACCESS}", f"{ACCESS}{odd}", f" {odd} {ACCESS} {odd}"):
        assert is_anonymous(me(f"{name}={good}"))


@pytest.mark.parametrize("odd", ODD, ids=ascii)
def test_odd_name_beside_the_real_one_never_wins(good, odd):
    """Such a request carries the name twice, in whichever order."""
    assert is_anonymous(me(f"{ACCESS}={good}; {odd}{ACCESS}=planted"))
    assert is_anonymous(me(f"{odd}{ACCESS}=planted; {ACCESS}={good}"))


def test_raw_byte_that_is_white_space_in_latin1_never_wins(good):
    """0xA0 alone is no UTF-8; whatever a server makes of it, it is not our name."""
    client = JSONClient()
    for header in (f"\xa0{ACCESS}={good}", f"\x85{ACCESS}={good}"):
        assert is_anonymous(client.get("/api/me", headers={"Cookie": header}))


@pytest.mark.parametrize(
    "name", ["access_token", ACCESS.lower(), ACCESS.upper(), "__Host-access_token"]
)
def test_other_spelling_of_the_name_counts_as_none(good, name):
    """Names are compared to the letter; only the prefixed one is set by us."""
    assert is_anonymous(me(f"{name}={good}"))


def test_quoted_value_is_not_unquoted(good):
    """Django takes quotes off; a token with quotes is not the token we set."""
    response = me(f'{ACCESS}="{good}"')

    assert (response.status_code, response.json()["code"]) == (401, "invalid_token")


@pytest.mark.parametrize(
    "value", ["\\101", '"\\145yJ"', "%65yJ", "=", "==", "a=b", "é", "\x7f", '"']
)
def test_value_with_escapes_is_no_token(good, value):
    """No escape is resolved, and none is an error."""
    assert me(f"{ACCESS}={value}").status_code == 401
    assert me(f"{ACCESS}={value}{good}").status_code == 401


def test_cookie_without_a_value_is_a_bad_token(good):
    """An empty cookie is something that was sent, and it is not good."""
    assert me(f"{ACCESS}=").status_code == 401
    assert me(ACCESS).status_code == 401


def test_refresh_cookie_sent_twice_counts_as_none(browser_client, good):
    """The same for the refresh cookie: 401 `no_refresh_token`, and the session goes on."""
    csrf, refresh = (browser_client.cookies[name].value for name in (CSRF, REFRESH))
    for pair in (f"{REFRESH}={refresh}; {REFRESH}=x", f"\u2000{REFRESH}={refresh}"):
        header = on_the_wire(f"{CSRF}={csrf}; {pair}")
        response = browser_client.post("/auth/refresh", headers={"Cookie": header})
        assert (response.status_code, response.json()["code"]) == (401, "no_refresh_token")
        assert not response.cookies

    assert browser_client.post("/auth/refresh").status_code == 200


def test_csrf_cookie_sent_twice_counts_as_none(browser_client, good):
    """A planted second CSRF cookie cannot become the one that counts."""
    csrf = browser_client.cookies[CSRF].value
    for planted in ("a" * 32, csrf):
        for pair in (f"{CSRF}={csrf}; {CSRF}={planted}", f"{CSRF}={planted}; {CSRF}={csrf}"):
            response = browser_client.post(
                "/api/notes",
                {"title": "x"},
                headers={"Cookie": f"{ACCESS}={good}; {pair}", "X-CSRFToken": planted},
            )
            assert (response.status_code, response.json()["code"]) == (403, "csrf_failed")


@pytest.mark.parametrize("separator", ["; ", ";", ", "])
def test_cookie_header_that_was_split_never_an_error(good, separator):
    """RFC 9113 8.2.3 joins with "; "; a server that joins with a comma costs a 401, not a 500."""
    response = me(f"first=1{separator}{ACCESS}={good}")

    assert response.status_code == (401 if separator == ", " else 200)


@pytest.mark.parametrize("size", [16_384, 100_000])
def test_huge_cookie_header_never_an_error(good, size):
    """ASVS 4.2.5: a cookie bomb meets an answer as any other."""
    assert me(f"bomb={'x' * size}; {ACCESS}={good}").status_code == 200
    assert me("; ".join(f"c{index}=x" for index in range(size // 8))).status_code == 401
    assert me(f"{ACCESS}={'x' * size}").status_code == 401
    assert me(f"{ACCESS}=a; " * (size // 40)).status_code == 401


STALE = f"{ACCESS}=stale; {REFRESH}=stale; {ACCESS}=again; \u2000{REFRESH}=planted"


@pytest.mark.parametrize(
    "path",
    ["/", "/login", "/notes", "/account", "/healthz", "/readyz", "/auth/session", "/api/schema",
     "/.well-known/jwks.json"],
)  # fmt: skip
@pytest.mark.parametrize("jar", [STALE, f"{ACCESS}=stale", f"{ACCESS}=", f"{REFRESH}=x"], ids=ascii)
def test_stale_cookies_never_block_what_is_public(db, path, jar):
    """A broken jar must not lock anybody out (DRF authenticates before it asks who may)."""
    response = JSONClient().get(path, headers={"Cookie": on_the_wire(jar)})

    assert response.status_code == 200


@pytest.mark.parametrize("jar", [STALE, f"{ACCESS}=stale", f"{REFRESH}=x"], ids=ascii)
def test_stale_cookies_never_block_sign_in_and_sign_out(browser_client, alice, jar):
    """Sign-in, refresh and sign-out work whatever the jar holds."""
    browser_client.get("/auth/session")
    header = on_the_wire(f"{CSRF}={browser_client.cookies[CSRF].value}; {jar}")
    body = {"email": alice.email, "password": "alice walks the long way home"}

    assert browser_client.post("/auth/login", body, headers={"Cookie": header}).status_code == 200
    browser_client.cookies.clear()
    browser_client.get("/auth/session")
    header = on_the_wire(f"{CSRF}={browser_client.cookies[CSRF].value}; {jar}")
    assert browser_client.post("/auth/refresh", headers={"Cookie": header}).status_code == 401
    assert browser_client.post("/auth/logout", headers={"Cookie": header}).status_code == 204
