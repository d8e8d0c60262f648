"""Two that link an identity at once, or one whose password has just changed."""

import pytest
from django.http import HttpRequest

from accounts.errors import InvalidCredentials
from accounts.federation import matching
from accounts.federation.models import Identity
from accounts.users.models import User

pytestmark = pytest.mark.django_db(transaction=True)


def test_identity_is_not_linked_by_a_password_that_was_reset_meanwhile(alice: User) -> None:
    """It would go on opening the account."""
    User.objects.filter(pk=alice.pk).update(password="the owner's new hash")

    with pytest.raises(InvalidCredentials):
        matching.link(HttpRequest(), alice, "https://idp.example", "somebody")

    assert not Identity.objects.exists()


def test_identity_that_is_linked_twice_at_once_is_one_event(alice: User) -> None:
    """Two tabs ask for the password. Both are right."""
    for _ in range(2):
        matching.link(HttpRequest(), alice, "https://idp.example", "somebody")

    assert Identity.objects.get().user == alice
    assert alice.gatehouse_events.filter(kind="identity_linked").count() == 1
