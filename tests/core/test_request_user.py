"""`request.user`: views that are written for any Django project get the user's row."""

import base64
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import subjects
from accounts.models import Session
from accounts.users.models import User
from api.models import Note
from tests.clients import PASSWORDS, BearerClient, BrowserClient

pytestmark = [pytest.mark.urls("tests.core.user_urls"), pytest.mark.django_db(transaction=True)]


@pytest.fixture(params=["cookie", "bearer"])
def client(request: Any, browser_client: BrowserClient, api_client: BearerClient) -> Any:
    """A page or a program; neither is signed in."""
    return browser_client if request.param == "cookie" else api_client


def test_owner_is_assigned_filtered_and_compared(client: Any, alice: User, bob: User) -> None:
    """`save(owner=request.user)`, `filter(owner=request.user)`, `obj.owner == request.user`."""
    foreign = Note.objects.create(owner=bob, title="Bob's")
    client.sign_in(alice)

    made = client.post("/usual/notes", {"title": "Milk"})

    assert made.status_code == 201
    assert Note.objects.get(id=made.json()["id"]).owner == alice
    assert [note["title"] for note in client.get("/usual/notes").json()] == ["Milk"]
    assert client.get(f"/usual/notes/{made.json()['id']}").status_code == 200
    assert client.delete(f"/usual/notes/{foreign.id}").status_code == 403
    assert client.delete(f"/usual/notes/{made.json()['id']}").status_code == 204


def test_columns_of_the_user_are_there_beside_the_claims(client: Any, alice: User) -> None:
    """`request.user.email`, and the token's session as `request.auth.sid`."""
    client.sign_in(alice)

    told = client.get("/usual/me").json()

    assert told == {"email": alice.email, "session": Session.objects.get().id}


def test_staff_and_model_permissions_are_those_of_the_row(
    client: Any, alice: User, carol: User
) -> None:
    """`IsAdminUser`, and `DjangoModelPermissions` through a group: who may read may not delete."""
    note = Note.objects.create(owner=alice, title="x")
    readers = Group.objects.create(name="readers")
    readers.permissions.add(Permission.objects.get(codename="view_note"))
    alice.groups.add(readers)
    client.sign_in(alice)
    assert client.get("/usual/staff").status_code == 403
    assert client.get(f"/usual/model/{note.id}").status_code == 200
    assert client.delete(f"/usual/model/{note.id}").status_code == 403

    readers.permissions.add(Permission.objects.get(codename="delete_note"))
    assert client.delete(f"/usual/model/{note.id}").status_code == 204

    if client.cookies:
        client.post("/auth/logout")
    client.sign_in(carol)
    assert client.get("/usual/staff").status_code == 200


def test_rate_of_a_user_is_counted(client: Any, alice: User) -> None:
    """`UserRateThrottle` finds the same person twice."""
    cache.clear()
    client.sign_in(alice)

    assert [client.get("/usual/throttled").status_code for _ in range(2)] == [200, 429]


def test_view_that_does_not_use_the_row_asks_no_database(client: Any, alice: User) -> None:
    """The row is read when something of it is used, and once."""
    client.sign_in(alice)
    client.get("/usual/unasked")  # the generation is confirmed

    with CaptureQueriesContext(connection) as without:
        assert client.get("/usual/unasked").status_code == 200
    with CaptureQueriesContext(connection) as within:
        assert client.get("/usual/me").status_code == 200

    assert len(without) == 0
    assert len(within) == 1


@pytest.mark.parametrize("path", ["/usual/me", "/usual/notes"])
def test_nobody_and_bad_tokens_are_refused(client: Any, alice: User, path: str) -> None:
    """As with TokenAuthentication: 401 without a token and with a bad one."""
    assert client.get(path).status_code == 401
    assert client.get(path, headers={"Authorization": "Bearer x.y.z"}).status_code == 401
    assert client.get(path, headers={"Cookie": "__Host-Http-access_token=x"}).status_code == 401


def test_change_by_cookie_needs_the_csrf_token(browser_client: BrowserClient, alice: User) -> None:
    """The defence is that of every view."""
    browser_client.sign_in(alice)

    refused = browser_client.post("/usual/notes", {"title": "x"}, headers={"X-CSRFToken": None})

    assert refused.status_code == 403
    assert not Note.objects.exists()


@pytest.mark.parametrize("gone", ["deleted", "inactive"])
def test_user_who_is_gone_is_refused_before_the_feed_tells(
    client: Any, alice: User, settings: Any, tmp_path: Path, gone: str
) -> None:
    """Deleted or deactivated on another machine a moment ago: 401, not a failure of the view."""
    settings.GATEHOUSE = settings.GATEHOUSE | {"REVOCATION_POLL_SECONDS": 60}
    here = settings.GATEHOUSE
    client.sign_in(alice)
    assert client.get("/usual/me").status_code == 200
    settings.GATEHOUSE = here | {"DATA_DIR": tmp_path}  # whose counter nobody here looks at
    if gone == "deleted":
        alice.delete()
    else:
        alice.is_active = False
        alice.save()
    settings.GATEHOUSE = here

    assert client.get("/usual/unasked").status_code == 200
    assert client.get("/usual/me").status_code == 401


def test_scopes_and_step_up_work_with_the_row(client: Any, alice: User, carol: User) -> None:
    """They ask the token's claims, whatever `request.user` is."""
    client.sign_in(alice)
    assert client.get("/usual/scoped").status_code == 403
    assert client.get("/usual/stepped-up").status_code == 200
    if client.cookies:
        client.post("/auth/logout")
    client.sign_in(carol)
    assert client.get("/usual/scoped").status_code == 200
    Session.objects.update(authenticated_at="2026-01-01T00:00:00Z")

    assert client.get("/usual/stepped-up").status_code == 403


@pytest.mark.parametrize("path", ["/usual/scoped", "/usual/stepped-up"])
def test_other_credential_has_neither_scopes_nor_a_session(
    api_client: BearerClient, carol: User, path: str
) -> None:
    """A class of the project's own beside ours: refused with 403 where a token's claims decide."""
    pair = f"{carol.email}:{PASSWORDS[carol.email]}".encode()
    basic = {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}

    assert api_client.get(path, headers=basic).status_code == 403


def test_what_the_token_says_needs_no_row(client: Any, alice: User) -> None:
    """`sub`, `scope`, `session_id`, the claims, and whether there is somebody."""
    client.sign_in(alice)
    client.get("/usual/claims")  # the generation is confirmed

    with CaptureQueriesContext(connection) as queries:
        told = client.get("/usual/claims").json()

    assert len(queries) == 0
    assert told == {
        "sub": subjects.of(alice).sub,
        "scope": ["notes:read", "notes:write"],
        "session": Session.objects.get().id,
        "known": [True, True, False, True],
    }
