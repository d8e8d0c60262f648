"""Who must have a second factor, what a view can ask for, and what its owner hears of changes."""

import json
import time
from typing import Any

import pyotp
import pytest
from django.core.checks import Tags, run_checks
from django.db import connection
from django.test import RequestFactory, modify_settings
from django.test.utils import CaptureQueriesContext
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import signals
from accounts.audit.models import SecurityEvent
from accounts.conf import LEEWAY_SECONDS
from accounts.factors.models import Passkey
from accounts.models import Session
from accounts.tests.forge import altered, contents
from accounts.tests.presenting import challenge_of
from accounts.users.models import User
from accounts.web.authentication import TokenAuthentication
from accounts.web.base import ProtectedView
from accounts.web.permissions import SufficientlyAuthenticated
from tests.clients import BearerClient, BrowserClient
from tests.factors import steps
from tests.people import mails
from tests.staff import test_admin

pytestmark = pytest.mark.django_db(transaction=True)

ACCESS = "__Host-Http-access_token"


def must(settings: Any, who: str) -> None:
    settings.GATEHOUSE = {**settings.GATEHOUSE, "SECOND_FACTOR": who}


# Whoever must have one and has none


@pytest.mark.parametrize(("who", "email"), [("staff", "carol"), ("everyone", "alice")])
def test_whoever_must_have_a_factor_can_do_nothing_but_set_one_up(
    browser_client: BrowserClient, carol: User, alice: User, settings: Any, who: str, email: str
) -> None:
    """The session starts, for nothing else. After enrolment and a refresh everything is open."""
    must(settings, who)
    assert browser_client.sign_in(f"{email}@example.com").status_code == 200
    assert contents(browser_client.cookies[ACCESS].value)[1]["scope"] == "enrol"
    for path in ("/api/notes", "/api/me", "/auth/sessions", "/auth/account", "/auth/events"):
        assert steps.code(browser_client.get(path)) == (403, "enrolment_required")
    assert browser_client.get("/auth/factors").status_code == 200

    steps.add_passkey(browser_client)
    assert browser_client.post("/auth/refresh").status_code == 200

    assert browser_client.get("/api/notes").status_code == 200
    assert contents(browser_client.cookies[ACCESS].value)[1]["acr"] == "3"


def test_app_is_enough_too(browser_client: BrowserClient, alice: User, settings: Any) -> None:
    """Whichever of them a person sets up."""
    must(settings, "everyone")
    browser_client.sign_in(alice)
    app = pyotp.TOTP(browser_client.post("/auth/totp").json()["secret"])

    assert browser_client.post("/auth/totp/confirm", {"code": app.now()}).status_code == 204
    browser_client.post("/auth/refresh")

    assert browser_client.get("/api/notes").status_code == 200


def test_others_notice_nothing(browser_client: BrowserClient, alice: User, settings: Any) -> None:
    """What is asked of staff is not asked of everybody."""
    must(settings, "staff")
    browser_client.sign_in(alice)

    assert browser_client.get("/api/notes").status_code == 200


def test_factor_that_was_set_up_elsewhere_opens_by_a_step_up(
    browser_client: BrowserClient, alice: User, settings: Any
) -> None:
    """A session from before the setting is not lost: one code, and a refresh."""
    browser_client.sign_in(alice)
    app = steps.give_app(alice)
    must(settings, "everyone")
    browser_client.post("/auth/refresh")
    assert steps.code(browser_client.get("/api/notes")) == (403, "enrolment_required")

    assert browser_client.post("/auth/reauthenticate", {"code": app.now()}).status_code == 200
    browser_client.post("/auth/refresh")

    assert browser_client.get("/api/notes").status_code == 200


def test_last_factor_of_somebody_who_must_have_one_stays(
    browser_client: BrowserClient, alice: User, settings: Any
) -> None:
    """Another one comes first."""
    must(settings, "everyone")
    browser_client.sign_in(alice)
    authenticator = steps.add_passkey(browser_client)
    path = f"/auth/passkeys/{steps.row(authenticator).credential_id}"
    assert steps.code(browser_client.delete(path)) == (403, "enrolment_required")

    steps.give_app(alice)
    assert browser_client.delete(path).status_code == 204
    assert steps.code(browser_client.delete("/auth/totp")) == (403, "enrolment_required")
    assert not Passkey.objects.exists()


def test_view_of_the_project_is_shut_too(
    browser_client: BrowserClient, alice: User, settings: Any, rf: RequestFactory
) -> None:
    """Its own permission asks whether somebody is signed in: the token is refused before that."""

    class Projects(APIView):
        authentication_classes = (TokenAuthentication,)
        permission_classes = (IsAuthenticated,)

        def get(self, request: Any) -> Response:
            return Response({})

    must(settings, "everyone")
    browser_client.sign_in(alice)
    token = browser_client.cookies[ACCESS].value

    answer = Projects.as_view()(rf.get("/", headers={"Authorization": f"Bearer {token}"}))

    assert (answer.status_code, json.loads(answer.content)["code"]) == (403, "enrolment_required")


def test_administration_wants_a_factor_set_up_first(carol: User, settings: Any) -> None:
    """Whoever must have one and has none does not come in by the password."""
    must(settings, "staff")
    client = test_admin.Client(enforce_csrf_checks=True, SERVER_NAME="localhost")

    assert test_admin.sign_in(client, carol.email).status_code == 403


def test_setting_needs_the_part(settings: Any) -> None:
    """Nobody could set one up otherwise."""
    must(settings, "staff")

    with modify_settings(INSTALLED_APPS={"remove": "accounts.factors"}):
        found = [one.id for one in run_checks(tags=[Tags.security])]

    assert "gatehouse.E019" in found


@pytest.mark.parametrize(("who", "found"), [("optional", True), ("staff", False)])
def test_check_recommends_it_for_staff(settings: Any, who: str, found: bool) -> None:
    """`manage.py check --deploy` says it, and nothing else does."""
    must(settings, who)

    deploy = [one.id for one in run_checks(include_deployment_checks=True)]

    assert ("gatehouse.W008" in deploy) is found
    assert "gatehouse.W008" not in [one.id for one in run_checks()]


# What a view can ask for


class Payments(ProtectedView):
    permission_classes = (SufficientlyAuthenticated,)
    acr = "3"
    max_age = 300

    def get(self, request: Any) -> Response:
        return Response({})


class Secrets(ProtectedView):
    permission_classes = (SufficientlyAuthenticated,)

    def get(self, request: Any) -> Response:
        return Response({})


def ask(view: Any, token: str | None) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return view.as_view()(RequestFactory().get("/", headers=headers))


def test_view_asks_for_a_second_factor_in_the_words_of_the_standard(
    browser_client: BrowserClient, alice: User
) -> None:
    """RFC 9470 section 3: 401, and the challenge names what would do."""
    browser_client.sign_in(alice)
    token = browser_client.cookies[ACCESS].value

    refused = ask(Secrets, token)

    assert (refused.status_code, challenge_of(refused)) == (
        401,
        'Bearer realm="gatehouse", error="insufficient_user_authentication", acr_values="2"',
    )
    assert json.loads(refused.content)["code"] == "insufficient_user_authentication"
    assert challenge_of(ask(Payments, token)).endswith('acr_values="3", max_age="300"')
    assert ask(Secrets, None).status_code == 401


def test_step_up_satisfies_the_view(browser_client: BrowserClient, alice: User) -> None:
    """A code is enough for two factors, and not for one that resists phishing."""
    browser_client.sign_in(alice)
    app = steps.give_app(alice)
    browser_client.post("/auth/reauthenticate", {"code": app.now()})
    browser_client.post("/auth/refresh")
    token = browser_client.cookies[ACCESS].value

    assert ask(Secrets, token).status_code == 200
    assert ask(Payments, token).status_code == 401
    assert contents(token)[1]["amr"] == ["mfa", "otp"]


def test_view_asks_no_database(alice: User) -> None:
    """The token says it all, and a sign-in gets too old by itself."""
    client, _ = steps.owner(alice)
    client.post("/auth/refresh")
    token = client.cookies[ACCESS].value
    assert ask(Payments, token).status_code == 200
    old = altered(token, auth_time=int(time.time()) - 300 - LEEWAY_SECONDS - 2)

    with CaptureQueriesContext(connection) as queries:
        assert ask(Payments, token).status_code == 200
        assert ask(Secrets, old).status_code == 200
        assert ask(Payments, old).status_code == 401

    assert not queries.captured_queries


def test_first_factor_takes_away_the_step_ups_that_were_earned_without(
    browser_client: BrowserClient, alice: User
) -> None:
    """A thief who signed in with the password a minute ago removes no factor."""
    thief = BrowserClient()
    thief.sign_in(alice)
    browser_client.sign_in(alice)
    steps.add_passkey(browser_client)

    assert steps.code(thief.delete("/auth/totp")) == (403, "reauthentication_required")
    assert browser_client.post("/auth/recovery-codes").status_code == 200


def test_times_of_a_clock_that_stepped_back_say_nothing(
    browser_client: BrowserClient, alice: User
) -> None:
    """`auth_time` of a row that is dated in the future is no recent one."""
    from datetime import timedelta

    from accounts.tests.forge import contents as read

    browser_client.sign_in(alice)
    row = Session.objects.get()
    row.authenticated_at += timedelta(hours=1)
    row.save()

    browser_client.post("/auth/refresh")

    assert read(browser_client.cookies[ACCESS].value)[1]["auth_time"] == 0


# What its owner hears


def changes(client: BrowserClient, alice: User) -> None:
    """Everything that changes factors, once."""
    authenticator = steps.add_passkey(client)
    path = f"/auth/passkeys/{steps.row(authenticator).credential_id}"
    app = pyotp.TOTP(client.post("/auth/totp").json()["secret"])
    client.post("/auth/totp/confirm", {"code": app.now()})
    client.post("/auth/recovery-codes")
    client.patch(path, {"name": "Phone"})
    client.delete(path)
    client.delete("/auth/totp")


def test_every_change_is_an_event_and_a_mail(browser_client: BrowserClient, alice: User) -> None:
    """ASVS 6.3.7: whoever has not done it hears of it."""
    browser_client.sign_in(alice)
    changes(browser_client, alice)

    told = list(SecurityEvent.objects.order_by("id").values_list("kind", flat=True))
    kinds = [
        *("passkey_added", "totp_added", "recovery_codes_made"),
        *("passkey_renamed", "passkey_removed", "totp_removed"),
    ]
    assert told == ["signed_in", *kinds]
    assert [mail.subject for mail in mails.sent()] == [signals.KINDS[kind] for kind in kinds]
    assert "127.0.0.1" in mails.sent()[0].body


def test_listener_that_fails_leaves_the_factors_as_they_were(
    browser_client: BrowserClient, alice: User
) -> None:
    """What cannot be noted does not happen."""
    browser_client.sign_in(alice)
    authenticator = steps.add_passkey(browser_client)

    def fail(**told: Any) -> None:
        raise OSError("the log is full")

    signals.happened.connect(fail)
    try:
        with pytest.raises(OSError, match="full"):
            browser_client.delete(f"/auth/passkeys/{steps.row(authenticator).credential_id}")
    finally:
        signals.happened.disconnect(fail)

    assert Passkey.objects.count() == 1


def test_copy_of_all_data_has_the_factors_and_no_secret(
    browser_client: BrowserClient, alice: User
) -> None:
    """What is kept about a person, without what would prove who they are."""
    browser_client.sign_in(alice)
    steps.add_passkey(browser_client)
    steps.give_app(alice)

    told = browser_client.get("/auth/account/export").json()["factors"]

    assert set(told) == {"passkeys", "totp", "recovery_codes_left"}
    assert [row["name"] for row in told["passkeys"]] == ["Passkey"]
    assert steps.SECRET not in json.dumps(told)


def test_account_takes_its_factors_with_it(alice: User) -> None:
    """Deletion cascades."""
    _, authenticator = steps.owner(alice)
    alice.delete()

    assert not Passkey.objects.exists()
    assert steps.code(steps.sign_in(BrowserClient(), authenticator)) == (
        401,
        "invalid_credentials",
    )


def test_program_looks_at_its_persons_factors(alice: User) -> None:
    """Signed in means either credential."""
    client = BearerClient()
    client.sign_in(alice)

    assert client.get("/auth/factors").json()["passkeys"] == []
    assert client.post("/auth/totp").status_code == 200


# Staff


@pytest.fixture
def staff(carol: User) -> test_admin.Client:
    client = test_admin.Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
    assert test_admin.sign_in(client, carol.email).status_code == 302
    return client


def confirm(staff: test_admin.Client, carol: User) -> None:
    """Carol signs in to the site in the same browser."""
    page = BrowserClient()
    page.sign_in(carol)
    for name in (ACCESS, "__Host-Http-refresh_token"):
        staff.cookies[name] = page.cookies[name].value


def test_staff_see_who_has_a_factor_and_remove_a_lost_one(
    staff: test_admin.Client, carol: User, alice: User
) -> None:
    """With a step-up, an event that names who did it, and a mail."""
    held, _ = steps.owner(alice)
    steps.give_app(alice)
    assert "passkey, totp" in staff.get("/admin/gatehouse_users/user/").content.decode()
    confirm(staff, carol)

    assert test_admin.act(staff, "user", "remove_factors", alice).status_code == 302

    assert BrowserClient().sign_in(alice).status_code == 200
    assert not steps.is_in(held)
    told = SecurityEvent.objects.get(kind="factors_removed")
    assert (told.user, told.detail) == (alice, {"by": carol.gatehouse_subject.sub})
    assert mails.to(alice.email).subject == "The second factor was removed by staff"


def test_staff_without_a_step_up_remove_nothing(staff: test_admin.Client, alice: User) -> None:
    """A stolen session of the administration is not enough."""
    steps.owner(alice)

    test_admin.act(staff, "user", "remove_factors", alice)

    assert "Sign in at" in staff.get("/admin/gatehouse_users/user/").content.decode()
    assert Passkey.objects.exists()


def test_removal_without_a_factor_does_nothing(
    staff: test_admin.Client, carol: User, alice: User
) -> None:
    """No event, and no mail."""
    confirm(staff, carol)

    test_admin.act(staff, "user", "remove_factors", alice)

    assert not SecurityEvent.objects.filter(kind="factors_removed").exists()


def test_signed_in_person_needs_no_more_queries(browser_client: BrowserClient, alice: User) -> None:
    """A protected request costs what it cost before."""
    browser_client.sign_in(alice)
    browser_client.get("/api/me")

    with CaptureQueriesContext(connection) as queries:
        assert browser_client.get("/api/me").status_code == 200

    assert not queries.captured_queries
