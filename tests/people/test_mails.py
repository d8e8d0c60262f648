"""Mails about security events."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from accounts import sessions
from accounts.models import Session
from accounts.users.models import User
from tests.clients import PASSWORDS, BrowserClient
from tests.leaks import holds_jwt
from tests.people import mails

pytestmark = pytest.mark.django_db(transaction=True)

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
NEWER_FIREFOX = FIREFOX.replace("140", "141")
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"


def sign_in_with(user_agent: str, alice: User) -> BrowserClient:
    client = BrowserClient(HTTP_USER_AGENT=user_agent)
    assert client.sign_in(alice).status_code == 200
    return client


def test_first_sign_in_ever_is_no_new_device(alice: User) -> None:
    """There is nothing it could be new against."""
    sign_in_with(FIREFOX, alice)
    assert mails.sent() == []


def test_address_that_is_nobodys_gets_no_mail(alice: User) -> None:
    """Names under .invalid never exist: people of a demonstration have such addresses."""
    nobody = "ada@lab.invalid"
    password = PASSWORDS[alice.email]
    User.objects.filter(pk=alice.pk).update(email=nobody)
    assert BrowserClient(HTTP_USER_AGENT=FIREFOX).sign_in(nobody, password).status_code == 200

    assert BrowserClient(HTTP_USER_AGENT=PHONE).sign_in(nobody, password).status_code == 200

    assert mails.sent() == []


def test_without_a_mail_server_nothing_is_sent(alice: User, settings: Any) -> None:
    """A copy of this package has none at first: nothing is tried, and nothing fails."""
    settings.GATEHOUSE = settings.GATEHOUSE | {"MAIL": False}
    sign_in_with(FIREFOX, alice)
    sign_in_with(PHONE, alice)

    assert mails.sent() == []


def test_new_device_is_told_by_mail(alice: User) -> None:
    """The mail names the device and the way to stop it."""
    User.objects.filter(pk=alice.pk).update(name="You have won, see evil.example")
    sign_in_with(FIREFOX, alice)
    sign_in_with(PHONE, alice)

    (message,) = mails.sent()
    assert "evil.example" not in message.body  # whoever registered the address chose the name
    assert message.subject == "A new device has signed in"
    assert "Safari" in message.body
    assert "iOS" in message.body


def test_newer_version_of_a_known_browser_is_no_new_device(alice: User) -> None:
    """Browsers update themselves every month."""
    sign_in_with(FIREFOX, alice)
    sign_in_with(NEWER_FIREFOX, alice)
    assert mails.sent() == []


def refresh_after_the_window(client: BrowserClient) -> None:
    """A refresh a minute later, whose answer arrives."""
    minute = timedelta(minutes=1)
    Session.objects.update(rotated_at=F("rotated_at") - minute)
    assert client.post("/auth/refresh").status_code == 200
    assert client.get("/api/me").status_code == 200


def test_reuse_is_explained_by_mail(alice: User) -> None:
    """The owner learns what happened and what to do."""
    owner, thief = sign_in_with(FIREFOX, alice), BrowserClient()
    thief.cookies.load({name: cookie.value for name, cookie in owner.cookies.items()})
    refresh_after_the_window(owner)
    refresh_after_the_window(owner)

    assert thief.post("/auth/refresh").status_code == 401

    message = mails.to(alice.email)
    assert message.subject == "An older copy of your sign-in was used"
    assert "someone copied it" in " ".join(message.body.split())


def test_mail_server_that_fails_changes_nothing(
    browser_client: BrowserClient, alice: User, settings: object
) -> None:
    """A mail that cannot be sent is logged; what it was about has happened."""
    settings.EMAIL_BACKEND = "nowhere.Backend"
    sign_in_with(FIREFOX, alice)
    assert sign_in_with(PHONE, alice).get("/api/me").status_code == 200
    mails.afterwards.finish()


def test_no_mail_holds_a_token(alice: User) -> None:
    """Neither for the reader nor for whoever reads along."""
    sign_in_with(FIREFOX, alice)
    sign_in_with(PHONE, alice)
    sessions.end_all_of(alice, "admin")
    assert not any(holds_jwt(message.body) for message in mails.sent())
