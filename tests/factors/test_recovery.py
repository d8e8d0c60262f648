"""Recovery codes: ten, shown once, each for one sign-in."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models.functions import Now

from accounts import signals
from accounts.audit.models import SecurityEvent
from accounts.factors import recovery
from accounts.factors.models import RecoveryCode
from accounts.models import Session
from accounts.tests.meeting import just_before
from accounts.users.models import User
from tests.clients import BrowserClient
from tests.factors import steps
from tests.people import mails


@pytest.fixture
def codes(browser_client: BrowserClient, alice: User) -> list[str]:
    """Those of Alice, who has an authenticator app and is signed in."""
    browser_client.sign_in(alice)
    steps.give_app(alice)
    found: list[str] = browser_client.post("/auth/recovery-codes").json()["codes"]
    return found


def test_ten_codes_of_120_bits_are_stored_as_digests(codes: list[str]) -> None:
    """ASVS 6.5.2: 112 random bits or more need no slow hash."""
    assert len(set(codes)) == RecoveryCode.objects.count() == 10
    assert all(len(code.replace("-", "")) == 24 for code in codes)
    assert not {row.digest for row in RecoveryCode.objects.all()} & set(codes)


@pytest.mark.django_db(transaction=True)
def test_code_completes_a_sign_in_once(
    browser_client: BrowserClient, alice: User, codes: list[str]
) -> None:
    """However it is typed. Its use is an event and a mail."""
    page = BrowserClient()
    page.sign_in(alice)

    response = page.post("/auth/login/factor", {"recovery_code": f" {codes[3].upper()} "})

    assert response.status_code == 200
    assert browser_client.get("/auth/factors").json()["recovery_codes_left"] == 9
    assert SecurityEvent.objects.filter(kind="recovery_code_used", user=alice).count() == 1
    assert any(m.subject == "A recovery code was used" for m in mails.sent())
    page.sign_in(alice)
    again = page.post("/auth/login/factor", {"recovery_code": codes[3]})
    assert steps.code(again) == (401, "invalid_credentials")


def test_two_requests_with_one_code_do_not_both_pass(alice: User, codes: list[str]) -> None:
    """One conditional UPDATE decides between them."""
    with just_before("UPDATE", lambda: recovery.use(alice, codes[0])):
        assert not recovery.use(alice, codes[0])


def test_code_that_is_used_meanwhile_starts_no_session(alice: User, codes: list[str]) -> None:
    """By another browser, after it was looked at here: it works once."""
    page = BrowserClient()
    page.sign_in(alice)
    before = Session.objects.count()

    used = just_before(
        f'UPDATE "{RecoveryCode._meta.db_table}"', lambda: recovery.use(alice, codes[0])
    )
    with used:
        late = page.post("/auth/login/factor", {"recovery_code": codes[0]})

    assert steps.code(late) == (401, "invalid_credentials")
    assert Session.objects.count() == before


def test_code_is_not_lost_where_no_session_starts(alice: User, codes: list[str]) -> None:
    """It is used up in the transaction that starts the session."""
    page = BrowserClient()
    page.sign_in(alice)

    def fail(kind: str, **told: Any) -> None:
        if kind == "signed_in":
            raise OSError("the log is full")

    signals.happened.connect(fail)
    try:
        with pytest.raises(OSError, match="full"):
            page.post("/auth/login/factor", {"recovery_code": codes[0]})
    finally:
        signals.happened.disconnect(fail)

    assert recovery.left(alice).count() == 10
    assert not SecurityEvent.objects.filter(kind="recovery_code_used").exists()


def test_new_codes_end_the_old_ones(
    browser_client: BrowserClient, alice: User, codes: list[str]
) -> None:
    """Whoever has found the old paper has nothing."""
    new = browser_client.post("/auth/recovery-codes").json()["codes"]

    assert not recovery.use(alice, codes[0])
    assert recovery.use(alice, new[0])


def test_code_of_somebody_else_is_none(bob: User, codes: list[str]) -> None:
    """Nor is one in letters that have no bytes."""
    assert not recovery.use(bob, codes[0])
    assert not recovery.is_left(bob, "\ud800")


def test_codes_go_with_the_last_factor(
    browser_client: BrowserClient, alice: User, codes: list[str]
) -> None:
    """They complete nothing any more."""
    authenticator = steps.add_passkey(browser_client)
    browser_client.delete("/auth/totp")
    assert RecoveryCode.objects.count() == 10

    browser_client.delete(f"/auth/passkeys/{steps.row(authenticator).credential_id}")

    assert not RecoveryCode.objects.exists()
    assert BrowserClient().sign_in(alice).status_code == 200


def test_nobody_has_codes_without_a_factor(browser_client: BrowserClient, alice: User) -> None:
    """A list on paper alone is no second factor."""
    browser_client.sign_in(alice)

    response = browser_client.post("/auth/recovery-codes")

    assert steps.code(response) == (403, "enrolment_required")


def test_purge_deletes_what_was_used_long_ago(alice: User, codes: list[str]) -> None:
    """What is not used stays, however old it is."""
    for code in codes[:2]:
        recovery.use(alice, code)
    old = RecoveryCode.objects.exclude(used_at=None).order_by("pk")[:1]
    RecoveryCode.objects.filter(pk__in=[row.pk for row in old]).update(
        used_at=Now() - timedelta(days=31)
    )

    call_command("purge_sessions", stdout=StringIO())

    assert RecoveryCode.objects.count() == 9
