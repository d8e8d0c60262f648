"""The authenticator app: codes, their steps, and where the secret is kept."""

import time
from io import StringIO
from typing import Any

import pyotp
import pytest
from django.core.management import CommandError, call_command

from accounts.factors import totp
from accounts.factors.models import Passkey, RecoveryCode, Totp
from accounts.models import Session
from accounts.tests.meeting import just_before
from accounts.users.models import User
from tests.clients import BrowserClient
from tests.factors import steps

# RFC 6238 appendix B, for SHA-1: the time, and the last six of its eight digits.
VECTORS = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(("at", "code"), VECTORS)
def test_codes_are_those_of_the_standard(
    monkeypatch: pytest.MonkeyPatch, at: int, code: str
) -> None:
    """RFC 6238 appendix B."""
    monkeypatch.setattr(totp.time, "time", lambda: at)

    assert totp.step_of(RFC_SECRET, code) == at // 30


@pytest.mark.parametrize("steps_away", [-1, 0, 1])
def test_code_of_a_clock_that_is_a_little_off_is_taken(alice: User, steps_away: int) -> None:
    """One step of drift on each side."""
    app = steps.give_app(alice)

    assert totp.use(alice, app.at(time.time() + steps_away * 30)) == totp.EVIDENCE


@pytest.mark.parametrize("steps_away", [-3, -2, 2, 3])
def test_code_of_another_time_is_refused(alice: User, steps_away: int) -> None:
    """Two steps away may be anybody's old code."""
    app = steps.give_app(alice)

    with pytest.raises(totp.WrongCodeError):
        totp.use(alice, app.at(time.time() + steps_away * 30))


def test_used_code_is_refused_and_so_is_an_older_one(alice: User) -> None:
    """RFC 6238 section 5.2: a code is accepted once."""
    app = steps.give_app(alice)
    now = time.time()
    totp.use(alice, app.at(now))

    for at in (now, now - 30):
        with pytest.raises(totp.WrongCodeError):
            totp.use(alice, app.at(at))
    assert totp.use(alice, app.at(now + 30))


def test_two_requests_with_one_code_do_not_both_pass(alice: User) -> None:
    """One conditional UPDATE decides between them."""
    app = steps.give_app(alice)
    code = app.now()

    used = just_before("UPDATE", lambda: totp.use(alice, code))
    with used, pytest.raises(totp.WrongCodeError, match="a moment ago"):
        totp.use(alice, code)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "é", "\ud800"])
def test_text_that_is_no_code_is_refused(alice: User, typed: str) -> None:
    """Whatever is typed is compared, and never a fault."""
    steps.give_app(alice)

    with pytest.raises(totp.WrongCodeError):
        totp.use(alice, typed)


def test_blanks_in_a_code_do_not_matter(alice: User) -> None:
    """Apps show it in two groups."""
    code = steps.give_app(alice).now()

    assert totp.use(alice, f" {code[:3]} {code[3:]} ")


def test_app_is_set_up_in_two_requests(browser_client: BrowserClient, alice: User) -> None:
    """A secret counts once a code has shown that an app has it."""
    browser_client.sign_in(alice)
    made = browser_client.post("/auth/totp").json()
    app = pyotp.parse_uri(made["otpauth"])
    assert (app.secret, app.issuer, app.name) == (made["secret"], "Gatehouse", alice.email)
    assert made["qr"].startswith("data:image/svg+xml;")
    assert browser_client.get("/auth/factors").json()["totp"] is None
    assert BrowserClient().sign_in(alice).status_code == 200

    response = browser_client.post("/auth/totp/confirm", {"code": app.now()})

    assert response.status_code == 204
    assert browser_client.get("/auth/factors").json()["totp"]["confirmed_at"]
    assert steps.code(BrowserClient().sign_in(alice)) == (401, "second_factor_required")


def test_code_that_confirmed_an_app_is_used(browser_client: BrowserClient, alice: User) -> None:
    """Whoever looked over the shoulder does not sign in with it."""
    browser_client.sign_in(alice)
    code = pyotp.TOTP(browser_client.post("/auth/totp").json()["secret"]).now()
    browser_client.post("/auth/totp/confirm", {"code": code})
    other = BrowserClient()
    other.sign_in(alice)

    response = other.post("/auth/login/factor", {"code": code})

    assert steps.code(response) == (401, "invalid_credentials")


def test_wrong_code_confirms_nothing(browser_client: BrowserClient, alice: User) -> None:
    """Nor does one without a secret that waits."""
    browser_client.sign_in(alice)
    response = browser_client.post("/auth/totp/confirm", {"code": "000000"})
    assert (response.status_code, set(response.json()["errors"])) == (400, {"code"})
    browser_client.post("/auth/totp")

    assert browser_client.post("/auth/totp/confirm", {"code": "abcdef"}).status_code == 400
    assert not totp.confirmed(alice)


def test_new_secret_leaves_the_app_that_works(browser_client: BrowserClient, alice: User) -> None:
    """Somebody who gives up half way keeps what they had. Afterwards the new phone counts alone."""
    browser_client.sign_in(alice)
    old = steps.give_app(alice)
    new = pyotp.TOTP(browser_client.post("/auth/totp").json()["secret"])
    assert totp.use(alice, old.at(time.time() - 30))

    assert browser_client.post("/auth/totp/confirm", {"code": new.now()}).status_code == 204

    with pytest.raises(totp.WrongCodeError):
        totp.use(alice, old.at(time.time() + 30))
    assert totp.use(alice, new.at(time.time() + 30))


def test_secret_that_was_asked_for_again_meanwhile_is_not_confirmed(alice: User) -> None:
    """The picture that is on the screen is the one that counts."""
    first = pyotp.TOTP(totp.begin(alice)["secret"])

    with just_before("UPDATE", lambda: totp.begin(alice)), pytest.raises(totp.WrongCodeError):
        totp.confirm(alice, first.now())


def test_database_holds_no_secret(browser_client: BrowserClient, alice: User) -> None:
    """Whoever has the database alone makes no code: the key is made of SECRET_KEY."""
    browser_client.sign_in(alice)
    secret = browser_client.post("/auth/totp").json()["secret"]

    assert secret not in str(list(Totp.objects.values_list()))
    assert totp.decrypt(Totp.objects.get().pending) == secret


def renew() -> str:
    out = StringIO()
    call_command("renew_totp_secrets", stdout=out)
    return out.getvalue()


def test_new_secret_key_is_taken_into_use_without_losing_an_app(alice: User, settings: Any) -> None:
    """The former key still opens them. After the command it is needed no more."""
    app = steps.give_app(alice)
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another key"
    settings.SECRET_KEY_FALLBACKS = [former]
    assert totp.use(alice, app.at(time.time() - 30))

    assert renew() == "encrypted 1 secrets anew\n"

    settings.SECRET_KEY_FALLBACKS = []
    assert totp.use(alice, app.now())


def test_secret_of_a_key_that_is_gone_opens_nothing(alice: User, settings: Any) -> None:
    """The code is refused, and the command says so."""
    app = steps.give_app(alice)
    settings.SECRET_KEY = b"another key"

    with pytest.raises(totp.WrongCodeError, match="SECRET_KEY"):
        totp.use(alice, app.now())
    with pytest.raises(CommandError, match="1 secrets"):
        renew()


def test_removed_app_is_asked_for_no_more(browser_client: BrowserClient, alice: User) -> None:
    """A second removal changes nothing."""
    browser_client.sign_in(alice)
    steps.give_app(alice)

    assert browser_client.delete("/auth/totp").status_code == 204
    assert browser_client.delete("/auth/totp").status_code == 204
    assert BrowserClient().sign_in(alice).status_code == 200
    assert not Session.objects.filter(end_reason="passkey_removed").exists()


def test_tables_name_their_rows(alice: User) -> None:
    """What the shell shows of them holds no secret."""
    steps.give_app(alice)
    row = Totp.objects.get()

    assert str(row) == f"authenticator app of {alice.pk}"
    assert str(Passkey(name="My phone")) == "My phone"
    assert str(RecoveryCode(digest="0123456789")) == "01234567"


def test_code_of_somebody_without_an_app_is_refused(alice: User) -> None:
    """Whatever it is."""
    with pytest.raises(totp.WrongCodeError, match="no app"):
        totp.use(alice, "123456")
