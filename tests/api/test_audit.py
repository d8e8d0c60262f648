"""GET /api/audit: everyone's security events, behind a scope."""

from accounts import subjects
from accounts.users.models import User
from tests.clients import PASSWORDS, BearerClient, BrowserClient


def test_staff_see_everyones_events_newest_first(
    browser_client: BrowserClient, alice: User, carol: User
) -> None:
    """The event list of the contract, with whose it is."""
    browser_client.sign_in(alice)
    browser_client.sign_in(carol)

    body = browser_client.get("/api/audit").json()

    assert {"id", "kind", "at", "address", "device", "session_id", "user"} == set(
        body["results"][0]
    )
    signed_in = [event for event in body["results"] if event["kind"] == "signed_in"]
    assert [event["user"]["id"] for event in signed_in] == [
        subjects.of(carol).sub,
        subjects.of(alice).sub,
    ]


def test_filters_narrow_by_user_and_kind(
    browser_client: BrowserClient, alice: User, carol: User
) -> None:
    """`user` takes an id or an address, `kind` a kind; what matches nothing is an empty list."""
    browser_client.sign_in(alice)
    browser_client.sign_in(alice, "a wrong password, tried")
    browser_client.sign_in(carol)

    def kinds(**query: str) -> list[str]:
        results = browser_client.get("/api/audit", query_params=query).json()["results"]
        return [event["kind"] for event in results]

    assert kinds(user=subjects.of(alice).sub) == ["sign_in_failed", "signed_in"]
    assert kinds(user="ALICE@example.com") == kinds(user=subjects.of(alice).sub)
    assert kinds(user=subjects.of(alice).sub, kind="sign_in_failed") == ["sign_in_failed"]
    assert kinds(kind="no_such_kind") == []
    assert kinds(user="a\0b") == []


def test_filter_takes_an_address_in_any_spelling(
    browser_client: BrowserClient, alice: User, carol: User
) -> None:
    """As a person writes their domain, or as the DNS knows it."""
    User.objects.filter(pk=alice.pk).update(email="kim@xn--bcher-kva.example")
    browser_client.sign_in("kim@bücher.example", PASSWORDS["alice@example.com"])
    browser_client.sign_in(carol)

    for email in ("kim@bücher.example", "KIM@xn--bcher-kva.example"):
        found = browser_client.get("/api/audit", query_params={"user": email}).json()["results"]
        assert [event["user"]["id"] for event in found] == [subjects.of(alice).sub]


def test_others_lack_the_scope(api_client: BearerClient, alice: User) -> None:
    """403, not 401: the token is good, it just does not carry `audit:read`."""
    api_client.sign_in(alice)

    answer = api_client.get("/api/audit")

    assert answer.status_code == 403
    assert answer.json()["code"] == "insufficient_scope"


def test_no_token_no_audit(browser_client: BrowserClient) -> None:
    """Anonymous is 401."""
    assert browser_client.get("/api/audit").json()["code"] == "not_authenticated"
