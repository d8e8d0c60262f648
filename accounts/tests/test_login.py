"""POST /auth/login: steps 1 to 4 for a browser."""

import json
import time
import unicodedata
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.db.models.functions import Now

from .. import sessions, subjects
from ..errors import InvalidCredentials
from ..models import FailureCount, Session
from .clients import BrowserClient
from .forge import contents
from .people import PASSWORDS, QuickHasher, change_rights, make_user, shut_out
from .presenting import ACCESS, REFRESH, challenge_of

PASSWORD = PASSWORDS["alice"]


def fields(name=..., password=..., **more):
    """The body of a sign-in, under the names of this user model. What is not given is left out."""
    found = {subjects.name_field().name: name, "password": password, **more}
    return {key: value for key, value in found.items() if value is not ...}


def test_right_password_answers_as_the_session_endpoint_does(browser_client, alice):
    """The body says who and until when, and nothing else."""
    response = browser_client.sign_in(alice)

    assert response.status_code == 200
    assert response.json() == browser_client.get("/auth/session").json()
    assert response.json()["authenticated"] is True
    assert response.json()["user"]["id"] == subjects.of(alice).sub


def test_tokens_carry_the_contracts_claims_and_no_more(browser_client, alice):
    """RFC 9068 section 2.2; ASVS 14.1.1: no name, no e-mail, no digest of a password."""
    browser_client.sign_in(alice)

    head, access = contents(browser_client.cookies[ACCESS].value)
    other_head, refresh = contents(browser_client.cookies[REFRESH].value)

    common = {"iss", "aud", "sub", "client_id", "iat", "exp", "jti", "sid", "gen"}
    assert set(access) == common | {"ver", "scope", "auth_time", "amr", "acr"}
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


def test_pair_of_tokens_stays_small(browser_client, alice):
    """ASVS 3.3.5: each cookie is below 4 KiB, the header far below 8."""
    change_rights(alice)
    browser_client.sign_in(alice)

    header = "; ".join(f"{name}={c.value}" for name, c in browser_client.cookies.items())
    assert len(header) < 2048


def body_of(client, **body):
    client.get("/auth/session")
    response = client.post("/auth/login", body)
    return response.status_code, response.content, bool(response.cookies)


def test_all_bad_credentials_answered_alike(browser_client, alice, bob):
    """ASVS 6.3.8: unknown, wrong, inactive and without a password cannot be told apart."""
    shut_out(bob)
    carl = make_user("carl")
    answers = {
        body_of(browser_client, **fields(name, password))
        for name, password in (
            ("nobody@example.com", PASSWORD),
            (alice.get_username(), "wrong"),
            (alice.get_username(), PASSWORD.upper()),
            (alice.get_username(), f" {PASSWORD}"),
            (alice.get_username(), f"{PASSWORD} "),
            (alice.get_username(), PASSWORD[:-1]),
            (bob.get_username(), "bob keeps bees on the roof"),
            (carl.get_username(), "carl has no password"),
            ("not a name", PASSWORD),
        )
    }

    assert len(answers) == 1
    status, content, has_cookies = answers.pop()
    assert (status, json.loads(content)["code"]) == (401, "invalid_credentials")
    assert not has_cookies


def test_refusal_carries_a_challenge_without_an_error(browser_client, alice):
    """RFC 6750 section 3.1: no token was sent, so none is called invalid; never Basic."""
    response = browser_client.sign_in(alice, "wrong")

    assert challenge_of(response) == 'Bearer realm="gatehouse"'


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
@pytest.mark.parametrize("spellings", SPELLINGS)
def test_password_typed_on_another_keyboard_is_the_same(browser_client, alice, spellings, typed):
    """NIST SP 800-63B-4 section 3.1.1.2: composed before it is checked, however it is typed."""
    alice.set_password(spellings[0])
    alice.save()

    assert browser_client.sign_in(alice, spellings[typed]).status_code == 200
    assert (
        browser_client.post("/auth/reauthenticate", {"password": spellings[typed]}).status_code
        == 200
    )


def test_hash_of_a_password_that_was_not_composed_keeps_working(browser_client, alice):
    """Imported from elsewhere: as it was typed there it opens the account, and only so."""
    composed, typed = SPELLINGS[0]
    subjects.rows().filter(pk=alice.pk).update(password=make_password(typed))

    assert browser_client.sign_in(alice, typed).status_code == 200
    assert browser_client.sign_in(alice, composed).status_code == 401


@pytest.mark.parametrize(("password", "hashes"), [(SPELLINGS[0][0], 1), (SPELLINGS[0][1], 2)])
def test_number_of_hashes_depends_on_what_is_typed_alone(
    browser_client, alice, bob, password, hashes, monkeypatch
):
    """Known, unknown, inactive or without a password: nobody's answer takes longer."""
    shut_out(bob)
    carl = make_user("carl")
    made = []
    encode = QuickHasher.encode
    counted = lambda *given: (made.append(1), encode(*given))[1]  # noqa: E731
    monkeypatch.setattr(QuickHasher, "encode", counted)

    for name in (alice.get_username(), bob.get_username(), carl.get_username(), "nobody"):
        made.clear()
        assert browser_client.sign_in(name, password).status_code == 401
        assert len(made) == hashes, name
    assert FailureCount.objects.get(count=4)  # each attempt counts once, however often it is tried


@pytest.mark.parametrize("size", [1025, 15_000])
def test_password_that_is_too_long_is_not_hashed(browser_client, alice, size, happened):
    """CS-Authentication: the sender does not choose what hashing costs."""
    response = browser_client.sign_in(alice, "x" * size)

    assert (response.status_code, response.json()["code"]) == (400, "validation_failed")
    assert list(response.json()["errors"]) == ["password"]
    assert not happened


NAME = "the name"
BODIES = [
    ({}, {NAME, "password"}),
    ({"name": "alice"}, {"password"}),
    ({"password": PASSWORD}, {NAME}),
    ({"name": "", "password": ""}, {NAME, "password"}),
    ({"name": None, "password": None}, {NAME, "password"}),
    ({"name": ["a"], "password": {"a": 1}}, {NAME, "password"}),
    ({"name": True, "password": False}, {NAME, "password"}),
    ({"name": "a" * 301, "password": "x"}, {NAME}),
    ({"name": "a\0b", "password": "x\0y"}, {NAME, "password"}),
    ({"name": "a", "password": "x", "remember": "perhaps"}, {"remember"}),
    ({"name": "a", "password": "x", "remember": []}, {"remember"}),
    ({"name": "a", "password": "x", "remember": None}, {"remember"}),
]


@pytest.mark.parametrize(("body", "wrong"), BODIES, ids=[str(body)[:40] for body, _ in BODIES])
def test_body_with_wrong_fields_names_them(browser_client, body, wrong):
    """Validation says which field is wrong, and does not repeat what was sent."""
    browser_client.get("/auth/session")

    response = browser_client.post("/auth/login", fields(**body))

    assert (response.status_code, response.json()["code"]) == (400, "validation_failed")
    names = {subjects.name_field().name if name == NAME else name for name in wrong}
    assert set(response.json()["errors"]) == names


def test_further_fields_ignored(browser_client, alice):
    """ASVS 15.3.3: nothing can be assigned in bulk."""
    browser_client.get("/auth/session")
    body = fields(alice.get_username(), PASSWORD, is_staff=True, sub="x", id=1)

    told = browser_client.post("/auth/login", body).json()["user"]
    assert told["id"] == subjects.of(alice).sub
    assert not told.get("is_staff")


def test_sign_in_ends_the_session_that_came_with_it(browser_client, alice, bob):
    """ASVS 7.2.4: a fixed session cannot survive, even another person's."""
    browser_client.sign_in(alice)
    old = {name: cookie.value for name, cookie in browser_client.cookies.items()}

    browser_client.sign_in(bob)

    assert Session.objects.get(user=alice).end_reason == "replaced"
    assert Session.objects.get(user=bob).ended_at is None
    former = BrowserClient()
    former.cookies.load(old)
    assert former.get("/probe").status_code == 401
    assert former.post("/auth/refresh").json()["code"] == "session_ended"


def test_failed_sign_in_leaves_the_session_alone(browser_client, alice):
    """A wrong password must not sign anybody out."""
    browser_client.sign_in(alice)

    assert browser_client.sign_in(alice, "wrong").status_code == 401
    assert browser_client.get("/probe").status_code == 200


def test_forged_cookie_ends_nobodys_session(browser_client, alice, mallory):
    """Only an authentic token names a session that a sign-in ends."""
    browser_client.sign_in(alice)
    forged = browser_client.cookies[ACCESS].value[:-4] + "AAAA"
    attacker = BrowserClient()
    attacker.get("/auth/session")
    attacker.cookies[ACCESS] = attacker.cookies[REFRESH] = forged

    assert attacker.sign_in(alice).status_code == 200
    assert browser_client.get("/probe").status_code == 200


def test_sign_in_is_recorded_and_dated(browser_client, alice, happened):
    """ASVS 16.3.1; `last_login` moves, as Django's own signal makes it."""
    before = time.time()

    browser_client.sign_in(alice)

    alice.refresh_from_db()
    assert alice.last_login is not None
    assert alice.last_login.timestamp() >= before - 1
    (event,) = happened.of("signed_in")
    assert (event["user"], event["session"]) == (alice, Session.objects.get())
    assert event["request"].META["REMOTE_ADDR"] == "127.0.0.1"


@pytest.mark.parametrize(("client", "other"), [("web", "cli"), ("cli", "web")])
def test_sessions_of_a_person_are_bounded_for_browsers_and_programs_apart(
    alice, client, other, happened
):
    """ASVS 7.1.2: beyond a hundred the one that was unused longest ends, with an event that says so.

    A program that signs in each time it runs must not sign a person out, nor the other way round.
    """
    apart = [
        sessions.start(alice, evidence=sessions.BY_PASSWORD, client=other, remember=False).session
        for _ in range(2)
    ]
    first = [
        sessions.start(alice, evidence=sessions.BY_PASSWORD, client=client, remember=False).session
        for _ in range(2)
    ]
    Session.objects.update(last_used_at=Now() - timedelta(hours=1))

    for _ in range(100):
        sessions.start(alice, evidence=sessions.BY_PASSWORD, client=client, remember=False)

    ended = Session.objects.exclude(ended_at=None)
    assert {(row.id, row.end_reason) for row in ended} == {(row.id, "too_many") for row in first}
    assert Session.objects.filter(ended_at=None, client=client).count() == 100
    assert Session.objects.filter(ended_at=None, client=other).count() == len(apart)
    told = happened.of("session_ended")
    assert {event["session"].id for event in told} == {row.id for row in first}
    assert [event["user"] for event in told] == [alice] * 2
    assert [event["detail"] for event in told] == [{"reason": "too_many", "client": client}] * 2


def test_password_changed_while_it_was_checked_starts_no_session(alice: Any) -> None:
    """The row is held and looked at again: an old password opens nothing after its change."""
    checked = subjects.rows().get(pk=alice.pk)
    alice.set_password("another long way home, by bus")
    alice.save()

    with pytest.raises(InvalidCredentials):
        sessions.start(checked, evidence=sessions.BY_PASSWORD, client="web", remember=False)

    assert not Session.objects.exists()
