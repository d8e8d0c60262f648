"""The cookies of this site's own pages and endpoints, as the wire shows them."""

import pytest

from accounts.tests.presenting import ACCESS, REFRESH, holds_jwt, on_the_wire
from tests.clients import JSONClient

CSRF = "__Host-csrftoken"
PAGES = ["/", "/login", "/notes", "/account"]
STALE = f"{ACCESS}=stale; {REFRESH}=stale; {ACCESS}=again; \u2000{REFRESH}=planted"


@pytest.mark.parametrize("path", PAGES)
def test_page_brings_no_second_csrf_cookie(browser_client, path):
    """Setting it again would break the form in another tab."""
    browser_client.get("/auth/session")

    assert not browser_client.get(path).cookies


@pytest.mark.parametrize("path", PAGES)
def test_page_sets_no_csrf_cookie_on_arrival_from_another_site(browser_client, path):
    """SameSite=Strict withheld the good one there: a new one would replace it."""
    response = browser_client.get(path, headers={"Sec-Fetch-Site": "cross-site"})

    assert response.status_code == 200
    assert not response.cookies


@pytest.mark.parametrize("path", [*PAGES, "/api/schema"])
@pytest.mark.parametrize("jar", [STALE, f"{ACCESS}=stale", f"{ACCESS}=", f"{REFRESH}=x"], ids=ascii)
def test_stale_cookies_never_block_a_public_page(db, path, jar):
    """A broken jar must not lock anybody out."""
    assert JSONClient().get(path, headers={"Cookie": on_the_wire(jar)}).status_code == 200


def test_no_page_and_no_answer_of_the_api_holds_a_token(browser_client, alice):
    """ASVS 3.3.4, 14.2.1: what a script can read has none."""
    browser_client.sign_in(alice)

    for path in (*PAGES, "/api/me", "/auth/account", "/auth/events"):
        answer = browser_client.get(path)
        assert answer.status_code == 200
        assert not holds_jwt(answer.content)
        assert not any(map(holds_jwt, answer.headers.values()))
