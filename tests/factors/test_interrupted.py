"""The second step after the password: its cookie, its tries, its races, and its silence."""

import time
from collections.abc import Callable
from typing import Any

import pyotp
import pytest
from django.db import connection

from accounts.audit.models import SecurityEvent
from accounts.factors import interrupted, recovery, totp
from accounts.factors.models import Totp
from accounts.models import Session
from accounts.tests.forge import contents
from accounts.tests.meeting import just_before
from accounts.tests.presenting import challenge_of
from accounts.users.models import User
from tests.clients import PASSWORDS, BearerClient, BrowserClient
from tests.factors import steps
from tests.people import mails

COOKIE = interrupted.COOKIE
ACCESS = "__Host-Http-access_token"


@pytest.fixture
def app(alice: User) -> Any:
    """Alice's authenticator app."""
    return steps.give_app(alice)


def half_way(alice: User, **more: Any) -> BrowserClient:
    """A page in which Alice has entered her password."""
    page = BrowserClient()
    response = page.sign_in(alice, **more)
    assert steps.code(response) == (401, "second_factor_required")
    return page


def test_right_password_earns_the_second_step_alone(
    browser_client: BrowserClient, alice: User, app: Any
) -> None:
    """No session starts. The cookie is one that no script and no sibling host can set."""
    response = browser_client.sign_in(alice)

    assert steps.code(response) == (401, "second_factor_required")
    assert response.json()["methods"] == ["totp"]
    assert challenge_of(response) == 'Bearer realm="gatehouse"'
    assert set(response.cookies) == {COOKIE}
    cookie = response.cookies[COOKIE]
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "Strict")
    assert (cookie["path"], cookie["domain"], cookie["max-age"]) == ("/", "", 300)
    assert not Session.objects.exists()
    assert SecurityEvent.objects.filter(kind="second_factor_asked", user=alice).count() == 1


def test_code_completes_the_sign_in(alice: User, app: Any) -> None:
    """Two factors, of which the row and the token tell. `remember` is that of the first step."""
    page = half_way(alice, remember=True)

    response = page.post("/auth/login/factor", {"code": app.now()})

    assert response.status_code == 200
    assert response.cookies[COOKIE]["max-age"] == 0
    claims = contents(page.cookies[ACCESS].value)[1]
    assert (claims["acr"], claims["amr"]) == ("2", ["mfa", "otp", "pwd"])
    session = Session.objects.get()
    assert (session.method, session.acr, session.idle_seconds) == ("password", "2", 7 * 86400)


def test_passkey_completes_the_sign_in(alice: User) -> None:
    """The session began with it too, and ends when it is removed."""
    client, authenticator = steps.owner(alice)
    page = half_way(alice)

    answer = {"credential": authenticator.get(steps.options(page))}
    response = page.post("/auth/login/factor", answer)

    assert response.status_code == 200
    assert contents(page.cookies[ACCESS].value)[1]["acr"] == "3"
    client.delete(f"/auth/passkeys/{steps.row(authenticator).credential_id}")
    assert not steps.is_in(page)


def test_passkey_of_somebody_else_completes_nothing(alice: User, bob: User, app: Any) -> None:
    """Mallory's own passkey beside Alice's password."""
    _, authenticator = steps.owner(bob)
    page = half_way(alice)

    answer = {"credential": authenticator.get(steps.options(page))}

    assert steps.code(page.post("/auth/login/factor", answer)) == (401, "invalid_credentials")
    assert SecurityEvent.objects.filter(kind="second_factor_failed", user=alice).count() == 1


def test_right_codes_use_up_no_budget(alice: User, app: Any) -> None:
    """Eleven sign-ins in a row, where ten wrong codes are refused."""
    for code in [*recovery.renew(alice), None]:
        given = {"recovery_code": code or recovery.renew(alice)[0]}
        assert half_way(alice).post("/auth/login/factor", given).status_code == 200


def test_session_that_the_browser_had_ends_with_the_second_step(
    browser_client: BrowserClient, alice: User
) -> None:
    """ASVS 7.2.4, and not before: a half sign-in changes nothing."""
    browser_client.sign_in(alice)
    app = steps.give_app(alice)
    browser_client.sign_in(alice)
    assert steps.is_in(browser_client)

    browser_client.post("/auth/login/factor", {"code": app.now()})

    assert Session.objects.get(ended_at=None).acr == "2"
    assert Session.objects.get(end_reason="replaced").acr == "1"


def test_five_wrong_codes_end_the_password_step(alice: User, app: Any) -> None:
    """ASVS 6.5.5: a million guesses need 200,000 right passwords."""
    page = half_way(alice)
    for _ in range(interrupted.TRIES):
        wrong = page.post("/auth/login/factor", {"code": "000000"})
        assert steps.code(wrong) == (401, "invalid_credentials")

    response = page.post("/auth/login/factor", {"code": app.now()})

    assert steps.code(response) == (401, "not_authenticated")
    assert SecurityEvent.objects.filter(kind="second_factor_failed").count() == 5


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["code", "recovery_code"])
def test_wrong_codes_count_for_the_address(alice: User, app: Any, kind: str) -> None:
    """Whoever begins anew after five tries meets the budget of any sign-in."""
    for _ in range(2):
        page = half_way(alice)
        for _ in range(5):
            page.post("/auth/login/factor", {kind: "000000"})

    assert steps.code(BrowserClient().sign_in(alice)) == (429, "throttled")
    told = SecurityEvent.objects.get(kind="throttled")
    assert told.detail == {"budgets": ["sign-in e-mail and network"]}
    assert mails.to(alice.email).subject == "Many wrong codes were entered"


@pytest.mark.django_db(transaction=True)
def test_hundredth_wrong_code_in_a_row_locks_the_app(alice: User, app: Any) -> None:
    """NIST SP 800-63B-4 section 3.2.2. Its owner hears of it, and comes in by a recovery code."""
    Totp.objects.update(wrong_codes=totp.MOST_WRONG - 1)
    (recovery_code, *_) = recovery.renew(alice)
    page = half_way(alice)

    wrong = page.post("/auth/login/factor", {"code": "000000"})
    right = page.post("/auth/login/factor", {"code": app.now()})

    assert steps.code(wrong) == steps.code(right) == (401, "factor_locked")
    assert SecurityEvent.objects.get(kind="totp_locked").user == alice
    assert "wrong codes" in mails.to(alice.email).subject
    assert page.post("/auth/login/factor", {"recovery_code": recovery_code}).status_code == 200
    assert page.get("/auth/factors").json()["totp"]["locked"] is True
    new = pyotp.TOTP(page.post("/auth/totp").json()["secret"])
    assert page.post("/auth/totp/confirm", {"code": new.now()}).status_code == 204
    assert Totp.objects.get().wrong_codes == 0
    assert page.get("/auth/factors").json()["totp"]["locked"] is False


def test_right_code_forgets_the_wrong_ones(alice: User, app: Any) -> None:
    """Only those in a row count."""
    Totp.objects.update(wrong_codes=totp.MOST_WRONG - 1)

    assert half_way(alice).post("/auth/login/factor", {"code": app.now()}).status_code == 200

    assert Totp.objects.get().wrong_codes == 0


def test_parallel_guesses_do_not_pass_the_limit_together(alice: User, app: Any) -> None:
    """One conditional UPDATE counts a code before it is compared."""
    page = half_way(alice)

    def last() -> None:
        Totp.objects.update(wrong_codes=totp.MOST_WRONG)

    with just_before(f'UPDATE "{app_table()}"', last):
        response = page.post("/auth/login/factor", {"code": app.now()})

    assert steps.code(response) == (401, "factor_locked")
    assert not SecurityEvent.objects.filter(kind="totp_locked").exists()


def test_stranger_without_the_password_locks_no_app(alice: User, app: Any) -> None:
    """A code counts only after a password that was right."""
    body = {"email": alice.email, "password": "a wrong password", "code": "000000"}

    assert BearerClient().post("/auth/token", body).status_code == 401

    assert Totp.objects.get().wrong_codes == 0


@pytest.mark.parametrize(
    "spoil",
    [
        lambda page: page.cookies.pop(COOKIE),
        lambda page: page.cookies.__setitem__(COOKIE, "x" + page.cookies[COOKIE].value),
        lambda page: page.cookies.__setitem__(COOKIE, ""),
    ],
    ids=["gone", "altered", "empty"],
)
def test_code_without_its_password_step_opens_nothing(
    alice: User, app: Any, spoil: Callable[[BrowserClient], Any]
) -> None:
    """A code alone is no sign-in."""
    page = half_way(alice)
    spoil(page)

    response = page.post("/auth/login/factor", {"code": app.now()})

    assert steps.code(response) == (401, "not_authenticated")


@pytest.mark.parametrize("seconds", [interrupted.SECONDS + 1, -60])
def test_password_step_is_good_for_five_minutes(
    alice: User, app: Any, time_machine: Any, seconds: int
) -> None:
    """Nor does one from the future count, made before the clock stepped back."""
    page = half_way(alice)
    time_machine.move_to(time.time() + seconds)

    response = page.post("/auth/login/factor", {"code": app.now()})

    assert steps.code(response) == (401, "not_authenticated")


def test_password_step_works_once(alice: User, app: Any) -> None:
    """A copy of the cookie completes no second sign-in."""
    page = half_way(alice)
    copy = page.cookies[COOKIE].value
    page.post("/auth/login/factor", {"code": app.now()})
    page.cookies[COOKIE] = copy

    response = page.post("/auth/login/factor", {"code": app.at(time.time() + 30)})

    assert steps.code(response) == (401, "not_authenticated")


def test_two_tabs_in_the_second_step_start_one_session(alice: User, app: Any) -> None:
    """With a code each: the first one wins, and the other is sent back."""
    page, other = half_way(alice), BrowserClient()
    other.get("/auth/session")
    other.cookies[COOKIE] = page.cookies[COOKIE].value
    answers = []

    def first() -> None:
        answers.append(other.post("/auth/login/factor", {"code": app.at(time.time() + 30)}))

    # Between the check of this tab's code and the use of the step.
    with just_before(f'UPDATE "{app_table()}"', first):
        late = page.post("/auth/login/factor", {"code": app.now()})

    assert answers[0].status_code == 200
    assert late.status_code == 401
    assert Session.objects.count() == 1


def app_table() -> str:
    return str(Totp._meta.db_table)


def test_two_tabs_with_two_factors_start_one_session(alice: User) -> None:
    """The step itself is used once, whatever completes it."""
    client, authenticator = steps.owner(alice)
    codes = client.post("/auth/recovery-codes").json()["codes"]
    page, other = half_way(alice), BrowserClient()
    other.get("/auth/session")
    other.cookies[COOKIE] = page.cookies[COOKIE].value
    answers = []

    def first() -> None:
        answers.append(other.post("/auth/login/factor", {"recovery_code": codes[0]}))

    before = Session.objects.count()
    answer = {"credential": authenticator.get(steps.options(page))}
    with just_before('UPDATE "gatehouse_factors_passkey"', first):
        late = page.post("/auth/login/factor", answer)

    assert answers[0].status_code == 200
    assert steps.code(late) == (401, "not_authenticated")
    assert Session.objects.count() == before + 1


def changed_password(alice: User) -> None:
    alice.set_password("another password than before")
    alice.save()


def ended_sessions(alice: User) -> None:
    from accounts import sessions

    sessions.end_all_of(alice, "admin")


@pytest.mark.parametrize(
    "change",
    [changed_password, ended_sessions, lambda alice: alice.delete()],
    ids=["password", "all sessions ended", "deleted"],
)
def test_password_step_does_not_outlive_its_password(
    alice: User, app: Any, change: Callable[[User], Any]
) -> None:
    """A thief who is half way in when the owner resets the password stays out."""
    page = half_way(alice)
    change(alice)

    response = page.post("/auth/login/factor", {"code": app.now()})

    assert steps.code(response) == (401, "not_authenticated")


@pytest.mark.parametrize("body", [{}, {"code": "1", "recovery_code": "2"}, {"code": ["1"]}])
def test_one_factor_is_given(alice: User, app: Any, body: dict[str, Any]) -> None:
    """None, two, or no text: the body says what is wrong and costs no try."""
    page = half_way(alice)

    assert steps.code(page.post("/auth/login/factor", body)) == (400, "validation_failed")


def test_wrong_password_is_answered_alike_with_and_without_a_factor(
    alice: User, bob: User, app: Any
) -> None:
    """Before the password is right nobody learns of a factor: not by the answer, nor by its work."""
    found = []
    for email in (alice.email, bob.email, "nobody@example.com"):
        page = BrowserClient()
        page.get("/auth/session")
        with counted() as queries:
            response = page.sign_in(email, password="a wrong password")
        found.append((response.status_code, response.content, set(response.cookies), len(queries)))

    with_factor, without, unknown = found
    assert with_factor == without
    assert with_factor[:3] == unknown[:3]


def counted() -> Any:
    from django.test.utils import CaptureQueriesContext

    return CaptureQueriesContext(connection)


def test_other_site_completes_no_sign_in(alice: User, app: Any) -> None:
    """A forged sign-in is an attack too."""
    page = half_way(alice)

    for path in ("factor", "passkey", "passkey/options"):
        response = page.post(f"/auth/login/{path}", {}, headers={"Origin": "http://evil.example"})
        assert steps.code(response) == (403, "csrf_failed")


def test_password_stays_out_of_the_cookie(alice: User, app: Any) -> None:
    """Neither it nor its hash: the browser's owner can read what is signed."""
    import base64

    text = half_way(alice).cookies[COOKIE].value.split(":")[0]
    shown = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()

    assert PASSWORDS[alice.email] not in shown
    assert alice.password not in shown
    assert alice.email not in shown
