"""`request.user`: views that are written for any Django project get the user's row."""

import base64
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission

from accounts.users.models import User
from api.models import Note
from tests.clients import PASSWORDS, BearerClient, BrowserClient

pytestmark = [pytest.mark.urls("tests.core.user_urls"), pytest.mark.django_db(transaction=True)]


@pytest.fixture(params=["cookie", "bearer"])
def client(request: Any, browser_client: BrowserClient, api_client: BearerClient) -> Any:
    """A page or a program. Neither is signed in."""
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


def test_change_by_cookie_needs_the_csrf_token(browser_client: BrowserClient, alice: User) -> None:
    """The defence is that of every view."""
    browser_client.sign_in(alice)

    refused = browser_client.post("/usual/notes", {"title": "x"}, headers={"X-CSRFToken": None})

    assert refused.status_code == 403
    assert not Note.objects.exists()


@pytest.mark.parametrize("path", ["/usual/scoped", "/usual/stepped-up"])
def test_other_credential_has_neither_scopes_nor_a_session(
    api_client: BearerClient, carol: User, path: str
) -> None:
    """A class of the project's own beside ours: refused with 403 where a token's claims decide."""
    pair = f"{carol.email}:{PASSWORDS[carol.email]}".encode()
    basic = {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}

    assert api_client.get(path, headers=basic).status_code == 403
