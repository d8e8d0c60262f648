"""What was so a moment ago is not so any more: the later of two is refused, or changes nothing."""

from functools import partial
from typing import Any

import pytest
from django.db import transaction

from accounts import sessions
from accounts.models import Session
from accounts.people import links
from accounts.people.links import DeadLink
from accounts.people.password_change import store
from accounts.sessions.user_changes import Occasion
from accounts.tests.meeting import just_before
from accounts.users.models import User
from tests.clients import PASSWORDS, BrowserClient

pytestmark = pytest.mark.django_db(transaction=True)


def test_link_that_was_used_a_moment_ago_is_dead(alice: User) -> None:
    """Both were found live. One conditional UPDATE decides."""
    link = links.find(token_of(links.make("reset", alice.email, user=alice)), "reset")
    with transaction.atomic():
        links.use(link)

    with transaction.atomic(), pytest.raises(DeadLink, match="a moment ago"):
        links.use(link)


def test_link_is_dead_once_the_password_has_changed(alice: User) -> None:
    """Although it was found live before."""
    link = links.find(token_of(links.make("reset", alice.email, user=alice)), "reset")
    store(alice, "another hash", Occasion())

    with transaction.atomic(), pytest.raises(DeadLink, match="outdated"):
        links.use(link)


def test_link_is_dead_once_the_session_that_asked_has_ended(alice: User) -> None:
    """Although it was found live before."""
    asking = sessions.start(
        alice, evidence=sessions.BY_PASSWORD, client="web", remember=True
    ).session
    token = token_of(links.make("email", "a@elsewhere.example", user=alice, session_id=asking.id))
    link = links.find(token, "email")
    sessions.end(Session.objects.filter(id=asking.id), "ended_others")

    with transaction.atomic(), pytest.raises(DeadLink, match="just ended"):
        links.use(link)


def test_reset_wins_over_a_change_that_is_still_being_hashed(
    browser_client: BrowserClient, alice: User
) -> None:
    """Whoever knew the old password must not have the last word."""
    browser_client.sign_in(alice)
    body = {"current_password": PASSWORDS[alice.email], "new_password": "seven grey herons at dusk"}

    with just_before('UPDATE "gatehouse_failurecount"', partial(reset_password, alice)):
        answer = browser_client.post("/auth/password/change", body)

    assert answer.status_code == 401
    assert answer.json()["code"] == "invalid_credentials"
    alice.refresh_from_db()
    assert alice.password == "the owner's new hash"


def reset_password(user: User) -> None:
    User.objects.filter(pk=user.pk).update(password="the owner's new hash")


def token_of(address: str) -> Any:
    return address.partition("#token=")[2]
