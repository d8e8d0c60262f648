"""Sessions that a browser binds to a key of its device: the protocol, and whoever abuses it."""

import json
import time
from typing import Any

import pytest
from django.conf import settings as site
from django.core import signing
from django.http import HttpResponse
from django.test import override_settings

from accounts import sessions, signals
from accounts.audit import events
from accounts.audit.models import SecurityEvent
from accounts.binding import companion, dbsc, step_up, views
from accounts.credentials import challenges
from accounts.errors import DeviceProofRequired
from accounts.models import Session
from accounts.tests.forge import contents, server_key, signed
from accounts.tokens.jws import Malformed
from accounts.tokens.keys import b64
from accounts.users.models import User
from tests.binding.device import COMPANION, Device, header, is_over, jwk, new_key, offer_of
from tests.clients import AttackerClient, BearerClient, BrowserClient
from tests.factors import steps

pytestmark = pytest.mark.django_db(transaction=True)

ACCESS, REFRESH = "__Host-Http-access_token", "__Host-Http-refresh_token"
OFFERED = "Secure-Session-Registration"
REFUSED = (403, "device_proof_required")


@pytest.fixture(autouse=True)
def _room_for_events() -> None:
    """What a process remembers of anonymous events."""
    events._anonymous.clear()


@pytest.fixture
def device(alice: User) -> Device:
    """Alice's browser, which has bound the session that she has in it."""
    found = Device()
    found.sign_in_and_bind(alice)
    return found


def code(response: HttpResponse) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def session_of(client: BrowserClient) -> Session:
    return Session.objects.get(id=contents(client.cookies[ACCESS].value)[1]["sid"])


def kinds() -> list[str]:
    return list(SecurityEvent.objects.order_by("id").values_list("kind", flat=True))


def copied(client: BrowserClient) -> BrowserClient:
    """Another browser with a copy of the jar, and without the key."""
    thief = BrowserClient()
    for name, cookie in client.cookies.items():
        thief.cookies[name] = cookie.value
    return thief


def off(**more: Any) -> Any:
    return override_settings(GATEHOUSE={**site.GATEHOUSE, "BINDING": False, **more})


# Registration.


def test_sign_in_offers_to_bind(browser_client: BrowserClient, alice: User) -> None:
    """By one header, which names the session and works once."""
    response = browser_client.sign_in(alice)

    _, session_id = offer_of(response)
    assert session_id == response.json()["session"]["id"]


def test_sign_in_with_a_passkey_offers_to_bind(alice: User) -> None:
    """Each way in ends in the same function."""
    _, authenticator = steps.owner(alice)

    assert offer_of(steps.sign_in(BrowserClient(), authenticator))


def test_second_step_offers_to_bind(alice: User) -> None:
    """The password step alone offers nothing, since no session has begun."""
    app = steps.give_app(alice)
    page = BrowserClient()
    first = page.sign_in(alice)

    second = page.post("/auth/login/factor", {"code": app.now()})

    assert (first.status_code, OFFERED in first) == (401, False)
    assert offer_of(second)


def test_programs_are_offered_nothing(api_client: BearerClient, alice: User) -> None:
    """They have DPoP."""
    assert OFFERED not in api_client.sign_in(alice)


def test_bound_session_is_offered_nothing(device: Device) -> None:
    """Nor is one whose browser did not answer at its sign-in."""
    assert OFFERED not in device.post("/auth/refresh")


def test_registration_binds_and_says_which_requests_wait(alice: User) -> None:
    """Only those to the API and the sign-in: our pages are public, and each proof costs time."""
    device = Device()

    response = device.accept(device.sign_in(alice))

    session = session_of(device)
    assert response.json() == {
        "session_identifier": device.name,
        "refresh_url": "/auth/binding/refresh",
        "scope": {
            "origin": "http://localhost",
            "include_site": False,
            "scope_specification": [
                {"type": "exclude", "domain": "localhost", "path": "/"},
                {"type": "include", "domain": "localhost", "path": "/api"},
                {"type": "include", "domain": "localhost", "path": "/auth"},
            ],
        },
        "credentials": [
            {
                "type": "cookie",
                "name": COMPANION,
                "attributes": "Path=/; Secure; HttpOnly; SameSite=Strict",
            }
        ],
    }
    cookie = response.cookies[COMPANION]
    assert (cookie["max-age"], cookie["path"], cookie["samesite"]) == (300, "/", "Strict")
    assert (cookie["secure"], cookie["httponly"], cookie["domain"]) == (True, True, "")
    assert session.jkt == dbsc.Name.read(device.name).jkt
    assert kinds() == ["signed_in", "bound"]


def test_access_token_names_the_key_at_once(device: Device) -> None:
    """So that the next request is bound, and not one in five minutes."""
    claims = contents(device.cookies[ACCESS].value)[1]

    assert claims["cnf"] == {"jkt": session_of(device).jkt}
    assert device.get("/api/me").status_code == 200


def test_registration_needs_no_cookie(alice: User) -> None:
    """After an identity provider the browser withholds them: the challenge says which session.

    No token is handed out then, since a challenge is none.
    """
    device = Device()
    offered = device.sign_in(alice)
    access = device.cookies.pop(ACCESS).value
    del device.cookies[REFRESH]

    response = device.accept(offered)

    assert (response.status_code, set(response.cookies)) == (200, {COMPANION})
    assert Session.objects.get().jkt
    device.cookies[ACCESS] = access
    assert device.get("/api/me").status_code == 200, "until it ends"


def test_registration_beside_another_session_hands_out_no_token(alice: User, bob: User) -> None:
    """The cookies are Bob's, and the challenge is of Alice's session."""
    offered = BrowserClient().sign_in(alice)
    device = Device()
    device.sign_in(bob)

    response = device.accept(offered)

    assert set(response.cookies) == {COMPANION}


def test_first_proof_works_once(device: Device, alice: User) -> None:
    """Whoever has overheard it binds nothing, and gets no companion."""
    other = Device()
    offered = other.sign_in(alice)
    proof = other.first_proof(*offer_of(offered))
    assert other.register(proof).status_code == 200

    assert code(Device().register(proof)) == REFUSED
    assert kinds()[-1] == "binding_refused"


def test_second_key_is_refused(alice: User) -> None:
    """Two challenges of one session, as two requests at the same moment would have."""
    device, mallory = Device(), Device()
    offered = device.sign_in(alice)
    _, session_id = offer_of(offered)
    another = b64(challenges.make(dbsc.beginning(session_id)))
    device.accept(offered)

    response = mallory.register(mallory.first_proof(another, session_id))

    assert code(response) == REFUSED
    assert COMPANION not in response.cookies
    assert session_of(device).jkt == dbsc.Name.read(device.name).jkt


def test_ended_session_is_not_bound(alice: User) -> None:
    """Signed out before the browser has answered."""
    device = Device()
    offered = device.sign_in(alice)
    Session.objects.get()
    sessions.end(Session.objects.all(), "signed_out")

    assert code(device.accept(offered)) == REFUSED
    assert Session.objects.get().jkt == ""


def bad_first_proofs(device: Device, challenge: str, session_id: str) -> dict[str, str]:
    """What is wrong with a first proof, and the proof."""
    head, claims = header(jwk=jwk(device.key)), {"jti": challenge, "authorization": session_id}
    point = jwk(device.key)
    return {
        "nothing": "",
        "no JWT": "a.b",
        "alg none": signed(head | {"alg": "none"}, claims, device.key),
        "no alg": signed(header(alg=None, jwk=point), claims, device.key),
        "RS256": signed(head | {"alg": "RS256"}, claims, device.key),
        "typ of a token": signed(head | {"typ": "at+jwt"}, claims, device.key),
        "no typ": signed(header(typ=None, jwk=point), claims, device.key),
        "crit": signed(head | {"crit": ["exp"]}, claims, device.key),
        "no key": signed(header(), claims, device.key),
        "another's key": signed(head, claims, new_key()),
        "our own key": signed(header(), claims, server_key()),
        "a private key": signed(header(jwk=point | {"d": point["x"]}), claims, device.key),
        "padded key": signed(header(jwk=point | {"x": point["x"] + "="}), claims, device.key),
        "no point": signed(header(jwk=point | {"y": point["x"]}), claims, device.key),
        "other curve": signed(header(jwk=point | {"crv": "P-384"}), claims, device.key),
        "no challenge": signed(head, {"authorization": session_id}, device.key),
        "challenge made up": signed(head, claims | {"jti": b64(b"\0" * 56)}, device.key),
        "challenge no text": signed(head, claims | {"jti": [challenge]}, device.key),
        "challenge padded": signed(head, claims | {"jti": challenge + "="}, device.key),
        "challenge not ASCII": signed(head, claims | {"jti": "ü"}, device.key),
        "challenge half a letter": signed(head, claims | {"jti": "\ud800"}, device.key),
        "session half a letter": signed(head, claims | {"authorization": "\ud800"}, device.key),
        "no authorization": signed(head, {"jti": challenge}, device.key),
        "other session": signed(head, claims | {"authorization": "x" * 22}, device.key),
        "no claims": signed(head, "[]", device.key),
    }


NAMES_OF_BAD = list(bad_first_proofs(Device(), "", ""))


@pytest.mark.parametrize("fault", NAMES_OF_BAD)
def test_bad_first_proof_binds_nothing(alice: User, fault: str) -> None:
    """And the offer stays good for the browser that it was made to."""
    device = Device()
    offered = device.sign_in(alice)

    response = device.register(bad_first_proofs(device, *offer_of(offered))[fault])

    assert code(response) == REFUSED
    assert (session_of(device).jkt, COMPANION in response.cookies) == ("", False)
    assert device.accept(offered).status_code == 200


@pytest.mark.parametrize("age", [challenges.SECONDS + 1, -60])
def test_late_registration_is_refused(alice: User, time_machine: Any, age: int) -> None:
    """An offer is good for five minutes."""
    device = Device()
    offered = device.sign_in(alice)
    proof = device.first_proof(*offer_of(offered))
    time_machine.move_to(time.time() + age)

    assert code(device.register(proof)) == REFUSED


def test_challenge_for_a_renewal_binds_nothing(device: Device, alice: User) -> None:
    """Each challenge says what it is for."""
    session = session_of(device)
    challenge = device.challenge()
    Session.objects.update(jkt="")

    assert code(Device().register(device.first_proof(challenge, session.id))) == REFUSED


# The companion.


def test_companion_is_another_one_each_time(device: Device) -> None:
    """Both it and the challenge, or the browser would see no renewal."""
    challenges_seen = {device.challenge() for _ in range(3)}
    companions = {device.renew().cookies[COMPANION].value for _ in range(3)}

    assert (len(challenges_seen), len(companions)) == (3, 3)


def test_renewal_asks_for_a_proof_first(device: Device) -> None:
    """A 403, for a browser forgets the session at any other failure."""
    response = device.ask()

    assert code(response) == REFUSED
    assert f'id="{device.name}"' in response["Secure-Session-Challenge"]
    assert COMPANION not in response.cookies


def test_renewal_answers_as_the_registration(device: Device) -> None:
    """With a companion that counts."""
    device.forget_companion()

    response = device.renew()

    assert response.json() == device.described
    assert device.get("/api/me").status_code == 200


def test_renewal_needs_no_cookie(device: Device) -> None:
    """The key is the credential."""
    device.cookies.clear()

    assert device.renew().status_code == 200


def test_challenge_renews_once(device: Device) -> None:
    """A repeated proof is asked for again, since its answer may have been lost."""
    proof = device.proof(device.challenge())
    assert device.prove(proof).status_code == 200

    response = device.prove(proof)

    assert code(response) == REFUSED
    assert "Secure-Session-Challenge" in response
    assert COMPANION not in response.cookies
    assert session_of(device).ended_at is None


def test_previous_challenge_is_good_once(device: Device) -> None:
    """Two requests of a browser may cross: the older challenge counts while nobody has used it."""
    older, newer = device.challenge(), device.challenge()

    assert device.prove(device.proof(newer)).status_code == 200
    assert device.prove(device.proof(older)).status_code == 200
    assert code(device.prove(device.proof(older))) == REFUSED


def test_stale_challenge_gets_a_new_one(device: Device, time_machine: Any) -> None:
    """A machine that slept is not signed out."""
    proof = device.proof(device.challenge())
    time_machine.move_to(time.time() + challenges.SECONDS + 1)

    assert code(device.prove(proof)) == REFUSED
    assert device.renew().status_code == 200


def test_challenge_of_another_session_renews_nothing(device: Device, bob: User) -> None:
    """The key is right, and the challenge is Bob's."""
    other = Device()
    other.sign_in_and_bind(bob)

    response = device.prove(device.proof(other.challenge()))

    assert code(response) == REFUSED
    assert COMPANION not in response.cookies


BAD = {
    "wrong key": lambda device, challenge: device.proof(challenge, new_key()),
    "alg none": lambda device, challenge: device.proof(challenge, alg="none"),
    "no typ": lambda device, challenge: device.proof(challenge, typ=None),
    "a token": lambda device, challenge: device.cookies[ACCESS].value,
    "key in the header": lambda device, challenge: signed(
        header(jwk=jwk(key := new_key())), {"jti": challenge}, key
    ),
    "no proof": lambda device, challenge: "none",
}


@pytest.mark.parametrize("fault", BAD)
def test_wrong_proof_ends_the_session(device: Device, fault: str) -> None:
    """Somebody has what the browser calls the session by, and not its key."""
    session = session_of(device)

    response = device.prove(BAD[fault](device, device.challenge()))

    assert is_over(response)
    session.refresh_from_db()
    assert session.end_reason == "binding_lost"
    assert kinds()[-1] == "binding_lost"
    assert device.get("/api/me").status_code == 401


def test_session_ends_once_by_two_wrong_proofs(device: Device, rf: Any) -> None:
    """At the same moment: one event is enough."""
    session = session_of(device)
    for _ in range(2):
        views.end(rf.post("/auth/binding/refresh"), session, Malformed("wrong"))

    assert kinds().count("binding_lost") == 1


def test_unknown_name_is_not_found(device: Device, mallory: AttackerClient) -> None:
    """Knowing a session's id is not enough to ask for its challenges, or to end it."""
    session = session_of(device)
    for name in ("", session.id, f"{session.id}.AAAA:AAAA", device.name[:-1] + "é"):
        response = mallory.post(
            "/auth/binding/refresh",
            headers={"Sec-Secure-Session-Id": name, "Secure-Session-Response": "a.b.c"},
        )
        assert code(response) == (404, "not_found"), name

    assert session_of(device).ended_at is None


def test_guessing_names_is_limited(mallory: AttackerClient, db: None) -> None:
    """As bad tokens are: 300 a minute for a network."""
    answers = [mallory.post("/auth/binding/refresh").status_code for _ in range(301)]

    assert (answers[0], answers[-1]) == (404, 429)


def sign_out(device: Device) -> None:
    device.post("/auth/logout")


def reuse(device: Device) -> None:
    """An older copy of the refresh token comes back."""
    old = device.cookies[REFRESH].value
    Session.objects.update(generation=9, previous_generation=8)
    device.cookies[REFRESH] = old
    device.post("/auth/refresh")


def revoke(device: Device) -> None:
    sessions.end(Session.objects.all(), "admin")


def delete(device: Device) -> None:
    Session.objects.all().delete()


def rebind(device: Device) -> None:
    """As after a database that was restored."""
    Session.objects.update(jkt="x" * 43)


def expire(device: Device) -> None:
    """The deadline of idle sessions is over."""
    Session.objects.update(idle_expires_at="2020-01-01T00:00:00Z")


@pytest.mark.parametrize("ending", [sign_out, reuse, revoke, delete, rebind, expire])
def test_ended_session_ends_the_binding(device: Device, ending: Any) -> None:
    """The browser is told at its next renewal, without a proof, and forgets it."""
    ending(device)

    response = device.ask()

    assert is_over(response)
    assert set(response.json()) == {"session_identifier", "continue"}
    assert response.cookies[COMPANION]["max-age"] == 0


# Whoever has copied the jar.


def test_copied_jar_shows_nothing_without_the_companion(
    device: Device, mallory: AttackerClient
) -> None:
    """Nor does leaving out other cookies help: "no companion" is never "not bound"."""
    mallory.steal_cookies(device)
    del mallory.cookies[COMPANION]

    assert code(mallory.get("/api/me")) == REFUSED
    state = {"authenticated": False, "user": None, "session": None}
    assert mallory.get("/auth/session").json() == state
    del mallory.cookies[ACCESS]
    assert mallory.get("/auth/session").json() == state


def test_copied_jar_refreshes_nothing_without_the_companion(device: Device) -> None:
    """The owner is told, and their session goes on: nothing was rotated."""
    thief = copied(device)
    del thief.cookies[COMPANION]

    assert code(thief.post("/auth/refresh")) == REFUSED
    assert kinds()[-1] == "binding_refused"
    assert device.post("/auth/refresh").status_code == 200


def test_refresh_without_a_request_proves_nothing(device: Device) -> None:
    """A caller of the function who has only the token."""
    with pytest.raises(DeviceProofRequired):
        sessions.rotate(device.cookies[REFRESH].value, client="web")


def test_copied_jar_lasts_as_long_as_the_companion(
    device: Device, mallory: AttackerClient, time_machine: Any
) -> None:
    """As long as an access token, and then never again."""
    mallory.steal_cookies(device)
    assert mallory.get("/api/me").status_code == 200
    time_machine.move_to(time.time() + 299)
    assert mallory.get("/auth/session").json()["authenticated"]

    time_machine.move_to(time.time() + 10)

    assert mallory.get("/auth/session").json()["session"] is None


def stranger(device: Device, bob: User) -> str:
    """The companion of somebody else's session."""
    other = Device()
    other.sign_in_and_bind(bob)
    return other.cookies[COMPANION].value


FOREIGN = {
    "somebody else's": stranger,
    "another key's": lambda device, bob: _made(session_of(device).id, "x" * 43),
    "for ever": lambda device, bob: _made(
        session_of(device).id, session_of(device).jkt, exp=int(time.time()) + 10_000
    ),
    "over": lambda device, bob: _made(
        session_of(device).id, session_of(device).jkt, exp=int(time.time()) - 10
    ),
    "unsigned": lambda device, bob: device.cookies[COMPANION].value[:-3] + "AAA",
    "signed for another purpose": lambda device, bob: signing.dumps({}, salt="other"),
    "of another form": lambda device, bob: signing.dumps({"a": 1}, salt=companion.SALT),
    "empty": lambda device, bob: "",
}


def _made(sid: str, jkt: str, **more: Any) -> str:
    found = companion.Companion(sid=sid, jkt=jkt, **more)
    return signing.dumps(found.__dict__, salt=companion.SALT)


@pytest.mark.parametrize("whose", FOREIGN)
def test_other_companion_does_not_count(device: Device, bob: User, whose: str) -> None:
    """It has to be of this session, of this key, ours, and good."""
    device.cookies[COMPANION] = FOREIGN[whose](device, bob)

    assert code(device.get("/api/me")) == REFUSED
    assert code(device.post("/auth/refresh")) == REFUSED


@pytest.mark.parametrize("planted", ["{0}=x; {0}={1}", "\u2000{0}=x; {0}={1}", "{0}={1}; {0}={1}"])
def test_planted_companion_counts_as_none(device: Device, planted: str) -> None:
    """As for the token cookies: twice, or under a name that only resembles it."""
    sent = {k: v.value for k, v in device.cookies.items()}
    pair = planted.format(COMPANION, sent.pop(COMPANION))
    header_ = "; ".join([*(f"{k}={v}" for k, v in sent.items()), pair])
    raw = header_.encode().decode("latin-1")
    device.cookies.clear()

    assert code(device.get("/api/me", HTTP_COOKIE=raw)) == REFUSED


def test_bound_request_asks_no_database(device: Device, django_assert_num_queries: Any) -> None:
    """The companion is checked by its signature."""
    device.get("/api/me")
    with django_assert_num_queries(0):
        assert device.get("/api/me").status_code == 200


def test_skipped_renewal_is_logged(device: Device, log: Any) -> None:
    """The browser says why it sends a request without a companion."""
    device.forget_companion()

    device.get(
        "/api/me", headers={"Secure-Session-Skipped": 'quota_exceeded;session_identifier="x"'}
    )

    assert "quota_exceeded" in log.getvalue()


# Step-up.


def is_asked(response: HttpResponse) -> bool:
    """Whether this refusal has the device sign, rather than refuses for good."""
    return code(response) == REFUSED and step_up.COOKIE in response.cookies


def delete_account(device: Device) -> HttpResponse:
    return device.delete("/auth/account")


def change_password(device: Device) -> HttpResponse:
    body = {
        "current_password": "alice walks the long way home",
        "new_password": "alice now takes the slow train",
    }
    return device.post("/auth/password/change", body)


def add_app(device: Device) -> HttpResponse:
    return device.post("/auth/totp")


STEPS = {"delete": delete_account, "password": change_password, "app": add_app}


@pytest.mark.parametrize("step", STEPS)
def test_step_up_asks_the_device(device: Device, step: str) -> None:
    """By a refusal that takes the companion away: the browser has the device sign, and asks again."""
    first = STEPS[step](device)

    assert is_asked(first)
    assert first.cookies[step_up.COOKIE]["samesite"] == "Strict"
    assert COMPANION not in device.cookies
    device.renew()
    assert STEPS[step](device).status_code in (200, 204)


@pytest.mark.parametrize("step", STEPS)
def test_copied_jar_steps_nothing_up(device: Device, step: str) -> None:
    """At once, however fresh its companion is and whatever it keeps of the answers."""
    thief, fresh = copied(device), device.cookies[COMPANION].value
    assert is_asked(STEPS[step](thief))

    without_answer = STEPS[step](thief)
    thief.cookies[COMPANION] = fresh
    with_old_companion = STEPS[step](thief)

    assert (code(without_answer), code(with_old_companion)) == (REFUSED, REFUSED)
    assert User.objects.filter(email="alice@example.com").exists()


@pytest.mark.parametrize("step", STEPS)
def test_token_from_before_the_binding_steps_nothing_up(alice: User, step: str) -> None:
    """It names no key, and a copy of it would need no device. Its page refreshes, and is asked."""
    device = Device()
    offered = device.sign_in(alice)
    thief = copied(device)
    before = device.cookies[ACCESS].value
    assert device.accept(offered).status_code == 200

    refused = STEPS[step](thief)
    device.cookies[ACCESS] = before  # as where the registration came without cookies
    told = STEPS[step](device)

    assert code(refused) == code(told) == (401, "invalid_token")
    assert thief.get("/api/me").status_code == 200  # for as long as the token lives
    assert code(thief.post("/auth/refresh")) == REFUSED
    # So it is in the owner's page too, while the answer to its registration is on its way.
    assert thief.get("/auth/session").json()["authenticated"]
    # With the companion the page hears that it has to refresh.
    state = device.get("/auth/session").json()
    assert (state["authenticated"], state["session"]["id"]) == (False, session_of(device).id)
    assert device.post("/auth/refresh").status_code == 200
    assert is_asked(STEPS[step](device))


def test_answer_counts_for_five_minutes(device: Device, time_machine: Any) -> None:
    """As a password does: a chip signs rarely. Then the device is asked again."""
    assert is_asked(STEPS["app"](device))
    device.renew()
    assert STEPS["app"](device).status_code == 200
    assert STEPS["app"](device).status_code == 200

    time_machine.move_to(time.time() + 290)
    device.renew()
    assert STEPS["app"](device).status_code == 200, "a renewal in between keeps the answer"
    time_machine.move_to(time.time() + 20)
    device.renew()
    assert device.post("/auth/refresh").status_code == 200

    assert is_asked(STEPS["app"](device))


def test_copy_of_before_is_no_answer_later(device: Device) -> None:
    """Neither the old companion beside the new question, nor a question of the thief's own."""
    early = copied(device)
    STEPS["app"](device)
    device.renew()
    late = copied(device)
    assert STEPS["app"](late).status_code == 200, "a copy of now has the answer too"

    late.cookies[COMPANION] = early.cookies[COMPANION].value

    assert code(STEPS["app"](late)) == REFUSED
    assert is_asked(STEPS["app"](early))
    early.cookies[COMPANION] = device.cookies[COMPANION].value
    assert code(STEPS["app"](early)) == REFUSED, "it answers another question"


def test_question_of_another_session_is_none(device: Device, bob: User) -> None:
    """Bob's was answered by Bob's device."""
    other = Device()
    other.sign_in_and_bind(bob)
    STEPS["app"](other)
    device.cookies[step_up.COOKIE] = other.cookies[step_up.COOKIE].value

    assert is_asked(STEPS["app"](device))


def test_busy_device_keeps_its_session(device: Device) -> None:
    """Beyond its quota the browser signs nothing: the step-up is refused, and nobody signed out."""
    STEPS["app"](device)
    skipped = {"Secure-Session-Skipped": 'quota_exceeded;session_identifier="x"'}

    response = device.post("/auth/totp", headers=skipped)

    assert code(response) == REFUSED
    assert "Try again" in response.json()["detail"]
    assert 0 < response.cookies[COMPANION]["max-age"] <= 300
    assert device.get("/api/me").status_code == 200
    assert code(STEPS["app"](device)) == REFUSED


def test_question_revives_no_companion_that_has_ended(device: Device, time_machine: Any) -> None:
    """It gives back what was there, for as long as that was good."""
    time_machine.move_to(time.time() + 200)
    STEPS["app"](device)
    time_machine.move_to(time.time() + 110)
    device.cookies.pop(ACCESS)
    skipped = {"Secure-Session-Skipped": "quota_exceeded"}

    response = device.post("/auth/refresh", headers=skipped)

    assert code(response) == REFUSED
    assert COMPANION not in response.cookies


def test_step_up_wants_the_password_first(device: Device) -> None:
    """The dialogue comes before the device, which signs for a request that can succeed."""
    Session.objects.update(authenticated_at="2020-01-01T00:00:00Z")

    assert code(STEPS["delete"](device)) == (403, "reauthentication_required")


def test_unbound_session_steps_up_as_before(browser_client: BrowserClient, alice: User) -> None:
    """Without another request."""
    browser_client.sign_in(alice)

    assert browser_client.delete("/auth/account").status_code == 204


# Browsers without it, and servers that do not want it.


def test_browser_without_it_notices_one_header(alice: User, settings: Any) -> None:
    """Whatever it does afterwards is as it was."""

    def walk() -> list[tuple[int, set[str], set[str]]]:
        page = BrowserClient()
        seen = [page.sign_in(alice), page.get("/auth/session"), page.get("/api/me")]
        seen += [page.post("/auth/refresh"), page.post("/auth/logout")]
        return [(r.status_code, {*map(str.lower, r.headers)}, {*r.cookies}) for r in seen]

    with_it = walk()
    settings.GATEHOUSE = {**settings.GATEHOUSE, "BINDING": False}
    without = walk()

    assert with_it[0][1] - without[0][1] == {OFFERED.lower()}
    with_it[0][1].discard(OFFERED.lower())
    # A refresh that repeats the first answer offers it again: the browser may not have got that.
    with_it[3][1].discard(OFFERED.lower())
    assert with_it == without


def test_switched_off_nothing_is_bound(device: Device, alice: User) -> None:
    """Bound sessions count without a proof, and their browsers are told to forget it."""
    device.forget_companion()
    with off():
        assert device.get("/api/me").status_code == 200
        assert device.post("/auth/refresh").status_code == 200
        assert is_over(device.ask())
        assert STEPS["delete"](device).status_code == 204
        other = Device()
        assert OFFERED not in other.sign_in("bob@example.com", "x")
        challenge = b64(challenges.make(dbsc.beginning("x")))
        assert other.register(other.first_proof(challenge, "x")).status_code == 404


# What anybody sees.


def test_page_of_another_site_cannot_bind(alice: User) -> None:
    """Where an Origin is sent it is ours."""
    device = Device()
    offered = device.sign_in(alice)

    response = device.accept(offered, Origin="https://evil.example")

    assert code(response) == (403, "csrf_failed")
    assert device.accept(offered, Origin="http://localhost").status_code == 200


@pytest.mark.parametrize("path", ["/auth/binding", "/auth/binding/refresh"])
def test_body_is_refused(browser_client: BrowserClient, path: str) -> None:
    """The proof stands in a header."""
    assert code(browser_client.post(path, {"a": 1})) == (400, "invalid_request")


def test_owner_sees_which_sessions_are_bound(device: Device, alice: User) -> None:
    """In the list of devices."""
    other = BrowserClient()
    other.sign_in(alice)

    listed = {one["id"]: one["bound"] for one in other.get("/auth/sessions").json()["results"]}

    assert listed == {session_of(device).id: True, session_of(other).id: False}


def test_kinds_have_words() -> None:
    """Staff read them in the log."""
    assert {"bound", "binding_refused", "binding_lost"} <= signals.KINDS.keys()


def test_description_names_a_host_without_its_port(rf: Any, settings: Any) -> None:
    """As the browser's rules do, IPv6 among them."""
    settings.ALLOWED_HOSTS = ["*"]
    name = dbsc.Name("sid", new_key().public_key())
    for host, domain in (
        ("localhost:8443", "localhost"),
        ("[::1]:8443", "[::1]"),
        ("[::1]", "[::1]"),
    ):
        request = rf.get("/", HTTP_HOST=host)
        scope = dbsc.description(request, name)["scope"]
        assert scope["origin"] == f"http://{host}"
        assert {rule["domain"] for rule in scope["scope_specification"]} == {domain}


def test_name_fits_into_a_header() -> None:
    """And says nothing that needs quoting (RFC 9651)."""
    text = str(dbsc.Name("m8Jx4cQe0uLw6PzN1dTfKg", new_key().public_key()))

    assert text.isascii()
    assert json.dumps(text) == f'"{text}"'
    assert len(text) < 200
