"""REQUIRE_BINDING: those of staff have their rights only in browsers that are bound."""

from typing import Any

import pytest

from accounts.models import Session
from accounts.tests.forge import contents
from accounts.users.models import User
from tests.binding.device import COMPANION, Device
from tests.clients import PASSWORDS, BearerClient, BrowserClient

pytestmark = pytest.mark.django_db(transaction=True)

ACCESS = "__Host-Http-access_token"
ADMIN = "/admin/login/?next=/admin/"


@pytest.fixture(autouse=True)
def required(settings: Any) -> None:
    settings.GATEHOUSE = {**settings.GATEHOUSE, "REQUIRE_BINDING": True}


def scopes(client: BrowserClient) -> set[str]:
    return set(contents(client.cookies[ACCESS].value)[1]["scope"].split())


def enter_admin(client: BrowserClient, person: User) -> Any:
    """The administration's own form, in this browser."""
    page = client.get(ADMIN)
    form = {"username": person.email, "password": PASSWORDS[person.email]}
    form["csrfmiddlewaretoken"] = page.context["csrf_token"]
    # Not as JSON: a form of Django.
    headers = {"Origin": "http://localhost"}
    data = "&".join(f"{name}={value.replace('@', '%40')}" for name, value in form.items())
    kind = "application/x-www-form-urlencoded"
    return client.generic("POST", ADMIN, data, kind, headers=headers)


def test_unbound_session_of_staff_has_no_staff_scope(
    browser_client: BrowserClient, carol: User
) -> None:
    """The refusal says what is missing, and everything else of theirs works."""
    browser_client.sign_in(carol)

    response = browser_client.get("/api/audit")

    assert (response.status_code, response.json()["code"]) == (403, "device_proof_required")
    assert "bound to this device" in response.json()["detail"]
    assert "audit:read" not in scopes(browser_client)
    assert browser_client.get("/api/notes").status_code == 200


def test_bound_session_of_staff_has_them_at_once(carol: User) -> None:
    """The registration renews the access token."""
    device = Device()
    device.sign_in_and_bind(carol)

    assert device.get("/api/audit").status_code == 200


def test_others_hear_that_they_may_not(browser_client: BrowserClient, alice: User) -> None:
    """A bound session would not help them."""
    browser_client.sign_in(alice)

    response = browser_client.get("/api/audit")

    assert response.json()["code"] == "insufficient_scope"


def test_programs_of_staff_have_no_staff_scope(api_client: BearerClient, carol: User) -> None:
    """A bound browser session is asked for, and a program's key is none."""
    api_client.sign_in(carol)
    Session.objects.update(jkt="x" * 43)

    assert "audit:read" not in api_client.refresh().json().get("scope", "")


def test_personal_token_of_staff_has_no_staff_scope(carol: User) -> None:
    """It would be a way around."""
    device = Device()
    device.sign_in_and_bind(carol)

    assert "audit:read" not in device.get("/auth/personal-tokens").json()["scopes"]


def test_administration_opens_only_beside_a_bound_session(carol: User) -> None:
    """The companion has to be there, and be of this person."""
    device = Device()
    refused = enter_admin(device, carol)
    device.sign_in_and_bind(carol)

    entered = enter_admin(device, carol)

    assert refused.status_code == 403
    assert "bound to this device" in refused.content.decode()
    assert (entered.status_code, entered["Location"]) == (302, "/admin/")


def test_copied_jar_opens_no_administration(carol: User) -> None:
    """Without the companion, whatever the password is."""
    device = Device()
    device.sign_in_and_bind(carol)
    del device.cookies[COMPANION]

    assert enter_admin(device, carol).status_code == 403


def test_bound_session_of_another_opens_no_administration(alice: User, carol: User) -> None:
    """Alice's browser is bound, and Carol's password alone is not enough in it."""
    device = Device()
    device.sign_in_and_bind(alice)

    assert enter_admin(device, carol).status_code == 403


def test_without_the_setting_nothing_changes(
    browser_client: BrowserClient, carol: User, settings: Any
) -> None:
    """It is off until somebody wants it."""
    settings.GATEHOUSE = {**settings.GATEHOUSE, "REQUIRE_BINDING": False}
    browser_client.sign_in(carol)

    assert browser_client.get("/api/audit").status_code == 200
    assert enter_admin(browser_client, carol).status_code == 302
