"""Each unsafe endpoint that a cookie opens, of the API and of the parts, has the CSRF defence."""

import pytest

UNSAFE = [
    ("POST", "/api/notes"),
    ("PUT", "/api/notes/x"),
    ("PATCH", "/api/notes/x"),
    ("DELETE", "/api/notes/x"),
    ("POST", "/auth/password/change"),
    ("POST", "/auth/email/change"),
    ("PATCH", "/auth/account"),
    ("DELETE", "/auth/account"),
]
LAYERS = {
    "site": {"Sec-Fetch-Site": "cross-site"},
    "origin": {"Origin": "http://evil.example"},
    "token": {"X-CSRFToken": None},
}


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize(("method", "path"), UNSAFE)
def test_request_with_one_layer_broken_refused(browser_client, alice, method, path, layer):
    """What is tried in detail on the core's endpoints holds for these."""
    browser_client.sign_in(alice)

    response = browser_client.generic(method, path, headers=LAYERS[layer])

    assert (response.status_code, response.json()["code"]) == (403, "csrf_failed")
    assert not response.cookies
    assert browser_client.get("/api/me").status_code == 200


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain"])
@pytest.mark.parametrize(("method", "path"), UNSAFE)
def test_form_with_the_token_in_its_body_refused(browser_client, alice, kind, method, path):
    """ASVS 3.5.2: what a foreign form can send is never read, with or without the header."""
    browser_client.sign_in(alice)
    body = f"csrfmiddlewaretoken={browser_client.cookies['__Host-csrftoken'].value}"

    without = browser_client.generic(method, path, body, kind, headers={"X-CSRFToken": None})
    within = browser_client.generic(method, path, body, kind)

    assert (without.status_code, without.json()["code"]) == (403, "csrf_failed")
    assert within.status_code == 415
