"""One gate: every way in, found by looking, and each tried with the password alone."""

import ast
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts import sessions
from accounts.audit.models import SecurityEvent
from accounts.credentials import budgets
from accounts.errors import InvalidCredentials
from accounts.factors.models import Passkey, Totp
from accounts.federation.models import Identity
from accounts.models import Session
from accounts.sessions import database_now
from accounts.tests.forge import altered, contents
from accounts.users.models import User
from accounts.web.base import Endpoint
from tests.clients import PASSWORDS, BearerClient, BrowserClient
from tests.factors import steps
from tests.federation.stand_in import StandIn, outcome
from tests.people import mails
from tests.servers import ROOT
from tests.staff import test_admin

pytestmark = pytest.mark.django_db(transaction=True)

ACCESS = "__Host-Http-access_token"

# What starts a session, renews a step-up, or makes a token or a row of one.
ACTS = {"start", "sign_in", "reauthenticated", "issue", "Session", "login"}
OF = {"sessions", "browser", "tokens", "super()", ""}

# Each function that does one of these. A new one needs its attempt below.
DOORS = {
    # The gate itself, and what only hands out what a live session is due.
    "accounts/sessions/session.py start",
    "accounts/sessions/rotation.py rotate",
    "accounts/web/browser.py sign_in",
    "accounts/binding/views.py renew_access",
    # A factor was proven, or is being enrolled after a step-up.
    "accounts/factors/gate.py added",
    "accounts/factors/views.py FactorView.post",
    "accounts/factors/views.py PasskeySignInView.post",
    # Tried below.
    "accounts/web/views/sign_in.py LoginView.post",
    "accounts/web/views/devices.py ReauthenticateView.post",
    "accounts/programs/views.py TokenView.post",
    "accounts/people/password_change.py change",
    "accounts/federation/flow.py sign_in",
    "accounts/federation/flow.py renew_step_up",
    "accounts/federation/flow.py finish_link",
    "accounts/staff/site.py GatehouseAdmin.login",
    # The lab's own people, keys and issuer.
    "lab/refresh.py StartView.step",
    "lab/compare.py StartView.post",
    "lab/jars.py Stage.sign_in",
    "lab/storage.py SignInView.post",
    "lab/views.py ExpireView.post",
}


def doors() -> Iterator[str]:
    """Every function of this code that calls one of ACTS."""
    for folder in ("accounts", "api", "project", "lab"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).parts
            if "tests" not in parts and "migrations" not in parts:
                yield from doors_in(path, path.relative_to(ROOT))


def doors_in(path: Path, name: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for one in node.body:
                if isinstance(one, ast.FunctionDef) and any(map(is_act, ast.walk(one))):
                    yield f"{name} {node.name}.{one.name}"
    for one in tree.body:
        if isinstance(one, ast.FunctionDef) and any(map(is_act, ast.walk(one))):
            yield f"{name} {one.name}"


def is_act(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    called, _, act = ast.unparse(node.func).rpartition(".")
    return act in ACTS and called in OF


def test_every_door_is_known() -> None:
    """A new way to start a session, or to renew a step-up, needs its attempt here."""
    known = {door for door in DOORS if (ROOT / door.split()[0]).exists()}  # the lab can be left out
    assert set(doors()) == known


def endpoints(found: list[Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Every endpoint of the site with its path."""
    for one in found:
        if isinstance(one, URLResolver):
            yield from endpoints(one.url_patterns, path + str(one.pattern))
        elif isinstance(one, URLPattern) and hasattr(one.callback, "view_class"):
            yield path + str(one.pattern), one.callback.view_class


def takes_a_password(view: Any) -> bool:
    if not issubclass(view, Endpoint):
        return False
    bodies = [view.body_of(method) for method in ("POST", "PUT", "PATCH")]
    names = {name for body in bodies if body for name in body().fields}
    return any("password" in name for name in names)


def test_every_endpoint_that_takes_a_password_is_tried() -> None:
    """Found in the URLconf. Registration and reset set a password, and sign nobody in."""
    found = {
        path for path, view in endpoints(get_resolver().url_patterns) if takes_a_password(view)
    }

    assert found == {
        *("auth/login", "auth/token", "auth/reauthenticate", "auth/password/change"),
        *("auth/oidc/link", "auth/oidc/link/confirm"),
        *("auth/email/verify", "auth/password/reset/confirm"),
    }


# The attempts. Each gets Alice, who has an app, her browser from before, and what else there is.


class Directory(BaseBackend):
    """Knows everybody by one password, as LDAP might."""

    def authenticate(
        self, request: HttpRequest | None, username: str = "", password: str = "", **_: Any
    ) -> User | None:
        known = password == "of the directory"
        return User.objects.filter(email=username).first() if known else None

    def get_user(self, user_id: int) -> User | None:
        return User.objects.filter(pk=user_id).first()


def sign_in_page(alice: User, old: BrowserClient, idp: StandIn) -> BrowserClient:
    page = BrowserClient()
    assert steps.code(page.sign_in(alice)) == (401, "second_factor_required")
    return page


def directory(alice: User, old: BrowserClient, idp: StandIn) -> BrowserClient:
    page = BrowserClient()
    response = page.sign_in(alice.email, password="of the directory")
    assert steps.code(response) == (401, "second_factor_required")
    return page


def token_endpoint(alice: User, old: BrowserClient, idp: StandIn) -> BrowserClient:
    response = BearerClient().sign_in(alice)
    assert steps.code(response) == (401, "second_factor_required")
    assert response.json()["methods"] == ["totp"]
    assert not response.cookies
    return BrowserClient()


def reset(alice: User, old: BrowserClient, idp: StandIn) -> BrowserClient:
    page = BrowserClient()
    page.get("/auth/session")
    page.post("/auth/password/reset", {"email": alice.email})
    body = {"token": mails.token_in(mails.to(alice.email)), "new_password": "a quite long new one"}
    response = page.post("/auth/password/reset/confirm", body)
    assert (response.status_code, set(response.cookies) & {ACCESS}) == (204, set())
    assert Totp.objects.exists()
    again = page.sign_in(alice.email, password="a quite long new one")
    assert steps.code(again) == (401, "second_factor_required")
    return page


def provider(alice: User, old: BrowserClient, idp: StandIn) -> BrowserClient:
    Identity.objects.create(issuer=idp.issuer, subject="alice-at-idp", user=alice)
    idp.changes = {"sub": "alice-at-idp", "amr": ["pwd"]}
    page = BrowserClient()
    page.get("/auth/session")
    assert outcome(idp.sign_in(page, "?next=/account")) == "/login?methods=totp&next=%2Faccount"
    return page


def linking_by_password(alice: User, old: BrowserClient, idp: StandIn) -> BrowserClient:
    idp.person["email"] = alice.email
    page = BrowserClient()
    idp.sign_in(page)
    page.get("/auth/session")
    response = page.post("/auth/oidc/link", {"password": PASSWORDS[alice.email]})
    assert steps.code(response) == (401, "second_factor_required")
    assert response.json()["methods"] == ["totp"]
    assert not Identity.objects.exists()
    return page


def linking_by_mail(alice: User, old: BrowserClient, idp: StandIn) -> BrowserClient:
    idp.person |= {"email": alice.email, "email_verified": False}
    page = BrowserClient()
    idp.sign_in(page)
    page.get("/auth/session")
    page.post("/auth/oidc/link/mail", {})
    body = {
        "token": mails.token_in(mails.to(alice.email)),
        "password": PASSWORDS[alice.email],
    }
    response = page.post("/auth/oidc/link/confirm", body)
    assert steps.code(response) == (401, "second_factor_required")
    assert not Identity.objects.exists()
    return page


def administration(alice: User, old: BrowserClient, idp: StandIn) -> BrowserClient:
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    client = Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
    response = test_admin.sign_in(client, alice.email)
    assert response.status_code == 401
    assert "within five minutes" in response.content.decode()
    assert client.get("/admin/").status_code == 302
    return BrowserClient()


WAYS_IN = [
    *(sign_in_page, directory, token_endpoint, reset, provider, linking_by_password),
    *(linking_by_mail, administration),
]


@pytest.fixture
def alices(alice: User, settings: Any) -> Callable[[], tuple[User, BrowserClient]]:
    """Alice with a session from before she had an app, whose step-up time is over."""
    settings.AUTHENTICATION_BACKENDS = [
        *settings.AUTHENTICATION_BACKENDS,
        f"{__name__}.Directory",
    ]
    old = BrowserClient()
    assert old.sign_in(alice).status_code == 200
    steps.give_app(alice)
    sessions.forget_step_ups(alice, keep="")
    return lambda: (alice, old)


@pytest.mark.parametrize("way", WAYS_IN, ids=lambda way: way.__name__)
def test_password_alone_opens_nothing(
    alices: Callable[[], tuple[User, BrowserClient]], idp: StandIn, way: Callable[..., Any]
) -> None:
    """NIST SP 800-63B-4 AAL2, ASVS 6.3.4: no way in is a way around."""
    alice, old = alices()
    before = Session.objects.count()

    page = way(alice, old, idp)

    assert Session.objects.count() == before
    assert ACCESS not in page.cookies
    assert not steps.is_in(page)
    assert SecurityEvent.objects.get(kind="second_factor_asked").user == alice


def step_up(old: BrowserClient, alice: User) -> None:
    response = old.post("/auth/reauthenticate", {"password": PASSWORDS[alice.email]})
    assert steps.code(response) == (401, "second_factor_required")
    assert response.json()["methods"] == ["totp"]


def password_change(old: BrowserClient, alice: User) -> None:
    body = {"current_password": PASSWORDS[alice.email], "new_password": "a quite long new one"}
    response = old.post("/auth/password/change", body)
    assert steps.code(response) == (403, "reauthentication_required")
    assert alice.check_password(PASSWORDS[alice.email])


@pytest.mark.parametrize("way", [step_up, password_change], ids=lambda way: way.__name__)
def test_password_alone_is_no_step_up(
    alices: Callable[[], tuple[User, BrowserClient]], way: Callable[..., None]
) -> None:
    """A stolen session and a stolen password change nothing."""
    alice, old = alices()

    way(old, alice)

    alice.refresh_from_db()
    assert steps.code(old.post("/auth/logout-others")) == (403, "reauthentication_required")


def test_provider_is_no_step_up_for_somebody_with_a_factor(
    alices: Callable[[], tuple[User, BrowserClient]], idp: StandIn
) -> None:
    """Unless it says that it asked for two."""
    alice, old = alices()
    Identity.objects.create(issuer=idp.issuer, subject="alice-at-idp", user=alice)
    idp.changes = {"sub": "alice-at-idp", "amr": ["pwd"], "auth_time": int(time.time())}
    assert outcome(idp.sign_in(old, "?reauthenticate=1")) == "oidc_second_factor"

    idp.changes |= {"amr": ["pwd", "mfa"]}
    assert outcome(idp.sign_in(old, "?reauthenticate=1")) == "/login/confirmed"

    assert old.post("/auth/logout-others").status_code == 204


def test_password_alone_is_no_step_up_after_two_factors_at_a_provider(
    alice: User, idp: StandIn
) -> None:
    """It would take the session's strength away, or pass for it. The provider is asked again."""
    Identity.objects.create(issuer=idp.issuer, subject="alice-at-idp", user=alice)
    idp.changes = {"sub": "alice-at-idp", "amr": ["mfa"], "auth_time": int(time.time())}
    page = BrowserClient()
    idp.sign_in(page)
    sessions.forget_step_ups(alice, keep="")
    body = {"current_password": PASSWORDS[alice.email], "new_password": "a quite long new one"}

    refused = page.post("/auth/reauthenticate", {"password": PASSWORDS[alice.email]})

    assert steps.code(refused) == (401, "second_factor_required")
    assert steps.code(page.post("/auth/password/change", body)) == (
        403,
        "reauthentication_required",
    )
    assert Session.objects.get().acr == "2"
    assert outcome(idp.sign_in(page, "?reauthenticate=1")) == "/login/confirmed"
    assert page.post("/auth/password/change", body).status_code == 204
    assert Session.objects.get(ended_at=None).acr == "2"


def test_password_is_a_step_up_again_once_the_last_factor_is_removed(alice: User) -> None:
    """No session says any more that it has shown two."""
    client, authenticator = steps.owner(alice)
    assert Session.objects.get().acr == "3"
    client.delete(f"/auth/passkeys/{steps.row(authenticator).credential_id}")
    assert Session.objects.get().acr == "1"
    sessions.forget_step_ups(alice, keep="")

    answer = client.post("/auth/reauthenticate", {"password": PASSWORDS[alice.email]})

    assert answer.status_code == 200
    assert (Session.objects.get().acr, Session.objects.get().amr) == ("1", "pwd")


# And with the factor each of them opens.


def test_code_completes_a_sign_in_through_the_provider(
    alices: Callable[[], tuple[User, BrowserClient]], idp: StandIn
) -> None:
    """The session is one of that identity, and ends with it."""
    alice, _ = alices()
    page = provider(alice, page_of(alice), idp)

    response = page.post("/auth/login/factor", {"code": steps_app().now()})

    assert response.status_code == 200
    session = Session.objects.get(id=response.json()["session"]["id"])
    assert (session.method, session.acr, session.amr) == ("oidc", "2", "mfa otp pwd")


def page_of(alice: User) -> BrowserClient:
    return BrowserClient()


def steps_app() -> Any:
    import pyotp

    return pyotp.TOTP(steps.SECRET)


def test_identity_that_is_unlinked_before_the_second_step_opens_nothing(
    alices: Callable[[], tuple[User, BrowserClient]], idp: StandIn
) -> None:
    """The gate asks again, in the transaction that starts the session."""
    alice, _ = alices()
    page = provider(alice, page_of(alice), idp)
    Identity.objects.all().delete()

    response = page.post("/auth/login/factor", {"code": steps_app().now()})

    assert steps.code(response) == (401, "invalid_credentials")


def test_provider_that_asked_for_two_factors_is_enough(
    alices: Callable[[], tuple[User, BrowserClient]], idp: StandIn
) -> None:
    """RFC 8176: it says `mfa`. What is no word of that kind is left out."""
    alice, _ = alices()
    Identity.objects.create(issuer=idp.issuer, subject="alice-at-idp", user=alice)
    idp.changes = {"sub": "alice-at-idp", "amr": ["pwd", "mfa", "a b", 1, "x" * 17]}
    page = BrowserClient()

    assert outcome(idp.sign_in(page)) == "/notes"

    claims = contents(page.cookies[ACCESS].value)[1]
    assert (claims["acr"], claims["amr"]) == ("2", ["mfa", "pwd"])


def test_identity_is_linked_by_password_and_code(
    alices: Callable[[], tuple[User, BrowserClient]], idp: StandIn
) -> None:
    """In one request: nothing is linked before both are right."""
    alice, _ = alices()
    page = linking_by_password(alice, page_of(alice), idp)
    body = {"password": PASSWORDS[alice.email], "code": "000000"}
    assert steps.code(page.post("/auth/oidc/link", body)) == (401, "invalid_credentials")

    response = page.post("/auth/oidc/link", body | {"code": steps_app().now()})

    assert response.status_code == 200
    assert Identity.objects.get().user == alice


def test_identity_is_linked_by_mail_password_and_code(
    alices: Callable[[], tuple[User, BrowserClient]], idp: StandIn
) -> None:
    """The refusal before has not used up the link."""
    alice, _ = alices()
    page = linking_by_mail(alice, page_of(alice), idp)
    body = {
        "token": mails.token_in(mails.to(alice.email)),
        "password": PASSWORDS[alice.email],
        "code": steps_app().now(),
    }

    assert page.post("/auth/oidc/link/confirm", body).status_code == 200
    assert Identity.objects.get().user == alice


def test_program_signs_in_with_a_code(alices: Callable[[], tuple[User, BrowserClient]]) -> None:
    """A wrong one is a failed sign-in."""
    alice, _ = alices()
    body = {"email": alice.email, "password": PASSWORDS[alice.email]}
    client = BearerClient()
    wrong = client.post("/auth/token", body | {"code": "000000"})
    assert steps.code(wrong) == (401, "invalid_credentials")

    response = client.post("/auth/token", body | {"code": steps_app().now()})

    assert response.status_code == 200
    claims = contents(response.json()["access_token"])[1]
    assert (claims["acr"], claims["client_id"]) == ("2", "cli")


def test_password_changes_after_a_step_up_with_the_factor(
    alices: Callable[[], tuple[User, BrowserClient]],
) -> None:
    """The factor first, then the current password."""
    alice, old = alices()
    assert old.post("/auth/reauthenticate", {"code": steps_app().now()}).status_code == 200
    body = {"current_password": PASSWORDS[alice.email], "new_password": "a quite long new one"}

    assert old.post("/auth/password/change", body).status_code == 204


def test_new_password_does_not_renew_what_the_factor_has_proven(
    alices: Callable[[], tuple[User, BrowserClient]],
) -> None:
    """Or one code would be a step-up for ever."""
    alice, old = alices()
    assert old.post("/auth/reauthenticate", {"code": steps_app().now()}).status_code == 200
    earlier = database_now() - timedelta(seconds=200)
    Session.objects.filter(ended_at=None).update(authenticated_at=earlier)
    body = {"current_password": PASSWORDS[alice.email], "new_password": "a quite long new one"}

    assert old.post("/auth/password/change", body).status_code == 204

    (session,) = Session.objects.filter(ended_at=None)
    assert session.authenticated_at - earlier < timedelta(seconds=100)


def test_administration_opens_beside_a_session_that_has_just_proven_the_factor(
    alices: Callable[[], tuple[User, BrowserClient]],
) -> None:
    """In the same browser: the form has no place for a passkey."""
    alice, _ = alices()
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    page = BrowserClient()
    page.sign_in(alice)
    page.post("/auth/login/factor", {"code": steps_app().now()})
    client = Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
    for name in (ACCESS, "__Host-Http-refresh_token"):
        client.cookies[name] = page.cookies[name].value

    assert test_admin.sign_in(client, alice.email).status_code == 302
    assert client.get("/admin/").status_code == 200


def test_administration_stays_shut_beside_a_token_that_is_over(
    alices: Callable[[], tuple[User, BrowserClient]],
) -> None:
    """An old copy of the owner's cookie says nothing of what the owner has just proven."""
    alice, _ = alices()
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    page = BrowserClient()
    page.sign_in(alice)
    page.post("/auth/login/factor", {"code": steps_app().now()})
    then = int(time.time()) - 400
    good = page.cookies[ACCESS].value
    client = Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
    client.cookies[ACCESS] = altered(good, auth_time=then, iat=then, exp=then + 300)

    assert test_admin.sign_in(client, alice.email).status_code == 401


def test_administration_stays_shut_beside_somebody_elses_session(
    alices: Callable[[], tuple[User, BrowserClient]], bob: User
) -> None:
    """Mallory's own factor beside a stolen password."""
    alice, _ = alices()
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    page, _ = steps.owner(bob)
    client = Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
    client.cookies[ACCESS] = page.cookies[ACCESS].value

    assert test_admin.sign_in(client, alice.email).status_code == 401


def test_no_part_that_knows_a_factor_refuses_it(
    alices: Callable[[], tuple[User, BrowserClient]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where factors are left out, a code is never taken for right."""
    from accounts import signals

    _, old = alices()
    monkeypatch.setattr(signals.proving, "send", lambda *_, **__: [])

    response = old.post("/auth/reauthenticate", {"code": "123456"})

    assert steps.code(response) == (401, "invalid_credentials")


def test_step_up_of_nothing_is_none(alices: Callable[[], tuple[User, BrowserClient]]) -> None:
    """The body says what is missing."""
    _, old = alices()

    assert steps.code(old.post("/auth/reauthenticate", {})) == (400, "validation_failed")


def test_wrong_passwords_of_a_stranger_refuse_no_passkey(alice: User) -> None:
    """Nobody guesses a signature, so the owner's step-up is not counted with them."""
    client, authenticator = steps.owner(alice)
    assert steps.sign_in(client, authenticator).status_code == 200
    for _ in range(30):
        budgets.spend(budgets.sign_in_budgets(HttpRequest(), alice.email))
    answer = authenticator.get(steps.options(client))

    assert client.post("/auth/reauthenticate", {"credential": answer}).status_code == 200


def test_bad_passkeys_of_a_network_are_no_guesses_at_a_code(alice: User) -> None:
    """They are counted for the network, and nobody has entered a code or knows the password."""
    client, _ = steps.owner(alice)
    for _ in range(99):
        budgets.spend([budgets.Budget("passkey network", "127.0.0.1", 100, 600)])

    answer = client.post("/auth/reauthenticate", {"credential": {"id": "none of ours"}})

    assert steps.code(answer) == (401, "invalid_credentials")
    assert SecurityEvent.objects.filter(kind="throttled").exists()
    assert not SecurityEvent.objects.filter(kind="second_factor_guessed").exists()


def test_passkey_is_a_step_up(alice: User) -> None:
    """Of any strength that a view asks for."""
    client, authenticator = steps.owner(alice)
    sessions.forget_step_ups(alice, keep="")
    assert steps.code(client.post("/auth/recovery-codes")) == (403, "reauthentication_required")

    answer = {"credential": authenticator.get(steps.options(client))}
    assert client.post("/auth/reauthenticate", answer).status_code == 200

    assert client.post("/auth/recovery-codes").status_code == 200
    assert Passkey.objects.get().last_used_at is not None


def test_step_up_of_somebody_who_was_deleted_meanwhile_is_refused(alice: User) -> None:
    """As a sign-in is: there is nobody whose credentials these could be."""
    client = BrowserClient()
    client.sign_in(alice)
    session = Session.objects.select_related("user").get()
    alice.delete()

    with pytest.raises(InvalidCredentials):
        sessions.reauthenticated(session, sessions.BY_PASSWORD)
