"""The profile: name, address, download, deletion."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from accounts import subjects
from accounts.audit.models import SecurityEvent
from accounts.federation.models import Identity
from accounts.models import Session
from accounts.users.models import User
from api.models import Note
from tests.clients import BearerClient, BrowserClient
from tests.people import mails

pytestmark = pytest.mark.django_db(transaction=True)

NEW_ADDRESS = "alice@elsewhere.example"


def step_up_expired() -> None:
    Session.objects.update(authenticated_at=Now() - timedelta(minutes=6))


def ask_for_new_address(client: BrowserClient, email: str = NEW_ADDRESS) -> str:
    assert client.post("/auth/email/change", {"email": email}).status_code == 202
    return mails.token_in(mails.to(email))


def test_profile_is_the_user(browser_client: BrowserClient, alice: User) -> None:
    """GET answers what every endpoint says about a user."""
    browser_client.sign_in(alice)
    assert browser_client.get("/auth/account").json() == {
        "id": subjects.of(alice).sub,
        "email": alice.email,
        "name": "Alice",
        "is_staff": False,
    }


def test_new_name_is_kept_and_all_else_is_ignored(
    browser_client: BrowserClient, alice: User
) -> None:
    """PATCH takes a name and nothing that would raise rights (ASVS 5.0 15.3.3)."""
    browser_client.sign_in(alice)

    body = {"name": " Alice Ainsworth ", "email": "x@example.com", "is_staff": True, "id": "x"}
    answer = browser_client.patch("/auth/account", body)

    alice.refresh_from_db()
    assert answer.json()["name"] == alice.name == "Alice Ainsworth"
    assert (alice.email, alice.is_staff) == ("alice@example.com", False)


def test_empty_patch_changes_nothing(browser_client: BrowserClient, alice: User) -> None:
    """PATCH changes what it names."""
    browser_client.sign_in(alice)
    assert browser_client.patch("/auth/account", {}).json()["name"] == "Alice"


def test_deletion_needs_a_fresh_password(browser_client: BrowserClient, alice: User) -> None:
    """A session that was left open cannot delete the account."""
    browser_client.sign_in(alice)
    step_up_expired()
    answer = browser_client.delete("/auth/account")
    assert answer.json()["code"] == "reauthentication_required"
    assert browser_client.get("/auth/account").status_code == 200


def test_deletion_ends_sessions_and_takes_the_notes(
    browser_client: BrowserClient, alice: User
) -> None:
    """Nothing works any more, on any device; the owner is told by mail."""
    elsewhere = BrowserClient()
    elsewhere.sign_in(alice)
    browser_client.sign_in(alice)
    browser_client.post("/api/notes", {"title": "mine", "body": ""})

    assert browser_client.delete("/auth/account").status_code == 204

    assert elsewhere.get("/api/me").status_code == 401
    assert browser_client.post("/auth/refresh").status_code == 401
    assert not Note.objects.exists()
    assert not User.objects.exists()
    assert mails.to("alice@example.com").subject == "Your account was deleted"
    assert SecurityEvent.objects.latest("id").kind == "deleted"


def test_export_holds_all_and_only_own_data(
    browser_client: BrowserClient, alice: User, bob: User
) -> None:
    """Profile, sessions, events and notes, as a file; nothing that could be used to sign in."""
    others = BrowserClient()
    others.sign_in(bob)
    others.post("/api/notes", {"title": "of bob", "body": ""})
    for person in (alice, bob):
        Identity.objects.create(issuer="https://idp.example", subject=person.name, user=person)
    browser_client.sign_in(alice)
    browser_client.post("/api/notes", {"title": "of alice", "body": "text"})

    answer = browser_client.get("/auth/account/export")

    assert answer["Content-Disposition"] == 'attachment; filename="gatehouse-account.json"'
    found = answer.json()
    assert found["account"]["email"] == alice.email
    assert [note["title"] for note in found["notes"]] == ["of alice"]
    assert [identity["subject"] for identity in found["identities"]] == [alice.name]
    assert [session["method"] for session in found["sessions"]] == ["password"]
    assert {"signed_in", "data_exported"} <= {event["kind"] for event in found["events"]}
    assert Session.objects.get(user=alice).key_hash not in answer.content.decode()
    assert alice.password not in answer.content.decode()


def test_new_address_counts_once_its_link_was_used(
    browser_client: BrowserClient, alice: User
) -> None:
    """Verified at the new address, told to the old one; other sessions end, this one stays."""
    elsewhere = BrowserClient()
    elsewhere.sign_in(alice)
    browser_client.sign_in(alice)
    token = ask_for_new_address(browser_client)
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"
    assert mails.to(alice.email).subject == "A change of your address was asked for"

    assert browser_client.post("/auth/email/verify", {"token": token}).status_code == 204

    assert mails.to("alice@example.com").subject == "Your address was changed"
    assert browser_client.get("/auth/account").json()["email"] == NEW_ADDRESS
    assert elsewhere.get("/api/me").status_code == 401
    assert BrowserClient().sign_in(NEW_ADDRESS, "alice walks the long way home").status_code == 200


@pytest.mark.parametrize("ending", ["signs out", "ended by others"])
def test_link_to_a_new_address_dies_with_the_session_that_asked(
    browser_client: BrowserClient, alice: User, ending: str
) -> None:
    """Whoever ends a thief's session ends what it began: the address stays."""
    browser_client.sign_in(alice)
    token = ask_for_new_address(browser_client)
    if ending == "signs out":
        browser_client.post("/auth/logout")
    else:
        owner = BrowserClient()
        owner.sign_in(alice)
        assert owner.post("/auth/logout-others").status_code == 204

    phone = BrowserClient()
    phone.get("/auth/session")
    refused = phone.post("/auth/email/verify", {"token": token})

    assert refused.json()["errors"]["token"]
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"


@pytest.mark.parametrize("asking", [BrowserClient, BearerClient])
@pytest.mark.parametrize("phone", ["not signed in", "signed in", "signed in as bob"])
def test_new_address_leaves_the_session_that_asked_wherever_it_is_confirmed(
    alice: User, bob: User, phone: str, asking: type[BrowserClient]
) -> None:
    """The link knows who asked; every other session of hers ends, and nobody else's."""
    laptop, tablet, opened = asking(), BrowserClient(), BrowserClient()
    laptop.sign_in(alice)
    tablet.sign_in(alice)
    opened.get("/auth/session")
    if phone != "not signed in":
        opened.sign_in(bob if phone == "signed in as bob" else alice)
    token = ask_for_new_address(laptop)

    assert opened.post("/auth/email/verify", {"token": token}).status_code == 204

    assert laptop.get("/auth/account").json()["email"] == NEW_ADDRESS
    assert tablet.get("/api/me").status_code == 401
    assert opened.get("/api/me").status_code == (200 if phone == "signed in as bob" else 401)
    assert set(Session.objects.exclude(ended_at=None).values_list("end_reason", flat=True)) == {
        "email_changed"
    }
    event = SecurityEvent.objects.get(kind="email_changed")
    assert event.session_id == Session.objects.get(user=alice, ended_at=None).id


def test_link_to_a_new_address_dies_on_password_reset(
    browser_client: BrowserClient, alice: User
) -> None:
    """A thief who asked for a change of address has lost once the owner resets the password."""
    browser_client.sign_in(alice)
    token = ask_for_new_address(browser_client)
    browser_client.post("/auth/password/reset", {"email": alice.email})
    reset = mails.token_in(mails.to(alice.email))
    body = {"token": reset, "new_password": "seven grey herons at noon"}
    assert browser_client.post("/auth/password/reset/confirm", body).status_code == 204

    answer = browser_client.post("/auth/email/verify", {"token": token})
    assert list(answer.json()["errors"]) == ["token"]


def test_address_of_somebody_else_is_answered_like_a_new_one(
    browser_client: BrowserClient, alice: User, bob: User
) -> None:
    """The answer does not tell who else has an account; only Bob hears of it."""
    browser_client.sign_in(alice)
    taken = browser_client.post("/auth/email/change", {"email": bob.email})
    free = browser_client.post("/auth/email/change", {"email": NEW_ADDRESS})
    assert (taken.status_code, taken.content) == (free.status_code, free.content)
    assert mails.to(bob.email).subject == "You already have an account"


def test_address_taken_meanwhile_makes_the_link_dead(
    browser_client: BrowserClient, alice: User
) -> None:
    """Between the request and the click somebody else registered it."""
    browser_client.sign_in(alice)
    token = ask_for_new_address(browser_client)
    User.objects.create_user(NEW_ADDRESS, "seven grey herons at noon")

    answer = browser_client.post("/auth/email/verify", {"token": token})

    assert list(answer.json()["errors"]) == ["token"]
    assert browser_client.get("/auth/account").json()["email"] == "alice@example.com"


def test_own_address_is_no_change(browser_client: BrowserClient, alice: User) -> None:
    """Asking for the address one has is told at the field."""
    browser_client.sign_in(alice)
    answer = browser_client.post("/auth/email/change", {"email": "Alice@Example.com"})
    assert list(answer.json()["errors"]) == ["email"]


def test_change_of_address_needs_a_fresh_password(
    browser_client: BrowserClient, alice: User
) -> None:
    """After the password was entered again it goes on."""
    browser_client.sign_in(alice)
    step_up_expired()
    refused = browser_client.post("/auth/email/change", {"email": NEW_ADDRESS})
    browser_client.post("/auth/reauthenticate", {"password": "alice walks the long way home"})
    allowed = browser_client.post("/auth/email/change", {"email": NEW_ADDRESS})
    assert refused.json()["code"] == "reauthentication_required"
    assert allowed.status_code == 202


def test_devices_say_how_somebody_signed_in(browser_client: BrowserClient, alice: User) -> None:
    """Each session names its method."""
    browser_client.sign_in(alice)
    assert browser_client.get("/auth/sessions").json()["results"][0]["method"] == "password"
