"""POST /auth/login: steps 1 to 4 for a browser."""

import json
import time
import unicodedata
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.db.models.functions import Now

from accounts import sessions, subjects
from accounts.audit.models import SecurityEvent
from accounts.errors import InvalidCredentials
from accounts.models import FailureCount, Session
from accounts.users.models import User
from tests.clients import BrowserClient
from tests.core.forge import contents
from tests.core.presenting import ACCESS, REFRESH
from tests.settings import QuickArgon2

PASSWORD = "alice walks the long way home"


def test_right_password_answers_as_the_session_endpoint_does(browser_client, alice):
    """The body says who and until when, and nothing else."""
    response = browser_client.sign_in(alice)

    assert response.status_code == 200
    assert response.json() == browser_client.get("/auth/session").json()
    assert response.json()["authenticated"] is True
    assert response.json()["user"] == {
        "id": subjects.of(alice).sub,
        "email": "alice@example.com",
        "name": "Alice",
        "is_staff": False,
    }


def test_tokens_carry_the_contracts_claims_and_no_more(browser_client, alice):
    """RFC 9068 section 2.2; ASVS 14.1.1: no name, no e-mail, no digest of a password."""
    browser_client.sign_in(alice)

    head, access = contents(browser_client.cookies[ACCESS].value)
    other_head, refresh = contents(browser_client.cookies[REFRESH].value)

    common = {"iss", "aud", "sub", "client_id", "iat", "exp", "jti", "sid", "gen"}
    assert set(access) == common | {"ver", "scope"}
    assert set(refresh) == common | {"key"}
    assert set(head) == set(other_head) == {"typ", "alg", "kid"}
    assert (head["typ"], other_head["typ"], head["alg"]) == ("at+jwt", "rt+jwt", "ES256")
    assert (access["aud"], refresh["aud"]) == ("gatehouse-api", "http://localhost/auth/refresh")
    assert "alice" not in json.dumps([access, refresh]).lower()


def test_random_parts_of_tokens_never_repeat(browser_client, alice):
    """ASVS 7.2.3, 11.5.1: `jti`, `sid` and `key` carry 128 random bits or more."""
    seen: list[str] = []
    for _ in range(20):
        browser_client.sign_in(alice)
        for name in (ACCESS, REFRESH):
            claims = contents(browser_client.cookies[name].value)[1]
            seen.append(claims["jti"])
        seen += [claims["sid"], claims["key"]]

    assert len(set(seen)) == len(seen)
    assert min(map(len, seen)) >= 22


def test_pair_of_tokens_stays_small(browser_client, carol):
    """ASVS 3.3.5: each cookie is below 4 KiB, the header far below 8."""
    browser_client.sign_in(carol)

    header = "; ".join(f"{name}={c.value}" for name, c in browser_client.cookies.items())
    assert len(header) < 2048


def body_of(client, **body):
    client.get("/auth/session")
    response = client.post("/auth/login", body)
    return response.status_code, response.content, bool(response.cookies)


def test_all_bad_credentials_answered_alike(browser_client, alice, bob, carol):
    """ASVS 6.3.8: unknown, wrong, inactive and without a password cannot be told apart."""
    User.objects.filter(pk=bob.pk).update(is_active=False)
    carol.set_unusable_password()
    carol.save()
    answers = {
        body_of(browser_client, email=email, password=password)
        for email, password in (
            ("nobody@example.com", PASSWORD),
            (alice.email, "wrong"),
            (alice.email, PASSWORD.upper()),
            (alice.email, f" {PASSWORD}"),
            (alice.email, f"{PASSWORD} "),
            (alice.email, PASSWORD[:-1]),
            (bob.email, "bob keeps bees on the roof"),
            (carol.email, "carol reads every log line"),
            ("not an address", PASSWORD),
        )
    }

    assert len(answers) == 1
    status, content, has_cookies = answers.pop()
    assert (status, json.loads(content)["code"]) == (401, "invalid_credentials")
    assert not has_cookies


def test_refusal_carries_a_challenge_without_an_error(browser_client, alice):
    """RFC 6750 section 3.1: no token was sent, so none is called invalid; never Basic."""
    response = browser_client.sign_in(alice, "wrong")

    assert response["WWW-Authenticate"] == 'Bearer realm="gatehouse"'


@pytest.mark.parametrize(
    "spelling",
    ["ALICE@example.com", " alice@example.com ", "Alice@EXAMPLE.com"],
)
def test_address_in_another_spelling_is_the_same(browser_client, alice, spelling):
    """Look-up, budget and uniqueness share one spelling (ASVS 15.3.5)."""
    assert browser_client.sign_in(spelling, PASSWORD).status_code == 200


def test_password_counts_as_typed(browser_client, alice):
    """ASVS 6.2.8: no trimming; outer spaces, emoji and 200 letters are part of it."""
    for password in (" outer spaces count here ", "пароль 🔑 длинный " * 3, "x" * 200):
        alice.set_password(password)
        alice.save()
        assert browser_client.sign_in(alice, password).status_code == 200
        assert browser_client.sign_in(alice, password.strip()[:-1]).status_code == 401


SPELLINGS = [
    ("Zoë kauft fünf Äpfel", "Zoe\u0308 kauft fu\u0308nf A\u0308pfel"),
    ("한국어로 된 긴 비밀번호", unicodedata.normalize("NFD", "한국어로 된 긴 비밀번호")),
    ("\u00c5ngström per second", "\u212bngstro\u0308m per second"),
]


@pytest.mark.parametrize("typed", range(2), ids=["composed", "with accents beside"])
@pytest.mark.parametrize("kept", range(2), ids=["set composed", "set with accents beside"])
@pytest.mark.parametrize("spellings", SPELLINGS)
def test_password_typed_on_another_keyboard_is_the_same(
    browser_client, api_client, alice, spellings, kept, typed
):
    """NIST SP 800-63B-4 section 3.1.1.2: composed before it is hashed, whoever sets it and how."""
    alice.set_password(spellings[kept])
    alice.save()

    assert browser_client.sign_in(alice, spellings[typed]).status_code == 200
    assert (
        browser_client.post("/auth/reauthenticate", {"password": spellings[typed]}).status_code
        == 200
    )
    assert api_client.sign_in(alice, spellings[typed]).status_code == 200


def test_hash_of_a_password_that_was_not_composed_keeps_working(browser_client, alice):
    """Imported from elsewhere: as it was typed there it opens the account, and only so."""
    composed, typed = SPELLINGS[0]
    User.objects.filter(pk=alice.pk).update(password=make_password(typed))

    assert browser_client.sign_in(alice, typed).status_code == 200
    assert browser_client.sign_in(alice, composed).status_code == 401


@pytest.mark.parametrize(("password", "hashes"), [(SPELLINGS[0][0], 1), (SPELLINGS[0][1], 2)])
def test_number_of_hashes_depends_on_what_is_typed_alone(
    browser_client, alice, bob, password, hashes, monkeypatch
):
    """Known, unknown, inactive or without a password: nobody's answer takes longer."""
    bob.is_active = False
    bob.save()
    carl = User.objects.create_user("carl@example.com")
    made = []
    for name in ("encode", "verify"):
        method = getattr(QuickArgon2, name)
        counted = lambda *given, method=method: (made.append(1), method(*given))[1]  # noqa: E731
        monkeypatch.setattr(QuickArgon2, name, counted)

    for email in (alice.email, bob.email, carl.email, "nobody@example.com"):
        made.clear()
        assert browser_client.sign_in(email, password).status_code == 401
        assert len(made) == hashes, email
    assert FailureCount.objects.get(count=4)  # each attempt counts once, however often it is tried


@pytest.mark.parametrize("size", [1025, 15_000])
def test_password_that_is_too_long_is_not_hashed(browser_client, alice, size):
    """CS-Authentication: the sender does not choose what hashing costs."""
    response = browser_client.sign_in(alice, "x" * size)

    assert (response.status_code, response.json()["code"]) == (400, "validation_failed")
    assert list(response.json()["errors"]) == ["password"]
    assert not SecurityEvent.objects.filter(kind="sign_in_failed").exists()


BODIES = [
    ({}, {"email", "password"}),
    ({"email": "alice@example.com"}, {"password"}),
    ({"password": PASSWORD}, {"email"}),
    ({"email": "", "password": ""}, {"email", "password"}),
    ({"email": None, "password": None}, {"email", "password"}),
    ({"email": ["a"], "password": {"a": 1}}, {"email", "password"}),
    ({"email": True, "password": False}, {"email", "password"}),
    ({"email": "a" * 255, "password": "x"}, {"email"}),
    ({"email": "a\0b", "password": "x\0y"}, {"email", "password"}),
    ({"email": "a", "password": "x", "remember": "perhaps"}, {"remember"}),
    ({"email": "a", "password": "x", "remember": []}, {"remember"}),
    ({"email": "a", "password": "x", "remember": None}, {"remember"}),
]


@pytest.mark.parametrize(("body", "wrong"), BODIES, ids=[str(body)[:40] for body, _ in BODIES])
def test_body_with_wrong_fields_names_them(browser_client, body, wrong):
    """Validation says which field is wrong, and does not repeat what was sent."""
    browser_client.get("/auth/session")

    response = browser_client.post("/auth/login", body)

    assert (response.status_code, response.json()["code"]) == (400, "validation_failed")
    assert set(response.json()["errors"]) == wrong


def test_further_fields_ignored(browser_client, alice):
    """ASVS 15.3.3: nothing can be assigned in bulk."""
    browser_client.get("/auth/session")
    body = {"email": alice.email, "password": PASSWORD, "is_staff": True, "sub": "x", "id": 1}

    assert browser_client.post("/auth/login", body).json()["user"]["is_staff"] is False


def test_sign_in_ends_the_session_that_came_with_it(browser_client, alice, bob):
    """ASVS 7.2.4: a fixed session cannot survive, even another person's."""
    browser_client.sign_in(alice)
    old = {name: cookie.value for name, cookie in browser_client.cookies.items()}

    browser_client.sign_in(bob)

    assert Session.objects.get(user=alice).end_reason == "replaced"
    assert Session.objects.get(user=bob).ended_at is None
    former = BrowserClient()
    former.cookies.load(old)
    assert former.get("/api/me").status_code == 401
    assert former.post("/auth/refresh").json()["code"] == "session_ended"


def test_failed_sign_in_leaves_the_session_alone(browser_client, alice):
    """A wrong password must not sign anybody out."""
    browser_client.sign_in(alice)

    assert browser_client.sign_in(alice, "wrong").status_code == 401
    assert browser_client.get("/api/me").status_code == 200


def test_forged_cookie_ends_nobodys_session(browser_client, alice, mallory):
    """Only an authentic token names a session that a sign-in ends."""
    browser_client.sign_in(alice)
    forged = browser_client.cookies[ACCESS].value[:-4] + "AAAA"
    attacker = BrowserClient()
    attacker.get("/auth/session")
    attacker.cookies[ACCESS] = attacker.cookies[REFRESH] = forged

    assert attacker.sign_in(alice).status_code == 200
    assert browser_client.get("/api/me").status_code == 200


def test_sign_in_is_recorded_and_dated(browser_client, alice):
    """ASVS 16.3.1; `last_login` moves, as Django's own signal makes it."""
    before = time.time()

    browser_client.sign_in(alice)

    alice.refresh_from_db()
    assert alice.last_login is not None
    assert alice.last_login.timestamp() >= before - 1
    event = SecurityEvent.objects.get(kind="signed_in")
    assert (event.user, event.session_id) == (alice, Session.objects.get().id)
    assert event.address == "127.0.0.1"


@pytest.mark.parametrize(("client", "other"), [("web", "cli"), ("cli", "web")])
def test_sessions_of_a_person_are_bounded_for_browsers_and_programs_apart(alice, client, other):
    """ASVS 7.1.2: beyond a hundred the one that was unused longest ends, with an event that says so.

    A program that signs in each time it runs must not sign a person out, nor the other way round.
    """
    apart = [sessions.start(alice, client=other, remember=False).session for _ in range(2)]
    first = [sessions.start(alice, client=client, remember=False).session for _ in range(2)]
    Session.objects.update(last_used_at=Now() - timedelta(hours=1))

    for _ in range(100):
        sessions.start(alice, client=client, remember=False)

    ended = Session.objects.exclude(ended_at=None)
    assert {(row.id, row.end_reason) for row in ended} == {(row.id, "too_many") for row in first}
    assert Session.objects.filter(ended_at=None, client=client).count() == 100
    assert Session.objects.filter(ended_at=None, client=other).count() == len(apart)
    told = SecurityEvent.objects.filter(kind="session_ended", user=alice)
    assert {event.session_id for event in told} == {row.id for row in first}
    assert [event.detail for event in told] == [{"reason": "too_many", "client": client}] * 2


def test_program_that_signs_in_a_hundred_times_leaves_the_browser_signed_in(
    browser_client, api_client, alice
):
    """As a job does that asks for new tokens each time instead of refreshing."""
    browser_client.sign_in(alice)
    for _ in range(101):
        assert api_client.sign_in(alice).status_code == 200

    assert browser_client.get("/api/me").status_code == 200
    assert browser_client.post("/auth/refresh").status_code == 200
    event = SecurityEvent.objects.get(kind="session_ended")
    assert (event.address, event.user) == ("127.0.0.1", alice)
    assert browser_client.get("/api/me").status_code == 200


def test_password_changed_while_it_was_checked_starts_no_session(alice: User) -> None:
    """The row is held and looked at again: an old password opens nothing after its change."""
    checked = User.objects.get(pk=alice.pk)
    alice.set_password("another long way home, by bus")
    alice.save()

    with pytest.raises(InvalidCredentials):
        sessions.start(checked, client="web", remember=False)

    assert not Session.objects.exists()
