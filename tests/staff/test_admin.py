"""The administration: its own session, the same limits, and actions that count at once."""

import html
import re
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import sessions, subjects
from accounts.audit.models import SecurityEvent
from accounts.evidence import Evidence
from accounts.federation.models import Identity
from accounts.models import Session
from accounts.people.models import LinkToken
from accounts.tests.meeting import just_before
from accounts.tests.presenting import holds_jwt
from accounts.users.models import User
from project.settings import INSTALLED_APPS
from tests.clients import PASSWORDS, BearerClient, BrowserClient
from tests.people import mails
from tests.servers import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

COOKIE = "__Host-admin_session"


# In which app each model of the administration stands.
LABELS = {
    "user": "gatehouse_users",
    "identity": "gatehouse_federation",
    "session": "gatehouse",
    "securityevent": "gatehouse_audit",
}


def admin(path: str) -> str:
    """The address of a page of the administration: a model's list, and what follows."""
    return f"/admin/{LABELS[path.split('/')[0]]}/{path}"


def form_token(client: Client, path: str) -> str:
    return re.findall(
        r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(path).content.decode()
    )[0]


def sign_in(client: Client, email: str, password: str | None = None) -> object:
    token = form_token(client, "/admin/login/")
    fields = {"username": email, "password": PASSWORDS[email] if password is None else password}
    return post(client, "/admin/login/?next=/admin/", {**fields, "csrfmiddlewaretoken": token})


def post(client: Client, path: str, fields: dict[str, object]) -> object:
    return client.post(path, fields, headers={"Origin": "http://localhost"})


@pytest.fixture
def staff(carol: User) -> Client:
    """Carol, signed in to the administration and to nothing else."""
    client = Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
    assert sign_in(client, carol.email).status_code == 302
    return client


@pytest.fixture
def superuser(staff: Client, carol: User) -> Client:
    """The same, with all rights."""
    carol.is_superuser = True
    carol.save()
    return staff


def run(name: str, *arguments: str) -> str:
    out = StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue()


def act(client: Client, model: str, action: str, *rows: object) -> object:
    path = admin(f"{model}/")
    fields = {
        "action": action,
        "_selected_action": [row.pk for row in rows],
        "csrfmiddlewaretoken": form_token(client, path),
    }
    return post(client, path, fields)


def test_admin_session_is_a_strict_host_cookie_of_an_hour(staff: Client) -> None:
    """No script reads it, no other site or host sends or sets it."""
    cookie = staff.cookies[COOKIE]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Strict")
    assert (cookie["path"], cookie["domain"]) == ("/", "")
    assert 0 < cookie["max-age"] <= 3600


def test_token_cookies_never_open_the_admin(browser_client: BrowserClient, carol: User) -> None:
    """A stolen browser session of staff is not the administration."""
    browser_client.sign_in(carol)
    assert browser_client.get("/admin/").status_code == 302


def test_bearer_token_never_opens_the_admin(api_client: BearerClient, carol: User) -> None:
    """Nor does a program's token."""
    api_client.sign_in(carol)
    assert api_client.get("/admin/").status_code == 302


def test_admin_session_opens_nothing_else(staff: Client) -> None:
    """The API does not know Django's sessions."""
    assert staff.get("/api/me").status_code == 401
    assert staff.get("/auth/session").json()["authenticated"] is False


def test_person_who_is_not_staff_is_refused(client: Client, alice: User) -> None:
    """Good credentials are not enough, and nothing tells that they are good."""
    client = Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
    right, wrong = (sign_in(client, alice.email, text) for text in (None, "wrong, but long enough"))
    assert (right.status_code, wrong.status_code) == (401, 401)
    assert told(right) == told(wrong) == ["E-mail or password is wrong."]
    assert COOKIE not in client.cookies
    assert list(SecurityEvent.objects.values_list("kind", flat=True)) == ["sign_in_failed"] * 2


def told(answer: Any) -> list[str]:
    """What the form says was wrong."""
    return list(answer.context["form"].non_field_errors())


def test_wrong_passwords_are_counted_as_at_any_sign_in(carol: User) -> None:
    """The eleventh is refused before the password is looked at (ASVS 5.0 6.3.1)."""
    client = Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
    answers = [sign_in(client, carol.email, "wrong, but long enough") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert "Retry-After" in answers[-1]
    assert BrowserClient().sign_in(carol).status_code == 429


def test_sign_in_with_a_field_missing_is_told(carol: User) -> None:
    """Django's own form errors still work."""
    client = Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
    assert "This field is required" in sign_in(client, carol.email, "").content.decode()


def test_sign_in_is_an_event(staff: Client, carol: User) -> None:
    """Its owner sees it among their events."""
    assert SecurityEvent.objects.filter(kind="admin_signed_in", user=carol).count() == 1


def test_ended_session_is_refused_at_once(
    staff: Client, browser_client: BrowserClient, alice: User
) -> None:
    """The next request of that browser is refused, although its token has not expired."""
    browser_client.sign_in(alice)

    act(staff, "session", "end_session", Session.objects.get(user=alice))

    assert browser_client.get("/api/me").status_code == 401
    event = SecurityEvent.objects.latest("id")
    assert (event.kind, event.user) == ("session_ended", alice)


def test_session_that_had_ended_is_no_event(
    staff: Client, browser_client: BrowserClient, alice: User
) -> None:
    """What staff did not end is not noted as theirs."""
    browser_client.sign_in(alice)
    browser_client.post("/auth/logout")

    act(staff, "session", "end_session", Session.objects.get(user=alice))

    assert Session.objects.get(user=alice).end_reason == "signed_out"
    assert not SecurityEvent.objects.filter(kind="session_ended").exists()


def test_staff_cannot_end_the_session_of_staff(
    staff: Client, browser_client: BrowserClient, carol: User
) -> None:
    """Not even with the same page and button: only a superuser may."""
    browser_client.sign_in(carol)

    act(staff, "session", "end_session", Session.objects.get(user=carol))

    assert browser_client.get("/api/me").status_code == 200
    assert not SecurityEvent.objects.filter(kind="session_ended").exists()


def test_all_sessions_of_a_user_end_at_once(staff: Client, alice: User, bob: User) -> None:
    """Alice's devices are signed out, Bob's are not."""
    clients = [BrowserClient() for _ in range(3)]
    for client, person in zip(clients, (alice, alice, bob), strict=True):
        client.sign_in(person)

    act(staff, "user", "end_all_sessions", alice)

    assert [client.get("/api/me").status_code for client in clients] == [401, 401, 200]


def test_deactivated_person_is_out_at_once(
    staff: Client, browser_client: BrowserClient, alice: User
) -> None:
    """Sessions end, and nobody signs in with that account."""
    browser_client.sign_in(alice)
    act(staff, "user", "deactivate", alice)
    assert browser_client.get("/api/me").status_code == 401
    assert BrowserClient().sign_in(alice).status_code == 401


def test_switch_in_the_administration_says_who_did_it(
    staff: Client, carol: User, alice: User
) -> None:
    """By the action or by the form, whether or not a session ended with it."""
    act(staff, "user", "deactivate", alice)
    path = f"/admin/gatehouse_users/user/{alice.pk}/change/"
    for fields in ({"is_active": "on"}, {}):
        post(staff, path, {**fields, "name": "Al", "csrfmiddlewaretoken": form_token(staff, path)})

    told = SecurityEvent.objects.filter(user=alice).order_by("id").values_list("kind", "detail")
    kinds = ("deactivated", "reactivated", "deactivated")
    assert list(told) == [(kind, {"by": subjects.of(carol).sub}) for kind in kinds]


def test_reset_link_goes_to_the_person_and_not_to_staff(staff: Client, alice: User) -> None:
    """Staff set no passwords; they have a link sent."""
    act(staff, "user", "send_reset_link", alice)
    assert mails.token_in(mails.to(alice.email))


def test_reset_link_is_an_event_that_says_who_sent_it(
    staff: Client, carol: User, alice: User
) -> None:
    """One for one link, and the page says that it is done."""
    act(staff, "user", "send_reset_link", alice)

    event = SecurityEvent.objects.get(kind="password_reset_sent")
    assert (event.user, event.detail) == (alice, {"by": subjects.of(carol).sub})
    assert LinkToken.objects.count() == 1
    assert "Done for 1 of 1." in staff.get("/admin/gatehouse_users/user/").content.decode()


def test_reset_link_goes_to_a_person_without_a_password_too(
    staff: Client, alice: User, settings: Any
) -> None:
    """Whoever the identity provider does not know any more has a way back in."""
    settings.GATEHOUSE = {**settings.GATEHOUSE, "OIDC_ISSUER": "https://idp.example"}
    User.objects.filter(pk=alice.pk).update(password=make_password(None))

    act(staff, "user", "send_reset_link", alice)

    assert mails.to(alice.email).subject == "Set a password"
    assert LinkToken.objects.get().user == alice


@pytest.mark.parametrize(
    "change",
    [{"is_active": False}, {"email": "alice@lab.invalid"}],
    ids=["inactive", "nobody's address"],
)
def test_reset_link_that_helps_nobody_is_not_claimed(
    staff: Client, alice: User, bob: User, change: dict[str, Any]
) -> None:
    """No link, no event; the page names whom it did not reach, and the others have theirs."""
    User.objects.filter(pk=alice.pk).update(**change)
    alice.refresh_from_db()

    act(staff, "user", "send_reset_link", alice, bob)

    page = staff.get("/admin/gatehouse_users/user/").content.decode()
    assert f"No link was sent to {alice.email}:" in page
    assert "Done for 1 of 2." in page
    assert [link.user for link in LinkToken.objects.select_related("user")] == [bob]
    assert SecurityEvent.objects.get(kind="password_reset_sent").user == bob


def test_reset_link_without_a_mail_server_is_refused(
    staff: Client, alice: User, settings: Any
) -> None:
    """The page says why; no link is made that nobody gets."""
    settings.GATEHOUSE = {**settings.GATEHOUSE, "MAIL": False}

    act(staff, "user", "send_reset_link", alice)

    page = staff.get("/admin/gatehouse_users/user/").content.decode()
    assert "This server sends no mail" in page
    assert "Done for" not in page
    assert not LinkToken.objects.exists()
    assert not SecurityEvent.objects.filter(kind="password_reset_sent").exists()


def test_staff_cannot_act_on_staff(staff: Client, carol: User, alice: User) -> None:
    """Only a superuser may; the page says so."""
    boss = User.objects.create_superuser("boss@example.com", "seven grey herons at noon")
    for action in ("deactivate", "end_all_sessions", "send_reset_link"):
        act(staff, "user", action, boss)
    boss.refresh_from_db()
    assert boss.is_active
    assert "Only a superuser" in staff.get("/admin/gatehouse_users/user/").content.decode()


def test_staff_cannot_make_staff(staff: Client, alice: User) -> None:
    """The roles are read-only, whatever a form sends."""
    path = f"/admin/gatehouse_users/user/{alice.pk}/change/"
    token = form_token(staff, path)
    fields = {"name": "Al", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    assert post(staff, path, {**fields, "csrfmiddlewaretoken": token}).status_code == 302
    alice.refresh_from_db()
    assert (alice.name, alice.is_staff, alice.is_superuser) == ("Al", False, False)


def test_superuser_makes_staff_and_old_tokens_are_refused(
    superuser: Client, browser_client: BrowserClient, alice: User
) -> None:
    """A change of role counts at once; one refresh brings the new rights."""
    browser_client.sign_in(alice)
    path = f"/admin/gatehouse_users/user/{alice.pk}/change/"
    fields = {"name": "Alice", "is_active": "on", "is_staff": "on"}
    post(superuser, path, {**fields, "csrfmiddlewaretoken": form_token(superuser, path)})
    assert browser_client.get("/api/me").status_code == 401


@pytest.fixture
def linked(alice: User) -> Identity:
    """Alice's identity at a provider, and a browser that signed in with it."""
    found = Identity.objects.create(issuer="https://idp.example", subject="alice there", user=alice)
    sessions.start(alice, evidence=[Evidence(how="oidc", amr=())], client="web", remember=False)
    return found


def test_unlinked_identity_signs_nobody_in_and_its_sessions_end(
    staff: Client, browser_client: BrowserClient, carol: User, alice: User, linked: Identity
) -> None:
    """At once; what she signed in to by her password goes on, and she is told."""
    browser_client.sign_in(alice)

    act(staff, "identity", "unlink", linked)

    assert not Identity.objects.exists()
    endings = Session.objects.filter(user=alice).values_list("method", "end_reason")
    assert set(endings) == {("oidc", "identity_unlinked"), ("password", "")}
    assert browser_client.get("/api/me").status_code == 200
    event = SecurityEvent.objects.latest("id")
    assert (event.kind, event.user, event.detail) == (
        "identity_unlinked",
        alice,
        {"by": subjects.of(carol).sub},
    )
    assert "ended that your organisation signs you in" in mails.to(alice.email).body
    assert "Unlinked 1 of 1." in staff.get("/admin/gatehouse_federation/identity/").content.decode()


def test_identity_that_two_people_unlink_at_once_is_one_event(
    staff: Client, linked: Identity, alice: User
) -> None:
    """The second finds it gone."""
    with just_before('DELETE FROM "gatehouse_federation_identity"', linked.delete):
        act(staff, "identity", "unlink", linked)

    assert not SecurityEvent.objects.filter(kind="identity_unlinked").exists()
    assert Session.objects.get(user=alice).ended_at is None


def test_staff_cannot_unlink_staff(staff: Client, carol: User) -> None:
    """Only a superuser may."""
    row = Identity.objects.create(issuer="https://idp.example", subject="carol there", user=carol)

    act(staff, "identity", "unlink", row)

    assert Identity.objects.filter(pk=row.pk).exists()
    assert "Unlinked 0 of 1." in staff.get("/admin/gatehouse_federation/identity/").content.decode()


@pytest.mark.parametrize("page", ["user", "identity", "session", "securityevent"])
def test_no_page_shows_a_hash_or_a_token(
    staff: Client, alice: User, linked: Identity, page: str
) -> None:
    """Lists and single rows leave out what could be used or attacked offline."""
    BrowserClient().sign_in(alice)
    session = Session.objects.get(user=alice, method="password")
    row = {
        "user": alice.pk,
        "identity": linked.pk,
        "session": session.pk,
        "securityevent": SecurityEvent.objects.filter(user=alice).latest("id").pk,
    }[page]
    for path in (admin(f"{page}/?q=alice"), admin(f"{page}/{row}/change/")):
        answer = staff.get(path)
        text = answer.content.decode()
        assert answer.status_code == 200
        assert alice.email in text
        alice.refresh_from_db()
        for secret in (alice.password, "argon2", session.key_hash):
            assert secret not in text
        assert not holds_jwt(text)


@pytest.mark.parametrize(
    "query",
    [
        *("user/?password__startswith=argon2", "user/?password__regex=.", "user/?password=x"),
        *(
            "user/?is_active__exact=1&password__contains=a",
            "user/?gatehouse_sessions__key_hash__gt=a",
        ),
        *("session/?key_hash__startswith=a", "session/?key_hash__in=a,b", "session/?id__gt=a"),
        *("session/?user__password__startswith=argon2", "session/?client__exact__regex=."),
        *("securityevent/?user__password__gt=a", "securityevent/?detail__by=x"),
        *("identity/?user__password__gt=a", "identity/?issuer__contains=x"),
        *("user/?_to_field=password&password__gt=a", "user/1/change/?_to_field=password"),
    ],
)
def test_filter_that_no_list_offers_is_refused(superuser: Client, query: str) -> None:
    """Whether rows match would give a hash away letter by letter; not even superusers may ask."""
    assert superuser.get(admin(query)).status_code == 400


@pytest.mark.parametrize("page", ["user", "identity", "session", "securityevent"])
def test_every_filter_that_a_list_offers_works(
    staff: Client, alice: User, linked: Identity, page: str
) -> None:
    """What the page links to is what may be asked."""
    BrowserClient().sign_in(alice)
    path = admin(f"{page}/")
    links = set(re.findall(r'href="(\?[^"]+=[^"]*)"', staff.get(path).content.decode()))
    queries = {html.unescape(link) for link in links}
    assert len(queries) > 4
    assert {staff.get(path + query).status_code for query in queries} == {200}


@pytest.mark.parametrize(
    "query", ["kim@bücher.example", "KIM@XN--BCHER-KVA.example", "@Bücher.example"]
)
@pytest.mark.parametrize("page", ["user", "session", "securityevent"])
def test_search_finds_an_address_in_any_spelling(
    staff: Client, alice: User, page: str, query: str
) -> None:
    """The lists show the stored spelling; staff type what the person has told them."""
    User.objects.filter(pk=alice.pk).update(email="kim@xn--bcher-kva.example")
    BrowserClient().sign_in("kim@bücher.example", PASSWORDS["alice@example.com"])

    found = staff.get(admin(f"{page}/"), query_params={"q": query}).content.decode()

    assert "1 result" in found


def test_order_and_search_reach_no_hidden_column(staff: Client, alice: User) -> None:
    """Lists are ordered by the columns they show, and searched by what they name."""
    BrowserClient().sign_in(alice)
    key_hash = Session.objects.get(user=alice).key_hash
    for page, secret in (("user", "argon2"), ("session", key_hash)):
        assert "0 results" in staff.get(admin(f"{page}/?q={secret}")).content.decode()
        for order in ("password", "-key_hash", "99", "-99"):
            ordered = staff.get(admin(f"{page}/?o={order}")).context["cl"].queryset
            assert not {"password", "key_hash"} & {name.lstrip("-") for name in order_of(ordered)}


def order_of(rows: QuerySet[Any]) -> list[str]:
    return [str(name) for name in rows.query.order_by]


@pytest.mark.parametrize("page", ["identity", "session", "securityevent"])
def test_identities_sessions_and_events_are_read_only(
    superuser: Client, alice: User, linked: Identity, page: str
) -> None:
    """Not even a superuser edits what happened, or gives somebody an identity."""
    BrowserClient().sign_in(alice)
    model = {"identity": Identity, "session": Session, "securityevent": SecurityEvent}[page]
    row = model.objects.filter(user=alice).first().pk
    for path in (f"{row}/change/", f"{row}/delete/", "add/"):
        answer = post(superuser, admin(f"{page}/{path}"), {"csrfmiddlewaretoken": "x"})
        assert answer.status_code == 403


@pytest.mark.parametrize("page", ["", "done/"])
def test_own_password_is_changed_on_the_account_page(staff: Client, page: str) -> None:
    """The administration has no second way that would end no session."""
    answer = staff.get(f"/admin/password_change/{page}")
    assert (answer.status_code, answer["Location"]) == (302, "/account#password")


def test_admin_session_ends_with_a_password_change(staff: Client, carol: User) -> None:
    """Django ties its sessions to the password."""
    assert staff.get("/admin/").status_code == 200
    carol.set_password("seven grey herons at noon")
    carol.save()
    assert staff.get("/admin/").status_code == 302


def end_from_the_command_line(user: User) -> None:
    run("end_sessions", "--user", user.email)


def end_everyones_from_the_command_line(user: User) -> None:
    run("end_sessions", "--all")


def end_the_others_in_a_browser(user: User) -> None:
    browser = BrowserClient()
    browser.sign_in(user)
    assert browser.post("/auth/logout-others").status_code == 204


def end_in_the_administration(user: User) -> None:
    boss = User.objects.create_superuser("boss@example.com", PASSWORDS[user.email])
    client = Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
    sign_in(client, boss.email, PASSWORDS[user.email])
    act(client, "user", "end_all_sessions", user)
    assert client.get("/admin/").status_code == 200


ENDINGS = [
    end_from_the_command_line,
    end_everyones_from_the_command_line,
    end_the_others_in_a_browser,
    end_in_the_administration,
]


@pytest.mark.parametrize("end", ENDINGS)
def test_admin_session_ends_with_all_others(
    staff: Client, carol: User, end: Callable[[User], None]
) -> None:
    """Whoever ends all sessions of a person means this one too."""
    assert staff.get("/admin/").status_code == 200

    end(carol)

    assert staff.get("/admin/").status_code == 302
    assert SecurityEvent.objects.filter(kind__in=("session_ended", "others_ended")).exists()


@pytest.mark.parametrize("end", ENDINGS)
def test_admin_session_that_ended_stays_ended_when_an_old_copy_of_the_user_is_saved(
    staff: Client, carol: User, end: Callable[[User], None]
) -> None:
    """A copy that was read before writes all other columns, and not that one."""
    end(carol)

    carol.save()

    assert staff.get("/admin/").status_code == 302


def test_ending_takes_as_many_queries_beside_many_sessions_of_django(
    staff: Client, carol: User
) -> None:
    """A project may keep one for each of its visitors."""
    counts = []
    for others in (1, 199):
        for number in range(others):
            store = SessionStore()
            store["visitor"] = number
            store.create()
        with CaptureQueriesContext(connection) as asked:
            run("end_sessions", "--user", carol.email)
        counts.append((len(asked), sum("django_session" in query["sql"] for query in asked)))

    assert counts[0] == counts[1]
    assert counts[0][1] == 0
    assert staff.get("/admin/").status_code == 302


def test_admin_session_outlives_a_change_of_djangos_key(
    staff: Client, carol: User, settings: Any
) -> None:
    """It does as long as the former key is among the fallbacks, and it ends all the same."""
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new key of fifty letters, as Django wants them to be"
    assert staff.get("/admin/").status_code == 200
    settings.SECRET_KEY_FALLBACKS.append("an older key than that of the session, which is no good")
    assert staff.get("/admin/").status_code == 200

    run("end_sessions", "--user", carol.email)

    assert staff.get("/admin/").status_code == 302


def test_user_who_was_saved_with_a_new_password_can_be_kept_signed_in(carol: User) -> None:
    """Django's own view for it asks the copy that it has saved (`update_session_auth_hash`)."""
    carol.set_password("seven grey herons at noon")

    carol.save()

    stored = User.objects.get(pk=carol.pk)
    assert carol.get_session_auth_hash() == stored.get_session_auth_hash()


def test_admin_session_of_somebody_else_stays(staff: Client, alice: User) -> None:
    """Only those of the person are ended."""
    BrowserClient().sign_in(alice)
    assert run("end_sessions", "--user", alice.email) == "ended 1 sessions\n"
    assert staff.get("/admin/").status_code == 200


def test_own_sessions_ended_in_the_administration_lead_to_its_sign_in(
    superuser: Client, carol: User
) -> None:
    """The request that ended its own session is answered, and the next one is nobody's."""
    answer = act(superuser, "user", "end_all_sessions", carol)
    assert answer.status_code == 302
    assert superuser.get("/admin/").status_code == 302
    assert "Done for 1 of 1." in superuser.get("/admin/login/").content.decode()


@pytest.mark.parametrize("engine", ["signed_cookies", "cache"])
def test_admin_session_that_is_no_row_ends_too(carol: User, settings: Any, engine: str) -> None:
    """Whoever copied this package may keep Django's sessions elsewhere."""
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    client = Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
    sign_in(client, carol.email)
    assert client.get("/admin/").status_code == 200

    run("end_sessions", "--user", carol.email)

    assert client.get("/admin/").status_code == 302


def test_project_without_sessions_of_django_ends_all_others(
    alice: User, browser_client: BrowserClient, settings: Any
) -> None:
    """Whoever copied this package may have none."""
    browser_client.sign_in(alice)
    settings.INSTALLED_APPS = [app for app in INSTALLED_APPS if app != "django.contrib.sessions"]
    assert run("end_sessions", "--user", alice.email) == "ended 1 sessions\n"
    assert browser_client.get("/api/me").status_code == 401


def test_admin_session_ends_with_deactivation(staff: Client, carol: User) -> None:
    """An inactive account opens nothing."""
    carol.is_active = False
    carol.save()
    assert staff.get("/admin/").status_code == 302


def test_only_the_admin_and_the_apis_page_are_excused_from_trusted_types(staff: Client) -> None:
    """Their policy is the same in all else; the page is the demo's alone."""
    admin = staff.get("/admin/")["Content-Security-Policy"]
    assert staff.get("/api/docs")["Content-Security-Policy"] == admin
    page = staff.get("/login")["Content-Security-Policy"]
    assert page == f"{admin}; require-trusted-types-for 'script'; trusted-types 'none'"


def test_twice_sent_admin_cookie_counts_as_none(staff: Client) -> None:
    """A sibling host cannot slip in a session of its own beside the real one."""
    value = staff.cookies[COOKIE].value
    other = Client(SERVER_NAME="localhost")
    once, twice = (
        other.get("/admin/", headers={"Cookie": raw}).status_code
        for raw in (f"{COOKIE}={value}", f"{COOKIE}={value}; {COOKIE}=x")
    )
    assert (once, twice) == (200, 302)


WHOLE = """
import django
from django.conf import settings

settings.configure(
    SECRET_KEY="x" * 50,
    AUTH_USER_MODEL="gatehouse_users.User",
    INSTALLED_APPS=[
        "accounts.staff.apps.Administration", "django.contrib.auth", "django.contrib.contenttypes",
        "django.contrib.messages", "django.contrib.sessions", "accounts", "accounts.users",
        "accounts.audit", "accounts.people", "accounts.federation", "accounts.staff", "api",
    ],
)
django.setup()

from django.contrib import admin

from accounts.staff.admin import site
from accounts.staff.site import GatehouseAdmin, SignInForm
from api.models import Note

admin.site.register(Note)  # as a project's own admin.py does
assert site is admin.site
assert isinstance(site, GatehouseAdmin) and site.login_form is SignInForm
print(*sorted(model._meta.label for model in site._registry))
"""


def test_administration_of_a_whole_project_has_our_sign_in() -> None:
    """With the project's own models and Django's groups beside ours, on the usual `admin.site`."""
    done = subprocess.run(
        [sys.executable, "-c", WHOLE], cwd=ROOT, env={}, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [
        *("api.Note", "auth.Group", "gatehouse.Session", "gatehouse_audit.SecurityEvent"),
        *("gatehouse_federation.Identity", "gatehouse_users.User"),
    ]
