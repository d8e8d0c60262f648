"""Personal access tokens: what opens the API for a person's own program, and nothing else."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.http import HttpResponse

from accounts import sessions
from accounts.audit.models import SecurityEvent
from accounts.models import Session
from accounts.programs import personal_tokens
from accounts.programs.models import PersonalToken
from accounts.tests.meeting import just_before
from accounts.tests.presenting import ACCESS
from accounts.users.models import User
from tests.clients import PASSWORDS, BearerClient, BrowserClient
from tests.docs import named_blocks
from tests.factors import steps
from tests.people import mails

PATH = "/auth/personal-tokens"
NEW = {"name": "Backup", "scopes": ["notes:read"]}


class Program(BearerClient):
    """A program with a personal access token."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self.tokens = {"access_token": token}


@pytest.fixture
def browser(browser_client: BrowserClient, alice: User) -> BrowserClient:
    """Alice has just signed in."""
    browser_client.sign_in(alice)
    return browser_client


@pytest.fixture
def token(browser: BrowserClient) -> str:
    """A token of hers, which may read notes."""
    return str(browser.post(PATH, NEW).json()["token"])


def refusal(response: HttpResponse) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


@pytest.mark.django_db(transaction=True)
def test_token_is_made_shown_once_and_told_of(browser: BrowserClient, alice: User) -> None:
    """What is kept is a digest. The person gets an event and a mail that repeats no name."""
    answer = browser.post(PATH, {**NEW, "name": " Backup of Łódź ", "days": 7})

    made = answer.json()
    row = PersonalToken.objects.get()
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    assert made["token"].startswith("gatehouse_pat_")
    assert (made["name"], made["scopes"]) == ("Backup of Łódź", ["notes:read"])
    assert row.expires_at - row.created_at == pytest.approx(timedelta(days=7), abs=timedelta(0, 5))
    listed = browser.get(PATH)
    assert listed.json()["tokens"] == [{k: v for k, v in made.items() if k != "token"}]
    assert made["token"] not in listed.content.decode()
    assert row.digest not in listed.content.decode()
    event = SecurityEvent.objects.get(kind="personal_token_made", user=alice)
    assert event.detail == {"token": "Backup of Łódź", "scope": "notes:read"}
    letter = mails.to(alice.email)
    assert letter.subject == "A personal access token was made"
    assert "Łódź" not in letter.body
    assert made["token"] not in letter.body


def test_token_lives_for_90_days_unless_told_otherwise(browser: BrowserClient) -> None:
    """The page may offer as many days as the setting allows."""
    assert browser.get(PATH).json()["most_days"] == 365
    browser.post(PATH, NEW)

    row = PersonalToken.objects.get()
    assert (row.expires_at - row.created_at).days in (89, 90)


def test_form_is_what_the_documents_say(token: str) -> None:
    """A scanner tells it from a text like it by its checksum, without asking anybody."""
    ((_, text),) = (b for b in named_blocks("docs/how-to/personal-tokens.md") if "check" in b[0])
    documented: dict[str, Any] = {"__name__": "documented"}
    exec(text, documented)  # noqa: S102  (of a page of ours)
    assert personal_tokens.checksum("0" * 32) == "2wjyrI"
    assert personal_tokens.is_well_formed(token)
    assert documented["is_token"](token)
    assert not documented["is_token"](token[:-1] + ("0" if token[-1] != "0" else "1"))
    for other in (
        token[:-1],
        token + "0",
        token.upper(),
        f"{token}\n",
        token[:20] + "é" + token[21:],
    ):
        assert not personal_tokens.is_well_formed(other)
    swapped = token[:14] + token[15] + token[14] + token[16:]
    assert token[14] == token[15] or not personal_tokens.is_well_formed(swapped)


def test_token_opens_what_its_scopes_name(token: str, alice: User) -> None:
    """It says of itself what it may do, and which token it is."""
    program = Program(token)

    assert program.get("/api/notes").status_code == 200
    assert refusal(program.post("/api/notes", {"title": "x"})) == (403, "insufficient_scope")
    assert refusal(program.get("/api/audit")) == (403, "insufficient_scope")
    me = program.get("/api/me").json()
    assert (me["client_id"], me["scope"]) == ("pat", ["notes:read"])
    assert me["session_id"] == PersonalToken.objects.get().id


def test_token_that_may_write_acts_as_its_person(browser: BrowserClient, alice: User) -> None:
    """The row of the user comes with that of the token."""
    made = browser.post(PATH, {**NEW, "scopes": ["notes:read", "notes:write"]}).json()

    assert Program(made["token"]).post("/api/notes", {"title": "By a script"}).status_code == 201
    assert browser.get("/api/notes").json()["results"][0]["title"] == "By a script"


AUTH = [
    ("GET", "/auth/sessions"),
    ("GET", "/auth/events"),
    ("GET", "/auth/account"),
    ("GET", "/auth/account/export"),
    ("DELETE", "/auth/account"),
    ("POST", "/auth/logout-others"),
    ("POST", "/auth/reauthenticate"),
    ("POST", "/auth/password/change"),
    ("POST", "/auth/email/change"),
    ("GET", "/auth/factors"),
    ("POST", "/auth/totp"),
    ("POST", "/auth/passkeys/options"),
    ("POST", "/auth/recovery-codes"),
    ("GET", PATH),
    ("POST", PATH),
]


@pytest.mark.parametrize(("method", "path"), AUTH)
def test_token_opens_nothing_of_the_authentication_server(
    token: str, method: str, path: str
) -> None:
    """Whatever its scopes: sign-in, factors, passwords, devices and tokens are not its business."""
    answer = Program(token).generic(method, path)

    assert refusal(answer) == (403, "insufficient_scope")


def test_token_in_a_cookie_is_none(token: str) -> None:
    """It rides on Bearer alone."""
    client = BrowserClient()
    client.cookies[ACCESS] = token

    assert refusal(client.get("/api/notes")) == (401, "invalid_token")
    assert client.get("/auth/session").json()["authenticated"] is False


def test_token_beside_a_cookie_is_refused(token: str, browser: BrowserClient) -> None:
    """One credential a request."""
    answer = browser.get("/api/notes", headers={"Authorization": f"Bearer {token}"})

    assert refusal(answer) == (400, "two_credentials")


def test_bad_tokens_get_the_same_answer(
    token: str, browser: BrowserClient, time_machine: Any
) -> None:
    """Unknown, ended, expired, of a wrong form, and a forged JWT: the same to the byte."""
    letters = "0" * personal_tokens.RANDOM
    unknown = f"{personal_tokens.PREFIX}{letters}{personal_tokens.checksum(letters)}"
    other = browser.post(PATH, NEW).json()
    browser.delete(f"{PATH}/{other['id']}")
    answers = [
        Program(bad).get("/api/notes")
        for bad in (unknown, token[:-1] + "!", "x", "a.b.c", other["token"])
    ]
    time_machine.move_to(datetime.now(UTC) + timedelta(days=91))
    answers.append(Program(token).get("/api/notes"))

    assert {a.status_code for a in answers} == {401}
    assert len({(a.content, a["WWW-Authenticate"]) for a in answers}) == 1


def test_flood_of_bad_tokens_is_throttled(token: str) -> None:
    """They count as forged access tokens do. A good one goes on."""
    bad = Program(token[:-1] + "!")
    statuses = [bad.get("/api/notes").status_code for _ in range(301)]

    assert statuses[0] == 401
    assert statuses[-1] == 429
    assert Program(token).get("/api/notes").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_access_token_costs_no_query_and_a_personal_one_one(
    api_client: BearerClient,
    alice: User,
    token: str,
    django_assert_num_queries: Any,
    settings: Any,
) -> None:
    """Validation of an access token asks no database. This part changes nothing there."""
    settings.GATEHOUSE = {**settings.GATEHOUSE, "REVOCATION_POLL_SECONDS": 3600}
    api_client.sign_in(alice)
    program = Program(token)
    for client in (api_client, program):
        client.get("/api/me")

    with django_assert_num_queries(0):
        api_client.get("/api/me")
    with django_assert_num_queries(1):
        program.get("/api/me")


def test_use_is_noted_once_a_day(token: str, time_machine: Any) -> None:
    """The day is enough to find tokens that nobody needs."""
    Program(token).get("/api/me")
    assert PersonalToken.objects.get().last_used_on == datetime.now(UTC).date()

    tomorrow = datetime.now(UTC) + timedelta(days=1)
    time_machine.move_to(tomorrow)
    Program(token).get("/api/me")
    assert PersonalToken.objects.get().last_used_on == tomorrow.date()


def test_use_that_cannot_be_noted_is_still_answered(token: str) -> None:
    """A database that only reads is no reason to stop programs."""

    def refuse(run: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("UPDATE"):
            raise OperationalError("read-only")
        return run(sql, *rest)

    with connection.execute_wrapper(refuse):
        assert Program(token).get("/api/me").status_code == 200
    assert PersonalToken.objects.get().last_used_on is None


def test_token_ended_is_refused_at_once(browser: BrowserClient, token: str, alice: User) -> None:
    """The next request is. There is an event."""
    token_id = PersonalToken.objects.get().id

    assert browser.delete(f"{PATH}/{token_id}").status_code == 204

    assert refusal(Program(token).get("/api/me")) == (401, "invalid_token")
    event = SecurityEvent.objects.get(kind="personal_token_ended", user=alice)
    assert event.detail == {"token": "Backup"}
    assert browser.delete(f"{PATH}/{token_id}").status_code == 404


def test_token_of_somebody_else_does_not_exist(token: str, bob: User) -> None:
    """Nor is it listed."""
    client = BrowserClient()
    client.sign_in(bob)

    assert client.delete(f"{PATH}/{PersonalToken.objects.get().id}").status_code == 404
    assert client.get(PATH).json()["tokens"] == []
    assert PersonalToken.objects.exists()


def test_two_that_end_a_token_at_once_are_one_event(browser: BrowserClient, token: str) -> None:
    """The second finds it gone."""
    row = PersonalToken.objects.get()
    with just_before('DELETE FROM "gatehouse_programs_personaltoken"', row.delete):
        assert browser.delete(f"{PATH}/{row.id}").status_code == 204

    assert not SecurityEvent.objects.filter(kind="personal_token_ended").exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scopes": ["notes:read"]}, "name"),
        ({**NEW, "name": " "}, "name"),
        ({**NEW, "name": "a\nb"}, "name"),
        ({**NEW, "name": "a" * 151}, "name"),
        ({"name": "x"}, "scopes"),
        ({**NEW, "scopes": []}, "scopes"),
        ({**NEW, "scopes": "notes:read"}, "scopes"),
        ({**NEW, "scopes": ["notes:read", None]}, "scopes"),
        ({**NEW, "scopes": ["audit:read"]}, "scopes"),
        ({**NEW, "scopes": ["notes:read notes:write"]}, "scopes"),
        ({**NEW, "days": 0}, "days"),
        ({**NEW, "days": 366}, "days"),
        ({**NEW, "days": 10**30}, "days"),
    ],
)
def test_body_that_asks_for_too_much_is_refused(
    browser: BrowserClient, body: dict[str, Any], field: str
) -> None:
    """Never more than the person has, nor for longer than the setting allows."""
    answer = browser.post(PATH, body)

    assert refusal(answer) == (400, "validation_failed")
    assert list(answer.json()["errors"]) == [field]
    assert not PersonalToken.objects.exists()


def test_no_more_than_fifty(browser: BrowserClient, alice: User) -> None:
    """The fiftieth is made. After it, old ones are ended first."""
    later = datetime.now(UTC) + timedelta(days=1)
    PersonalToken.objects.bulk_create(
        PersonalToken(user=alice, digest=str(n), name="x", scope="", acr="1", expires_at=later)
        for n in range(49)
    )

    assert browser.post(PATH, NEW).status_code == 201
    assert refusal(browser.post(PATH, NEW)) == (400, "validation_failed")


def test_making_and_ending_need_a_step_up(browser: BrowserClient, token: str) -> None:
    """The list does not."""
    Session.objects.update(authenticated_at=datetime.now(UTC) - timedelta(minutes=6))
    row = PersonalToken.objects.get()

    assert refusal(browser.post(PATH, NEW)) == (403, "reauthentication_required")
    assert refusal(browser.delete(f"{PATH}/{row.id}")) == (403, "reauthentication_required")
    assert browser.get(PATH).status_code == 200


def test_step_up_that_ends_meanwhile_makes_none(browser: BrowserClient) -> None:
    """It is asked for again under the lock."""

    def wait() -> None:
        Session.objects.update(authenticated_at=datetime.now(UTC) - timedelta(minutes=6))

    with just_before('SELECT "gatehouse_subject"."user_id"', wait):
        answer = browser.post(PATH, NEW)

    assert refusal(answer) == (403, "reauthentication_required")


def test_second_factor_that_came_meanwhile_is_asked_for(
    browser: BrowserClient, alice: User
) -> None:
    """The password alone is not enough for whoever has one."""
    steps.give_app(alice)

    assert refusal(browser.post(PATH, NEW)) == (403, "reauthentication_required")


def test_only_a_browser_makes_tokens(api_client: BearerClient, alice: User) -> None:
    """A Bearer token is not looked at, though its session is recent. Nor is a page of another site."""
    api_client.sign_in(alice)
    for method, path in (("GET", PATH), ("POST", PATH), ("DELETE", f"{PATH}/x")):
        assert refusal(api_client.generic(method, path)) == (401, "not_authenticated")
    page = BrowserClient()
    page.sign_in(alice)

    answer = page.post(PATH, NEW, headers={"Origin": "https://evil.example"})

    assert refusal(answer) == (403, "csrf_failed")
    assert not PersonalToken.objects.exists()


def test_right_that_a_person_loses_is_lost_for_their_tokens(carol: User) -> None:
    """At once, and without a sign-in. It comes back with the right."""
    client = BrowserClient()
    client.sign_in(carol)
    program = Program(client.post(PATH, {**NEW, "scopes": ["audit:read"]}).json()["token"])
    assert program.get("/api/audit").status_code == 200

    carol.is_staff = False
    carol.save()

    assert refusal(program.get("/api/audit")) == (403, "insufficient_scope")


def test_token_of_a_password_alone_opens_nothing_once_a_second_factor_is_demanded(
    token: str, settings: Any
) -> None:
    """The evidence it was made with is kept in its row."""
    settings.GATEHOUSE = {**settings.GATEHOUSE, "SECOND_FACTOR": "everyone"}

    assert refusal(Program(token).get("/api/notes")) == (403, "insufficient_scope")
    PersonalToken.objects.update(acr="2")
    assert Program(token).get("/api/notes").status_code == 200


def change_password(browser: BrowserClient, alice: User) -> None:
    body = {"current_password": PASSWORDS[alice.email], "new_password": "seven grey herons at noon"}
    assert browser.post("/auth/password/change", body).status_code == 204


def sign_out(browser: BrowserClient, alice: User) -> None:
    assert browser.post("/auth/logout").status_code == 204


def set_password(browser: BrowserClient, alice: User) -> None:
    alice.set_password("seven grey herons at noon")
    alice.save()


def reset_password(browser: BrowserClient, alice: User) -> None:
    page = BrowserClient()
    page.get("/auth/session")
    page.post("/auth/password/reset", {"email": alice.email})
    link = mails.token_in(mails.to(alice.email))
    body = {"token": link, "new_password": "seven grey herons at noon"}
    assert page.post("/auth/password/reset/confirm", body).status_code == 204


def end_others(browser: BrowserClient, alice: User) -> None:
    assert browser.post("/auth/logout-others").status_code == 204


def end_by_command(browser: BrowserClient, alice: User) -> None:
    call_command("end_sessions", "--user", alice.email, stdout=StringIO())


def end_everyones(browser: BrowserClient, alice: User) -> None:
    call_command("end_sessions", "--all", stdout=StringIO())


def deactivate(browser: BrowserClient, alice: User) -> None:
    alice.is_active = False
    alice.save()


def delete(browser: BrowserClient, alice: User) -> None:
    alice.delete()


KEEPING = [change_password, sign_out]
ENDING = [
    *(set_password, reset_password, end_others, end_by_command),
    *(end_everyones, deactivate, delete),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", [*KEEPING, *ENDING])
def test_what_ends_all_sessions_ends_tokens_but_for_an_own_new_password(
    browser: BrowserClient, alice: User, token: str, act: Any
) -> None:
    """A person who has the password and changes it has no reason to stop their programs."""
    act(browser, alice)

    assert PersonalToken.objects.exists() == (act in KEEPING)
    expected = 200 if act in KEEPING else 401
    assert Program(token).get("/api/me").status_code == expected


def test_token_of_a_bulk_deactivated_person_is_refused(token: str) -> None:
    """No signal tells of it."""
    User.objects.update(is_active=False)

    assert refusal(Program(token).get("/api/me")) == (401, "invalid_token")


def test_session_that_ended_meanwhile_makes_none(browser: BrowserClient, alice: User) -> None:
    """What ends all sessions either ends the new token too or is noticed."""
    with just_before(
        'SELECT "gatehouse_subject"."user_id"', lambda: sessions.end_all_of(alice, "admin")
    ):
        answer = browser.post(PATH, NEW)

    assert refusal(answer) == (401, "invalid_token")
    assert not PersonalToken.objects.exists()


def test_setting_of_zero_turns_tokens_off(
    browser: BrowserClient, token: str, settings: Any
) -> None:
    """Those that exist too. A shorter life counts for older ones."""
    settings.GATEHOUSE = {**settings.GATEHOUSE, "PERSONAL_TOKEN_DAYS": 30}
    assert Program(token).get("/api/me").status_code == 200
    shown = browser.get(PATH).json()["tokens"][0]
    assert shown["expires_at"] < (datetime.now(UTC) + timedelta(days=31)).isoformat()

    settings.GATEHOUSE = {**settings.GATEHOUSE, "PERSONAL_TOKEN_DAYS": 0}

    assert Program(token).get("/api/me").status_code == 401
    assert browser.get(PATH).status_code == 404
    assert browser.post(PATH, NEW).status_code == 404


def test_export_has_tokens_without_what_they_are(browser: BrowserClient, token: str) -> None:
    """Names, scopes and days."""
    answer = browser.get("/auth/account/export")

    assert [row["name"] for row in answer.json()["personal_tokens"]] == ["Backup"]
    for secret in (token, PersonalToken.objects.get().digest):
        assert secret not in answer.content.decode()


def test_token_that_expired_long_ago_is_purged(token: str) -> None:
    """Until then its owner can see why a program has stopped."""
    old = datetime.now(UTC) - personal_tokens.KEPT
    for expires_at, left in ((old + timedelta(minutes=5), 1), (old - timedelta(minutes=5), 0)):
        PersonalToken.objects.update(expires_at=expires_at)
        call_command("purge_sessions", stdout=StringIO())
        assert PersonalToken.objects.count() == left


def test_token_is_called_by_its_name(token: str) -> None:
    """In the administration."""
    assert str(PersonalToken.objects.get()) == "Backup"
