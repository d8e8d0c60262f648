"""Other backends and views plug in: whoever Django's `authenticate` returns gets a session."""

import json
from typing import Any

import pytest
from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest
from django.test import RequestFactory
from rest_framework.permissions import IsAuthenticated
from rest_framework.views import APIView

from accounts.audit.models import SecurityEvent
from accounts.models import Session
from accounts.tests.presenting import challenge_of
from accounts.users.models import User
from accounts.web.authentication import TokenAuthentication
from tests.clients import BearerClient, BrowserClient

PASSWORD = "known to the directory alone"
SHARED = "whoever owns the shared mailbox"

pytestmark = pytest.mark.django_db


class Directory(BaseBackend):
    """What an LDAP backend does: it checks the password elsewhere and makes the user here."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **_: Any,
    ) -> User | None:
        if (username, password) == ("alice@example.com", SHARED):
            return User.objects.get(email="bob@example.com")
        if (username, password) != ("lena@example.com", PASSWORD):
            return None
        user, _ = User.objects.get_or_create(email=username, defaults={"name": "Lena"})
        return user if user.is_active else None


@pytest.fixture(autouse=True)
def _backends(settings: Any) -> None:
    settings.AUTHENTICATION_BACKENDS = [
        f"{__name__}.Directory",
        "django.contrib.auth.backends.ModelBackend",
    ]


def test_user_of_another_backend_gets_a_browser_session(browser_client: BrowserClient) -> None:
    """Somebody unknown here signs in, in any spelling of the address, and may use the API."""
    answer = browser_client.sign_in("Lena@Example.com", PASSWORD)

    assert answer.status_code == 200
    assert answer.json()["user"]["name"] == "Lena"
    assert browser_client.get("/api/notes").status_code == 200


def test_user_of_another_backend_gets_tokens(api_client: BearerClient) -> None:
    """Programs sign in the same way, and their tokens are refreshed like any others."""
    assert api_client.sign_in("lena@example.com", PASSWORD).status_code == 200
    assert api_client.get("/api/me").status_code == 200
    assert api_client.refresh().status_code == 200


def test_user_of_another_backend_steps_up_with_that_password(browser_client: BrowserClient) -> None:
    """The password is checked where it is known."""
    browser_client.sign_in("lena@example.com", PASSWORD)

    wrong = browser_client.post("/auth/reauthenticate", {"password": "another"})
    right = browser_client.post("/auth/reauthenticate", {"password": PASSWORD})

    assert (wrong.status_code, right.status_code) == (401, 200)


def test_somebody_else_found_by_the_address_is_no_step_up(
    browser_client: BrowserClient, alice: User, bob: User
) -> None:
    """A backend that knows the address as another person's confirms nothing about this one."""
    browser_client.sign_in(alice)
    before = Session.objects.get().authenticated_at

    answer = browser_client.post("/auth/reauthenticate", {"password": SHARED})

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
    assert Session.objects.get().authenticated_at == before
    kinds = SecurityEvent.objects.filter(user=alice).order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["signed_in", "reauthentication_failed"]


def test_wrong_password_and_local_people_are_judged_as_before(
    browser_client: BrowserClient, alice: User
) -> None:
    """The next backend is asked, and a wrong password is wrong for all."""
    assert browser_client.sign_in("lena@example.com", "another").status_code == 401
    assert browser_client.sign_in(alice).status_code == 200


class ForeignView(APIView):
    """One that somebody adds with nothing of ours but the authentication class."""

    authentication_classes = (TokenAuthentication,)
    permission_classes = (IsAuthenticated,)


def test_view_of_another_app_is_closed_in_the_same_shape(rf: RequestFactory) -> None:
    """401 with the challenge, not DRF's 403, also where DRF's own permission refuses."""
    answer = ForeignView.as_view()(rf.get("/"))

    assert answer.status_code == 401
    assert challenge_of(answer) == 'Bearer realm="gatehouse"'
    assert b'"not_authenticated"' in answer.content


def test_failures_of_a_project_keep_its_shape_and_ours_keep_ours(
    rf: RequestFactory, browser_client: BrowserClient, settings: Any
) -> None:
    """Its exception handler is for its own views; no endpoint here asks for it."""
    settings.REST_FRAMEWORK = {"EXCEPTION_HANDLER": "rest_framework.views.exception_handler"}

    theirs = ForeignView.as_view()(rf.get("/", headers={"Authorization": "Bearer a.b.c"})).render()
    ours = browser_client.get("/api/notes")

    assert theirs.status_code == 401
    assert json.loads(theirs.content).keys() == {"detail"}
    assert (ours.status_code, ours.json()["code"]) == (401, "not_authenticated")
    assert ours.headers["Content-Type"] == "application/problem+json"
