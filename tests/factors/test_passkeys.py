"""Passkeys: enrol, sign in, and everything about an answer that must be refused."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from soft_fido2 import KeyPair

from accounts import sessions
from accounts.audit.models import SecurityEvent
from accounts.credentials import challenges
from accounts.evidence import Evidence
from accounts.factors.models import Passkey
from accounts.factors.passkeys import evidence
from accounts.models import FailureCount, Session
from accounts.tests.forge import contents
from accounts.tests.meeting import just_before
from accounts.tokens.keys import b64, unb64
from accounts.users.models import User
from tests.clients import BrowserClient
from tests.factors import steps
from tests.factors.authenticator import ELIGIBLE, PRESENT, SYNCED, VERIFIED, Authenticator

ACCESS = "__Host-Http-access_token"


def test_passkey_alone_signs_in(alice: User) -> None:
    """The device has asked for a finger or a PIN: two factors that no false page can ask for."""
    _, authenticator = steps.owner(alice)
    page = BrowserClient()

    response = steps.sign_in(page, authenticator, remember=True)

    assert response.status_code == 200
    assert response.json()["user"]["email"] == alice.email
    session = Session.objects.get(id=response.json()["session"]["id"])
    assert (session.method, session.acr, session.idle_seconds) == ("passkey", "3", 7 * 86400)
    claims = contents(page.cookies[ACCESS].value)[1]
    assert (claims["acr"], claims["amr"]) == ("3", ["mfa", "swk", "user"])
    assert steps.row(authenticator).last_used_at is not None


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_passkey_of_another_algorithm_signs_in(
    browser_client: BrowserClient, alice: User, kind: str
) -> None:
    """EdDSA and RS256: some authenticators know one of them alone."""
    browser_client.sign_in(alice)
    authenticator = steps.add_passkey(
        browser_client, keyPair=getattr(KeyPair, f"generate_{kind}")()
    )

    assert steps.sign_in(BrowserClient(), authenticator).status_code == 200


def test_device_bound_passkey_says_so(alice: User) -> None:
    """RFC 8176: `hwk` is a key that cannot leave its hardware."""
    client = BrowserClient()
    client.sign_in(alice)
    authenticator = steps.add_passkey(client, flags=PRESENT | VERIFIED)
    page = BrowserClient()

    assert steps.sign_in(page, authenticator).status_code == 200

    assert contents(page.cookies[ACCESS].value)[1]["amr"] == ["hwk", "mfa", "user"]
    assert client.get("/auth/factors").json()["passkeys"][0]["synced"] is False


def test_options_are_the_same_for_everybody(alice: User) -> None:
    """Nobody learns from them whether there is an account: they name no credential."""
    steps.owner(alice)

    asked = steps.options(BrowserClient())["publicKey"]

    assert len(unb64(asked.pop("challenge"))) == 56
    assert asked == {
        "allowCredentials": [],
        "rpId": "localhost",
        "timeout": 300_000,
        "userVerification": "required",
    }


def test_options_for_a_new_passkey_ask_for_one_that_can_sign_in_alone(alice: User) -> None:
    """Discoverable, with user verification, and without attestation."""
    client, authenticator = steps.owner(alice)

    asked = client.post("/auth/passkeys/options").json()["publicKey"]

    assert asked["rp"] == {"id": "localhost", "name": "Gatehouse"}
    assert asked["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert (asked["attestation"], asked["user"]["displayName"]) == ("none", "Alice")
    assert [row["id"] for row in asked["excludeCredentials"]] == [b64(authenticator.id)]
    assert alice.email.encode() not in unb64(asked["user"]["id"])


def test_two_passkeys_each_sign_in(alice: User) -> None:
    """Losing one of two devices keeps nobody out."""
    client, first = steps.owner(alice)
    second = steps.add_passkey(client)

    assert steps.sign_in(BrowserClient(), first).status_code == 200
    assert steps.sign_in(BrowserClient(), second).status_code == 200
    assert len(client.get("/auth/factors").json()["passkeys"]) == 2


Change = Callable[[Authenticator], Any]
WRONG: dict[str, Change] = {
    "another origin": lambda a: setattr(a, "origin", "https://evil.example"),
    "another port": lambda a: setattr(a, "origin", "http://localhost:8001"),
    "a subdomain": lambda a: setattr(a, "origin", "http://evil.localhost"),
    "another scheme": lambda a: setattr(a, "origin", "https://localhost"),
    "another rp id": lambda a: setattr(a, "rp_id", "evil.example"),
    "a page of another origin around it": lambda a: setattr(a, "cross_origin", True),
    "no user verification": lambda a: setattr(a, "flags", PRESENT | SYNCED),
    "nobody present": lambda a: setattr(a, "flags", VERIFIED | SYNCED),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_answer_from_a_false_place_signs_nobody_in(alice: User, change: Change) -> None:
    """WebAuthn Level 3 section 7.2: origin and rp id to the letter, and a person who is verified."""
    _, authenticator = steps.owner(alice)
    change(authenticator)
    page = BrowserClient()

    assert steps.code(steps.sign_in(page, authenticator)) == (401, "invalid_credentials")
    assert not steps.is_in(page)


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_answer_from_a_false_place_adds_no_passkey(
    browser_client: BrowserClient, alice: User, change: Change
) -> None:
    """Section 7.1, by the same rules."""
    browser_client.sign_in(alice)
    authenticator = Authenticator()
    change(authenticator)

    response = steps.enrol(browser_client, authenticator)

    assert steps.code(response) == (400, "validation_failed")
    assert set(response.json()["errors"]) == {"credential"}
    assert not Passkey.objects.exists()


ODD: dict[str, Change] = {
    "another key": lambda a: a.lose_key(),
    "an unknown id": lambda a: setattr(a, "id", b"x" * 32),
    "somebody else's handle": lambda a: setattr(a, "handle", b"bob"),
    "may be backed up no more": lambda a: setattr(a, "flags", PRESENT | VERIFIED),
}


@pytest.mark.parametrize("change", ODD.values(), ids=ODD)
def test_answer_of_another_authenticator_signs_nobody_in(alice: User, change: Change) -> None:
    """Section 7.2: signature, credential, user handle and what never changes about it.

    A passkey that nobody has is called so: its browser may forget it (section 5.1.10).
    """
    _, authenticator = steps.owner(alice)
    change(authenticator)

    response = steps.sign_in(BrowserClient(), authenticator)

    assert steps.code(response) == (401, "invalid_credentials")
    unknown = change is ODD["an unknown id"]
    assert response.json().get("unknown_credential", False) is unknown


def test_answer_without_a_user_handle_signs_in(alice: User) -> None:
    """A page that named the credential gets none back (section 7.2 step 6)."""
    _, authenticator = steps.owner(alice)
    authenticator.handle = None

    assert steps.sign_in(BrowserClient(), authenticator).status_code == 200


def test_replayed_answer_signs_nobody_in(alice: User) -> None:
    """A challenge works once, whoever has overheard the answer."""
    _, authenticator = steps.owner(alice)
    page, thief = BrowserClient(), BrowserClient()
    answer = authenticator.get(steps.options(page))
    assert page.post("/auth/login/passkey", {"credential": answer}).status_code == 200
    thief.get("/auth/session")

    response = thief.post("/auth/login/passkey", {"credential": answer})

    assert steps.code(response) == (401, "invalid_credentials")


@pytest.mark.parametrize("age", [challenges.SECONDS + 1, -60])
def test_challenge_is_good_for_five_minutes(alice: User, time_machine: Any, age: int) -> None:
    """Nor does one from the future count, made before the clock stepped back."""
    _, authenticator = steps.owner(alice)
    page = BrowserClient()
    answer = authenticator.get(steps.options(page))
    time_machine.move_to(time.time() + age)

    response = page.post("/auth/login/passkey", {"credential": answer})

    assert steps.code(response) == (401, "invalid_credentials")


def test_challenge_of_our_own_alone_counts(alice: User) -> None:
    """One that nobody has asked us for is no challenge."""
    _, authenticator = steps.owner(alice)
    page = BrowserClient()
    made_up = steps.options(page)
    made_up["publicKey"]["challenge"] = b64(b"\0" * 56)

    response = page.post("/auth/login/passkey", {"credential": authenticator.get(made_up)})

    assert steps.code(response) == (401, "invalid_credentials")


def test_challenge_for_a_sign_in_adds_no_passkey(
    browser_client: BrowserClient, alice: User
) -> None:
    """Each challenge says what it is for, and in which session."""
    browser_client.sign_in(alice)
    own = browser_client.post("/auth/passkeys/options").json()
    own["publicKey"]["challenge"] = steps.options(browser_client)["publicKey"]["challenge"]

    response = browser_client.post("/auth/passkeys", {"credential": Authenticator().make(own)})

    assert steps.code(response) == (400, "validation_failed")


def test_challenge_adds_one_passkey(browser_client: BrowserClient, alice: User) -> None:
    """A second authenticator that answers the same challenge is refused."""
    browser_client.sign_in(alice)
    asked = browser_client.post("/auth/passkeys/options").json()

    first, second = (
        browser_client.post("/auth/passkeys", {"credential": Authenticator().make(asked)})
        for _ in range(2)
    )

    assert first.status_code == 201
    assert steps.code(second) == (400, "validation_failed")


def test_challenge_of_another_session_adds_no_passkey(alice: User, bob: User) -> None:
    """Nobody has somebody else add their passkey."""
    page, other = BrowserClient(), BrowserClient()
    page.sign_in(alice)
    other.sign_in(bob)
    theirs = other.post("/auth/passkeys/options").json()

    response = page.post("/auth/passkeys", {"credential": Authenticator().make(theirs)})

    assert steps.code(response) == (400, "validation_failed")


@pytest.mark.parametrize(("make", "get"), [("webauthn.get", None), (None, "webauthn.create")])
def test_answer_of_one_kind_is_none_of_the_other(
    alice: User, make: str | None, get: str | None
) -> None:
    """Section 7.1 step 7 and 7.2 step 11: the browser says which of them was asked for."""
    client, authenticator = steps.owner(alice)
    if make:
        asked = client.post("/auth/passkeys/options").json()
        other = Authenticator()
        other.kind = make
        response = client.post("/auth/passkeys", {"credential": other.make(asked)})
        assert steps.code(response) == (400, "validation_failed")
    else:
        authenticator.kind = get or ""
        answer = authenticator.get(steps.options(client))
        response = client.post("/auth/login/passkey", {"credential": answer})
        assert steps.code(response) == (401, "invalid_credentials")


def test_cloned_counter_is_refused_and_told(browser_client: BrowserClient, alice: User) -> None:
    """Section 6.1.1: a number that does not rise means that two devices have the key."""
    browser_client.sign_in(alice)
    authenticator = steps.add_passkey(browser_client, counter=4)
    authenticator.counter = 5
    assert steps.sign_in(BrowserClient(), authenticator).status_code == 200

    response = steps.sign_in(BrowserClient(), authenticator)

    assert steps.code(response) == (401, "invalid_credentials")
    assert SecurityEvent.objects.get(kind="passkey_cloned").user == alice
    authenticator.counter = 6
    assert steps.sign_in(BrowserClient(), authenticator).status_code == 200


def test_two_answers_with_one_counter_are_not_both_taken(alice: User) -> None:
    """One conditional UPDATE decides, here against a removal that comes in between."""
    _, authenticator = steps.owner(alice)

    with just_before(f'UPDATE "{Passkey._meta.db_table}"', Passkey.objects.all().delete):
        response = steps.sign_in(BrowserClient(), authenticator)

    assert steps.code(response) == (401, "invalid_credentials")


def test_passkey_that_is_removed_during_its_sign_in_opens_no_session(alice: User) -> None:
    """The gate looks again, under the lock of the person's row."""
    _, authenticator = steps.owner(alice)
    before = Session.objects.count()

    with just_before("SAVEPOINT", Passkey.objects.all().delete):
        response = steps.sign_in(BrowserClient(), authenticator)

    assert steps.code(response) == (401, "invalid_credentials")
    assert Session.objects.count() == before


def test_passkey_of_somebody_inactive_opens_nothing(alice: User) -> None:
    """Deactivation counts for every way to sign in."""
    _, authenticator = steps.owner(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)

    response = steps.sign_in(BrowserClient(), authenticator)

    assert steps.code(response) == (401, "invalid_credentials")


def test_known_credential_is_not_added_again(alice: User, bob: User) -> None:
    """Not even to another account (section 7.1 step 26)."""
    _, authenticator = steps.owner(alice)
    other = BrowserClient()
    other.sign_in(bob)

    response = steps.enrol(other, authenticator)

    assert steps.code(response) == (400, "validation_failed")
    assert Passkey.objects.get().user == alice


def test_algorithm_that_was_not_asked_for_is_refused(
    browser_client: BrowserClient, alice: User
) -> None:
    """Section 7.1 step 20, here ES384."""
    browser_client.sign_in(alice)

    response = steps.enrol(browser_client, Authenticator(hashingAlg=hashes.SHA384()))

    assert steps.code(response) == (400, "validation_failed")


def test_answer_about_another_credential_is_refused(
    browser_client: BrowserClient, alice: User
) -> None:
    """What the browser calls it and what the authenticator has signed are one."""
    browser_client.sign_in(alice)
    asked = browser_client.post("/auth/passkeys/options").json()
    answer = Authenticator().make(asked) | {"id": b64(b"another"), "rawId": b64(b"another")}

    response = browser_client.post("/auth/passkeys", {"credential": answer})

    assert steps.code(response) == (400, "validation_failed")


def test_nobody_adds_passkeys_without_end(
    browser_client: BrowserClient, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ASVS 15.2.2: a table that one person fills is bounded."""
    monkeypatch.setattr("accounts.factors.passkeys.MOST", 1)
    browser_client.sign_in(alice)
    steps.add_passkey(browser_client)

    assert steps.code(steps.enrol(browser_client, Authenticator())) == (400, "validation_failed")


UNREADABLE: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "nothing": lambda good: {},
    "no response": lambda good: {**good, "response": None},
    "a response of text": lambda good: {**good, "response": "x"},
    "other ids": lambda good: {**good, "id": "x"},
    "ids of numbers": lambda good: {**good, "id": 1, "rawId": 1},
    "no base64": lambda good: {**good, "response": {**good["response"], "clientDataJSON": "é"}},
    "no JSON": lambda good: {
        **good,
        "response": {**good["response"], "clientDataJSON": b64(b"\xff{")},
    },
    "a list as client data": lambda good: {
        **good,
        "response": {**good["response"], "clientDataJSON": b64(b"[1]")},
    },
    "challenge of a number": lambda good: {
        **good,
        "response": {
            **good["response"],
            "clientDataJSON": b64(b'{"type":"webauthn.get","challenge":1,"origin":"x"}'),
        },
    },
    "short data": lambda good: {
        **good,
        "response": {**good["response"], "authenticatorData": b64(b"x")},
    },
    "signature of nothing": lambda good: {
        **good,
        "response": {**good["response"], "signature": ""},
    },
}


@pytest.mark.parametrize("change", UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable_answer_is_refused(
    alice: User, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    """Whatever a stranger sends is a 401, never a fault of ours."""
    _, authenticator = steps.owner(alice)
    page = BrowserClient()
    answer = change(authenticator.get(steps.options(page)))

    response = page.post("/auth/login/passkey", {"credential": answer})

    assert steps.code(response) == (401, "invalid_credentials")


@pytest.mark.parametrize("attestation", [b"", b"\xff", b"\xa0", b"\xa1\x61a\x01", b"\x9f"])
def test_unreadable_attestation_is_refused(
    browser_client: BrowserClient, alice: User, attestation: bytes
) -> None:
    """The same for a new passkey: CBOR of any kind."""
    browser_client.sign_in(alice)
    answer = Authenticator().make(browser_client.post("/auth/passkeys/options").json())
    answer["response"]["attestationObject"] = b64(attestation)

    response = browser_client.post("/auth/passkeys", {"credential": answer})

    assert steps.code(response) == (400, "validation_failed")


def test_strangers_with_false_passkeys_are_throttled(alice: User) -> None:
    """A network has a hundred failures in ten minutes. There is no address to count for."""
    _, authenticator = steps.owner(alice)
    good = authenticator.kp
    authenticator.lose_key()
    steps.sign_in(BrowserClient(), authenticator)
    assert FailureCount.objects.filter(count=1).exists()
    FailureCount.objects.filter(count=1).update(count=100)
    authenticator.kp = good

    response = steps.sign_in(BrowserClient(), authenticator)

    assert steps.code(response) == (429, "throttled")
    assert int(response["Retry-After"]) <= 600


def test_removed_passkey_ends_the_sessions_that_it_began(
    browser_client: BrowserClient, alice: User
) -> None:
    """Whoever has the lost device is out, and nobody else."""
    client, lost = steps.owner(alice)
    kept = steps.add_passkey(client)
    thief, owner = BrowserClient(), BrowserClient()
    steps.sign_in(thief, lost)
    steps.sign_in(owner, kept)

    response = owner.delete(f"/auth/passkeys/{b64(lost.id)}")

    assert response.status_code == 204
    assert not steps.is_in(thief)
    assert steps.is_in(owner)
    assert steps.is_in(client)
    assert Session.objects.get(end_reason="passkey_removed").method == "passkey"
    assert steps.code(steps.sign_in(BrowserClient(), lost)) == (401, "invalid_credentials")


def test_removed_passkey_takes_away_step_ups_and_sessions_that_it_completed(alice: User) -> None:
    """Also of a session that began with something else beside it."""
    client, lost = steps.owner(alice)
    steps.add_passkey(client)
    proven = [Evidence(how="oidc", amr=(), credential="other:1"), evidence(steps.row(lost))]
    elsewhere = sessions.start(alice, evidence=proven, client="web", remember=False).session
    other = BrowserClient()
    steps.sign_in(other, lost)
    Session.objects.filter(id=session_of(other)).update(credential="")

    assert client.delete(f"/auth/passkeys/{b64(lost.id)}").status_code == 204

    assert Session.objects.get(id=elsewhere.id).end_reason == "passkey_removed"
    assert steps.code(other.post("/auth/recovery-codes")) == (403, "reauthentication_required")


def session_of(client: BrowserClient) -> str:
    return str(client.get("/api/me").json()["session_id"])


def test_passkey_is_named_and_renamed(browser_client: BrowserClient, alice: User) -> None:
    """By its owner alone: to others it does not exist."""
    browser_client.sign_in(alice)
    authenticator = Authenticator()
    made = steps.enrol(browser_client, authenticator, name=" My phone ").json()
    assert made == {
        "id": b64(authenticator.id),
        "name": "My phone",
        "created_at": made["created_at"],
        "last_used_at": None,
        "synced": True,
    }
    path = f"/auth/passkeys/{made['id']}"

    assert browser_client.patch(path, {"name": "Old phone"}).json()["name"] == "Old phone"
    assert browser_client.patch(path, {"name": ""}).json()["name"] == "Passkey"
    assert browser_client.patch(path, {"name": "x" * 151}).status_code == 400
    assert browser_client.patch(path, {}).status_code == 400


def test_somebody_elses_passkey_does_not_exist(alice: User, bob: User) -> None:
    """404, as for one that nobody has."""
    _, authenticator = steps.owner(alice)
    other = BrowserClient()
    other.sign_in(bob)
    path = f"/auth/passkeys/{b64(authenticator.id)}"

    assert steps.code(other.patch(path, {"name": "Mine"})) == (404, "not_found")
    assert steps.code(other.delete(path)) == (404, "not_found")
    assert other.delete("/auth/passkeys/x").status_code == 404


def test_backup_state_is_kept(alice: User) -> None:
    """A passkey that reaches a second device says so at its next use."""
    client = BrowserClient()
    client.sign_in(alice)
    authenticator = steps.add_passkey(client, flags=PRESENT | VERIFIED | ELIGIBLE)
    assert client.get("/auth/factors").json()["passkeys"][0]["synced"] is False
    authenticator.flags |= SYNCED

    steps.sign_in(BrowserClient(), authenticator)

    assert client.get("/auth/factors").json()["passkeys"][0]["synced"] is True
