"""DPoP (RFC 9449): a program's tokens are of no use without its key."""

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import sessions
from accounts.audit import events
from accounts.audit.models import SecurityEvent
from accounts.binding import dpop, freshness, keys
from accounts.binding.events import REFUSED
from accounts.conf import override
from accounts.models import FailureCount, Session
from accounts.tests.forge import contents
from accounts.tests.presenting import ACCESS
from accounts.tests.presenting import REFRESH as OF_PAGES
from accounts.tokens.jws import Malformed
from accounts.users.models import User
from api.models import Note
from tests.binding.proofs import (
    ME,
    ORIGIN,
    REFRESH,
    TOKEN,
    Program,
    hash_of,
    new_key,
    refusal,
    signed,
)
from tests.clients import PASSWORDS, AttackerClient, BearerClient, BrowserClient
from tests.factors import steps

INVALID = (401, "invalid_dpop_proof")
NO_TOKENS = (400, "invalid_dpop_proof")


@pytest.fixture(autouse=True)
def _room_for_events() -> Iterator[None]:
    """A process writes so many events of a kind for a network, and the others find room too."""
    events._anonymous.clear()
    yield
    events._anonymous.clear()


@pytest.fixture
def program(alice: User) -> Program:
    """Alice's program, signed in with its key."""
    found = Program()
    assert found.sign_in(alice).status_code == 200
    return found


@pytest.fixture
def token(program: Program) -> str:
    return str(program.tokens["access_token"])


# --- Signing in and refreshing -----------------------------------------------------------------


def test_session_is_bound_from_its_start(alice: User) -> None:
    """Row, token type and `cnf` name the thumbprint, which another library computes."""
    program = Program()

    answer = program.sign_in(alice).json()

    jkt = program.key.thumbprint()
    assert answer["token_type"] == "DPoP"
    assert contents(answer["access_token"])[1]["cnf"] == {"jkt": jkt}
    assert Session.objects.get().jkt == jkt
    assert program.call("GET", ME).json()["client_id"] == "cli"


def test_program_that_sends_no_proof_notices_nothing(api_client: BearerClient, alice: User) -> None:
    """Bearer as ever, no `cnf`, no header of DPoP, no further row."""
    answer = api_client.sign_in(alice)

    assert answer.json()["token_type"] == "Bearer"
    assert "cnf" not in contents(answer.json()["access_token"])[1]
    assert "DPoP-Nonce" not in answer.headers
    assert api_client.get(ME).status_code == 200
    assert api_client.refresh().json()["token_type"] == "Bearer"


def test_refresh_by_the_same_key_goes_on(program: Program) -> None:
    """The new tokens are bound as the old ones were."""
    first = program.tokens

    assert program.refresh().status_code == 200

    assert program.tokens["token_type"] == "DPoP"
    assert program.tokens["refresh_token"] != first["refresh_token"]
    assert program.call("GET", ME).status_code == 200


def test_copied_refresh_token_is_refused_without_the_key(program: Program) -> None:
    """Neither without a proof nor with one of another key. The session lives on for its owner."""
    body = {"refresh_token": program.tokens["refresh_token"]}
    thief = Program()
    thief.nonce = program.nonce

    assert refusal(BearerClient().post(REFRESH, body)) == NO_TOKENS
    assert refusal(thief.prove("POST", REFRESH, body)) == NO_TOKENS

    assert program.refresh().status_code == 200


def test_refused_refresh_is_never_taken_for_reuse(program: Program, settings: Any) -> None:
    """A thief with an older token cannot sign the owner out: he is not heard without the key."""
    settings.GATEHOUSE = {**settings.GATEHOUSE, "GRACE_SECONDS": 0}
    old = {"refresh_token": program.tokens["refresh_token"]}
    for _ in range(2):
        assert program.refresh().status_code == 200
        assert program.call("GET", ME).status_code == 200

    assert refusal(BearerClient().post(REFRESH, old)) == NO_TOKENS

    assert Session.objects.get().ended_at is None


def test_proof_at_the_refresh_of_a_session_that_is_not_bound_changes_nothing(
    api_client: BearerClient, alice: User
) -> None:
    """It stays Bearer, and the answer says so: a session is bound at its start or never."""
    api_client.sign_in(alice)
    program = Program()
    program.tokens = dict(api_client.tokens or {})

    assert program.refresh().json()["token_type"] == "Bearer"
    assert Session.objects.get().jkt == ""


def test_bad_proof_costs_no_password_hash_and_starts_nothing(alice: User) -> None:
    """It is refused before the credentials are looked at, right or wrong."""
    body = {"email": alice.email, "password": "wrong"}

    response = Program().send("POST", TOKEN, body, proof="nonsense")

    assert refusal(response) == NO_TOKENS
    assert "WWW-Authenticate" not in response.headers
    assert not FailureCount.objects.exists()


def test_missing_nonce_costs_no_code_of_an_app(alice: User) -> None:
    """A code works once, so the nonce is asked for before it is looked at."""
    app = steps.give_app(alice)
    program = Program()
    body = {"email": alice.email, "password": PASSWORDS[alice.email], "code": app.now()}

    assert program.prove("POST", TOKEN, body).json()["token_type"] == "DPoP"


def test_first_request_is_told_the_nonce(alice: User) -> None:
    """400 where tokens are asked for (section 8), and 401 with its challenge at the API (9)."""
    program = Program()
    body = {"email": alice.email, "password": PASSWORDS[alice.email]}

    answer = program.attempt("POST", TOKEN, body)

    assert refusal(answer) == (400, "use_dpop_nonce")
    assert answer.headers["DPoP-Nonce"]
    assert not Session.objects.exists()
    program.sign_in(alice)
    answer = program.call("GET", ME, nonce=None)
    assert refusal(answer) == (401, "use_dpop_nonce")
    assert answer.headers["DPoP-Nonce"] == program.nonce
    assert answer.headers["WWW-Authenticate"] == (
        'DPoP realm="gatehouse", error="use_dpop_nonce", algs="ES256"'
    )


def test_sign_in_of_a_browser_takes_no_notice_of_a_proof(
    browser_client: BrowserClient, alice: User
) -> None:
    """Its sessions are bound in another way, and by no header that a page could send."""
    browser_client.get("/auth/session")
    body = {"email": alice.email, "password": PASSWORDS[alice.email]}
    proof = Program().proof("POST", "/auth/login")

    assert browser_client.post("/auth/login", body, headers={"DPoP": proof}).status_code == 200
    assert Session.objects.get().jkt == ""


def test_proof_of_a_sign_in_works_once(program: Program, alice: User) -> None:
    """All processes know that it was used: it stands in the database."""
    body = {"email": alice.email, "password": PASSWORDS[alice.email]}
    proof = program.proof("POST", TOKEN)
    assert program.send("POST", TOKEN, body, proof=proof).status_code == 200
    freshness.reset()  # as in another process

    assert refusal(program.send("POST", TOKEN, body, proof=proof)) == NO_TOKENS


def test_proof_of_a_sign_in_that_failed_writes_nothing_of_its_own(
    program: Program, alice: User
) -> None:
    """A stranger's proofs fill no table: what was used is noted when a session starts."""
    before = FailureCount.objects.count()
    body = {"email": alice.email, "password": "wrong"}
    program.prove("POST", TOKEN, body)
    known = FailureCount.objects.count()

    assert program.prove("POST", TOKEN, body).status_code == 401

    assert (before, known) == (before, FailureCount.objects.count())


def test_revocation_needs_no_proof(program: Program) -> None:
    """Whoever holds the token may end it (RFC 7009)."""
    body = {"refresh_token": program.tokens["refresh_token"]}

    assert BearerClient().post("/auth/token/revoke", body).status_code == 200
    assert refusal(program.call("GET", ME)) == (401, "invalid_token")


# --- The API -----------------------------------------------------------------------------------

Change = Callable[[Program, str], dict[str, Any]]
BAD_CLAIMS: dict[str, Change] = {
    "another method": lambda program, token: {"htm": "POST"},
    "method in lower case": lambda program, token: {"htm": "get"},
    "another path": lambda program, token: {"htu": f"{ORIGIN}/api/notes"},
    "a path below": lambda program, token: {"htu": f"{ORIGIN}{ME}/"},
    "another host": lambda program, token: {"htu": f"http://evil.example{ME}"},
    "another scheme": lambda program, token: {"htu": f"https://localhost{ME}"},
    "another port": lambda program, token: {"htu": f"http://localhost:8443{ME}"},
    "the host as a password": lambda program, token: {"htu": f"http://x@localhost{ME}"},
    "no host": lambda program, token: {"htu": ME},
    "a port that is none": lambda program, token: {"htu": f"http://localhost:x{ME}"},
    "a line break in the address": lambda program, token: {"htu": f"{ORIGIN}/api\n/me"},
    "no address": lambda program, token: {"htu": None},
    "an address that is no text": lambda program, token: {"htu": [f"{ORIGIN}{ME}"]},
    "no method": lambda program, token: {"htm": None},
    "no jti": lambda program, token: {"jti": None},
    "an address of half a letter": lambda program, token: {"htu": "http://\ud800/"},
    "an empty jti": lambda program, token: {"jti": ""},
    "a jti that is no text": lambda program, token: {"jti": 7},
    "no iat": lambda program, token: {"iat": None},
    "iat of long ago": lambda program, token: {"iat": 1562262616},
    "iat in the future": lambda program, token: {"iat": 9999999999},
    "iat beyond all numbers": lambda program, token: {"iat": 10**400},
    "iat that is no number": lambda program, token: {"iat": "now"},
    "iat that is true": lambda program, token: {"iat": True},
    "no ath": lambda program, token: {"ath": None},
    "ath of another token": lambda program, token: {"ath": hash_of("another")},
    "ath with padding": lambda program, token: {"ath": hash_of(token) + "="},
}


@pytest.mark.parametrize("case", BAD_CLAIMS)
def test_proof_for_something_else_is_refused(program: Program, token: str, case: str) -> None:
    """Section 4.3: one request, one token, now."""
    answer = program.call("GET", ME, **BAD_CLAIMS[case](program, token))

    assert refusal(answer) == INVALID
    assert answer.headers["WWW-Authenticate"] == (
        'DPoP realm="gatehouse", error="invalid_dpop_proof", algs="ES256"'
    )
    assert "DPoP-Nonce" not in answer.headers


BAD_HEADERS: dict[str, dict[str, Any]] = {
    "no typ": {"typ": None},
    "typ of a JWT": {"typ": "JWT"},
    "typ of an access token": {"typ": "at+jwt"},
    "typ of DBSC": {"typ": "dbsc+jwt"},
    "no algorithm": {"alg": None},
    "alg none": {"alg": "none"},
    "another algorithm": {"alg": "ES384"},
    "a symmetric algorithm": {"alg": "HS256"},
    "no jwk": {"jwk": None},
    "jwk that is no object": {"jwk": "key"},
    "a critical extension": {"crit": ["x"], "x": 1},
}


@pytest.mark.parametrize("case", BAD_HEADERS)
def test_proof_with_another_header_is_refused(program: Program, token: str, case: str) -> None:
    """What is not understood is not passed over."""
    claims = {"jti": "x", "htm": "GET", "htu": ORIGIN + ME, "nonce": program.nonce}
    claims |= {"iat": dpop.time.time(), "ath": hash_of(token)}
    good = signed(program.key, program.header(), claims)
    bad = signed(program.key, program.header(**BAD_HEADERS[case]), claims)

    assert refusal(program.send("GET", ME, token=token, proof=bad)) == INVALID
    assert program.send("GET", ME, token=token, proof=good).status_code == 200


def test_jwk_of_a_private_key_or_another_kind_is_refused(program: Program, token: str) -> None:
    """Section 4.2: the public key alone. What is private has been told by then."""
    private = program.key.as_dict(private=True)
    odd = {**program.header()["jwk"], "x": program.header()["jwk"]["x"] + "="}
    nowhere = {**program.header()["jwk"], "y": program.header()["jwk"]["x"]}  # not on the curve
    other = {**program.header()["jwk"], "crv": "P-384"}
    for jwk in (private, {"kty": "oct", "k": "c2VjcmV0"}, other, odd, nowhere):
        head = program.header(jwk=jwk)
        claims = {"jti": "x", "htm": "GET", "htu": ORIGIN + ME, "nonce": program.nonce}
        claims |= {"iat": dpop.time.time(), "ath": hash_of(token)}

        proof = signed(program.key, head, claims)

        assert refusal(program.send("GET", ME, token=token, proof=proof)) == INVALID, jwk
        with pytest.raises(Malformed):
            keys.read_key(jwk)


def test_signature_of_another_key_than_the_header_names_is_refused(
    program: Program, token: str
) -> None:
    """The thumbprint alone is public: it stands in the token."""
    claims = {"jti": "x", "htm": "GET", "htu": ORIGIN + ME, "nonce": program.nonce}
    claims |= {"iat": dpop.time.time(), "ath": hash_of(token)}

    proof = signed(new_key(), program.header(), claims)

    assert refusal(program.send("GET", ME, token=token, proof=proof)) == INVALID


def test_copied_token_is_refused_without_the_key(program: Program, token: str) -> None:
    """With a proof of the thief's own key, with none, and with something that is none."""
    thief = Program()
    thief.nonce = program.nonce

    assert refusal(thief.prove("GET", ME, token=token)) == INVALID
    for proof in (None, "", "x", f"{program.proof('GET', ME, token)}, x"):
        assert refusal(thief.send("GET", ME, token=token, proof=proof)) == INVALID


def test_token_without_its_key_is_an_event(program: Program, token: str) -> None:
    """At the API and at the refresh: it is probably a copy. A slip of the program is none."""
    thief = Program()
    thief.nonce = program.nonce
    refresh = {"refresh_token": program.tokens["refresh_token"]}

    program.call("GET", ME, htm="POST")
    program.call("GET", ME, nonce=None)
    assert not SecurityEvent.objects.filter(kind=REFUSED).exists()
    thief.prove("GET", ME, token=token)
    thief.send("GET", ME, token=token, scheme="Bearer")
    thief.send("POST", REFRESH, refresh)

    noted = SecurityEvent.objects.filter(kind=REFUSED)
    assert {event.session_id for event in noted} == {Session.objects.get().id}
    assert len(noted) == 3


def test_two_proofs_are_none(program: Program, token: str) -> None:
    """Servers join two headers of the same name by a comma (section 4.3, rule 1)."""
    both = ", ".join(program.proof("GET", ME, token) for _ in range(2))

    assert refusal(program.send("GET", ME, token=token, proof=both)) == INVALID


def test_bound_token_as_bearer_is_refused(program: Program, token: str) -> None:
    """Section 7.2: with a proof or without. The answer is that of any bad token, to the byte."""
    proof = program.proof("GET", ME, token)
    answers = [
        program.send("GET", ME, token=token, scheme="Bearer", proof=one) for one in (None, proof)
    ]

    bad = AttackerClient().get(ME, headers={"Authorization": "Bearer x"})
    for answer in answers:
        assert refusal(answer) == (401, "invalid_token")
        assert answer.content == bad.content
        assert answer.headers["WWW-Authenticate"] == bad.headers["WWW-Authenticate"]


def test_token_that_is_not_bound_is_refused_under_dpop(
    api_client: BearerClient, alice: User
) -> None:
    """With a good proof and without one: nothing would be proven."""
    api_client.sign_in(alice)
    bare = (api_client.tokens or {})["access_token"]
    program = Program()
    program.nonce = freshness.make_nonce()

    for proof in (None, program.proof("GET", ME, bare)):
        assert refusal(program.send("GET", ME, token=bare, proof=proof)) == (401, "invalid_token")
    assert api_client.get(ME).status_code == 200
    assert program.send("GET", ME, token=bare, scheme="Bearer", proof="x").status_code == 200


def test_personal_token_is_refused_under_dpop(alice: User) -> None:
    """It is bound to no key."""
    from accounts.programs import personal_tokens

    _, text = personal_tokens.make(alice, name="x", scopes=["notes:read"], days=1, acr="1")
    program = Program()

    assert refusal(program.send("GET", ME, token=text)) == (401, "invalid_token")
    assert program.send("GET", ME, token=text, scheme="Bearer").status_code == 200


@pytest.mark.parametrize("scheme", ["DPoP", "dpop", "DPOP"])
def test_scheme_is_case_insensitive(program: Program, token: str, scheme: str) -> None:
    """RFC 9110 section 11.1."""
    proof = program.proof("GET", ME, token)

    assert program.send("GET", ME, token=token, scheme=scheme, proof=proof).status_code == 200


def test_replayed_proof_is_refused(program: Program, token: str) -> None:
    """The same request once more, by whoever saw it."""
    proof = program.proof("GET", ME, token)

    answers = [program.send("GET", ME, token=token, proof=proof) for _ in range(2)]

    assert answers[0].status_code == 200
    assert refusal(answers[1]) == INVALID


def test_flood_of_proofs_has_none_forgotten(
    program: Program, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process has room for so many of each minute. The database remembers the others."""
    monkeypatch.setattr(freshness, "MOST_REMEMBERED", 1)
    proofs = [program.proof("GET", ME, token) for _ in range(4)]
    for proof in proofs:
        assert program.send("GET", ME, token=token, proof=proof).status_code == 200

    for proof in proofs:
        assert refusal(program.send("GET", ME, token=token, proof=proof)) == INVALID


def test_proof_is_forgotten_with_its_nonce_and_takes_the_same_room_whatever_its_length(
    program: Program, time_machine: Any
) -> None:
    """What is remembered of a minute is hashes of one size. Two minutes later they are gone."""
    minute = int(dpop.time.time()) // 60 * 60
    for turn in range(1, 5):
        time_machine.move_to(minute + turn * 60 + 1)
        program.nonce = freshness.make_nonce()
        assert program.call("GET", ME, jti="x" * 1_500).status_code == 200

    assert len(freshness._used) == 2
    assert {len(mark) for marks in freshness._used.values() for mark in marks} == {32}


def test_replayed_change_is_refused_in_every_process(program: Program, token: str) -> None:
    """What changes something asks the memory that all processes share."""
    proof = program.proof("POST", "/api/notes", token)
    body = {"title": "once"}
    assert program.send("POST", "/api/notes", body, token=token, proof=proof).status_code == 201
    freshness.reset()  # as in another process

    answer = program.send("POST", "/api/notes", body, token=token, proof=proof)

    assert refusal(answer) == INVALID
    assert Note.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_request_that_reads_asks_no_database(program: Program) -> None:
    """The proof costs a signature and a look into memory."""
    assert program.call("GET", ME).status_code == 200

    with CaptureQueriesContext(connection) as queries:
        assert program.call("GET", ME).status_code == 200

    assert [query["sql"] for query in queries.captured_queries] == []


def test_nonce_is_good_for_two_minutes_at_most(program: Program, time_machine: Any) -> None:
    """An answer to a proof with the older one brings the next. One that is too old is refused."""
    minute = int(dpop.time.time()) // 60 * 60
    time_machine.move_to(minute + 61)
    program.nonce = freshness.make_nonce()
    first = program.nonce
    assert "DPoP-Nonce" not in program.call("GET", ME).headers

    time_machine.move_to(minute + 179)
    answer = program.attempt("GET", ME, token=program.tokens["access_token"])
    assert (answer.status_code, answer.headers["DPoP-Nonce"]) == (200, freshness.make_nonce())
    time_machine.move_to(minute + 180)

    assert program.nonce == first
    late = program.attempt("GET", ME, token=program.tokens["access_token"])
    assert refusal(late) == (401, "use_dpop_nonce")


def test_nonce_of_somebody_else_is_none(program: Program) -> None:
    """Whatever its letters are."""
    for nonce in ("", "x", "é", "1" * 43, secrets.token_urlsafe(32)):
        assert refusal(program.call("GET", ME, nonce=nonce)) == (401, "use_dpop_nonce")


def test_clock_that_is_minutes_off_is_no_hindrance(program: Program, token: str) -> None:
    """The nonce says when a proof was made."""
    now = int(dpop.time.time())

    assert program.call("GET", ME, iat=now - 290).status_code == 200
    assert program.call("GET", ME, iat=now + 290.5).status_code == 200
    for iat in (now - 310, now + 310):
        assert refusal(program.call("GET", ME, iat=iat)) == INVALID


def test_query_is_no_part_of_the_address(program: Program) -> None:
    """Section 4.3, rule 9: neither that of the request nor that of the proof."""
    assert program.call("GET", "/api/notes?search=x").status_code == 200
    answer = program.call("GET", "/api/notes?search=x", htu=f"{ORIGIN}/api/notes?search=y#z")
    assert answer.status_code == 200


ADDRESSES = {
    "HTTP://LOCALHOST/api/me": "http://localhost/api/me",
    "http://localhost:80/api/me": "http://localhost/api/me",
    "http://localhost:/api/me": "http://localhost/api/me",
    "https://h.example:443": "https://h.example/",
    "https://h.example?x": "https://h.example/",
    "https://h.example:80/": "https://h.example:80/",
    "http://h.example:443/": "http://h.example:443/",
    "http://[::1]:8000/a": "http://::1:8000/a",
    "http://localhost/%61pi/me?a=b#c": "http://localhost/api/me",
    "http://localhost/%C3%A9": "http://localhost/é",
    "http://localhost/a//b/": "http://localhost/a//b/",
    "http://localhost/API/me": "http://localhost/API/me",
}


@pytest.mark.parametrize("spelling", ADDRESSES)
def test_address_has_one_spelling(spelling: str) -> None:
    """RFC 3986 sections 6.2.2 and 6.2.3."""
    assert dpop.normalised(spelling) == ADDRESSES[spelling]


def test_path_with_odd_letters_is_the_same_to_both(program: Program) -> None:
    """As sent, percent-encoded. Nothing is there, but the proof is good."""
    path = "/api/notes/%C3%A9%20%2561"

    assert refusal(program.call("GET", path)) == (404, "not_found")
    assert refusal(program.call("GET", path, htu=f"{ORIGIN}/api/notes/x")) == INVALID


def test_forwarded_host_of_a_stranger_is_not_believed(program: Program, token: str) -> None:
    """A proof for another server is of no use here, whatever the request says of its host."""
    proof = program.proof("GET", ME, token, htu=f"https://evil.example{ME}")
    headers = {"Authorization": f"DPoP {token}", "DPoP": proof}
    headers |= {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}

    assert refusal(program.get(ME, headers=headers)) == INVALID


def test_address_is_the_issuers_whatever_the_request_says(alice: User, settings: Any) -> None:
    """Behind a proxy the server hears another scheme and host than the program calls."""
    issuer = "https://app.example"
    settings.GATEHOUSE = {**settings.GATEHOUSE, "ISSUER": issuer}
    program = Program()
    program.nonce = freshness.make_nonce()
    body = {"email": alice.email, "password": PASSWORDS[alice.email]}

    assert refusal(program.prove("POST", TOKEN, body)) == NO_TOKENS  # for http://localhost
    assert program.kept(program.prove("POST", TOKEN, body, htu=issuer + TOKEN)).status_code == 200
    assert refusal(program.call("GET", ME)) == INVALID
    assert program.call("GET", ME, htu="HTTPS://APP.example:443/api/me").status_code == 200


def test_bad_proofs_count_against_the_network(program: Program, token: str) -> None:
    """As forged tokens do. Who lacks a nonce alone is counted nowhere."""
    thief = Program()
    for _ in range(320):
        answer = thief.send("GET", ME, token=token, proof="x")
    assert refusal(answer) == (429, "throttled")


def test_bad_proofs_count_where_tokens_are_asked_for(program: Program) -> None:
    """At the sign-in and at the refresh."""
    body = {"refresh_token": program.tokens["refresh_token"]}
    for _ in range(160):
        answers = [program.send("POST", TOKEN, {"email": "a", "password": "b"}, proof="x")]
        answers += [program.send("POST", REFRESH, body, proof="x")]
    assert {refusal(answer) for answer in answers} == {(429, "throttled")}


def test_missing_nonces_count_against_nobody(program: Program, token: str) -> None:
    """A program that has slept is no attacker."""
    for _ in range(320):
        answer = program.attempt("GET", ME, token=token, nonce=None)
    assert refusal(answer) == (401, "use_dpop_nonce")


# --- Between the two halves --------------------------------------------------------------------


def test_programs_bound_token_in_a_cookie_is_refused(program: Program, token: str) -> None:
    """There a browser's proof is asked for, and the header DPoP is none."""
    page = BrowserClient()
    page.cookies[ACCESS] = token
    proof = program.proof("GET", ME, token)

    for headers in ({}, {"DPoP": proof}):
        assert refusal(page.get(ME, headers=headers)) == (403, "device_proof_required")


def test_browsers_bound_token_in_the_header_is_refused(
    browser_client: BrowserClient, alice: User
) -> None:
    """There its key must sign a proof for DPoP. A companion cookie beside it is no help."""
    browser_client.sign_in(alice)
    session = Session.objects.get()
    key = new_key()
    assert sessions.bind(session.id, key.thumbprint())
    with override({"BINDING": False}):  # no browser is asked here
        issued = sessions.rotate(browser_client.cookies[OF_PAGES].value, client="web")
    thief = Program()
    thief.nonce = freshness.make_nonce()

    assert refusal(thief.send("GET", ME, token=issued.access, scheme="Bearer")) == (
        401,
        "invalid_token",
    )
    assert refusal(thief.prove("GET", ME, token=issued.access)) == INVALID


def test_token_in_cookie_and_header_is_refused(program: Program, token: str) -> None:
    """One credential a request."""
    program.cookies[ACCESS] = token

    assert refusal(program.call("GET", ME)) == (400, "two_credentials")


def test_session_endpoint_of_pages_answers_anonymous_to_a_programs_token(
    program: Program, token: str
) -> None:
    """In the cookie and in the header at once: no proof makes it a page's session."""
    page = BrowserClient()
    page.cookies[ACCESS] = token
    proof = program.proof("GET", "/auth/session", token, htm="POST")
    headers = {"Authorization": f"DPoP {token}", "DPoP": proof}

    assert page.get("/auth/session", headers=headers).json()["user"] is None


# --- Off ---------------------------------------------------------------------------------------


@pytest.fixture
def off(settings: Any) -> None:
    settings.GATEHOUSE = {**settings.GATEHOUSE, "BINDING": False}


def test_proof_binds_nothing_where_binding_is_off(off: None, alice: User) -> None:
    """Not even a bad one is looked at. Metadata and challenges do not name the scheme."""
    program = Program()

    assert program.sign_in(alice).json()["token_type"] == "Bearer"
    assert Session.objects.get().jkt == ""
    assert program.get(ME).headers["WWW-Authenticate"] == 'Bearer realm="gatehouse"'
    said = program.get("/.well-known/oauth-authorization-server").json()
    assert "dpop_signing_alg_values_supported" not in said


def test_bound_session_goes_on_where_binding_was_switched_off(
    program: Program, token: str, settings: Any
) -> None:
    """Its programs need no update: the scheme that they send is taken, and no proof is asked for."""
    settings.GATEHOUSE = {**settings.GATEHOUSE, "BINDING": False}

    assert program.send("GET", ME, token=token).status_code == 200
    assert program.send("GET", ME, token=token, scheme="Bearer").status_code == 200
    assert program.refresh().status_code == 200


def test_metadata_name_the_algorithm(db: None) -> None:
    """Section 5.1."""
    said = BearerClient().get("/.well-known/oauth-authorization-server").json()

    assert said["dpop_signing_alg_values_supported"] == ["ES256"]


def test_challenge_of_a_401_names_both_schemes(program: Program) -> None:
    """Section 7.2: whoever asks without a token learns what is taken."""
    anonymous = BearerClient().get(ME)
    assert anonymous.headers["WWW-Authenticate"] == (
        'Bearer realm="gatehouse", DPoP realm="gatehouse", algs="ES256"'
    )
    program.tokens["access_token"] = "nonsense"
    assert program.call("GET", ME).headers["WWW-Authenticate"] == (
        'Bearer realm="gatehouse", error="invalid_token", '
        'DPoP realm="gatehouse", error="invalid_token", algs="ES256"'
    )


# --- The examples of RFC 9449 ------------------------------------------------------------------

JWK = (
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNo"
    "UklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERW"
    "clUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19"
)
THEIR_TOKEN = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
THEIR_THUMBPRINT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
# Section 4.1 (Figure 2), 5 (Figure 6) and 7.1 (Figure 12): method, address, time, claims, signature.
EXAMPLES = {
    "4.1": (
        "POST",
        "https://server.example.com/token",
        1562262616,
        "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1w"
        "bGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ",
        "2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg",
    ),
    "5": (
        "POST",
        "https://server.example.com/token",
        1562265296,
        "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1w"
        "bGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjY1Mjk2fQ",
        "pAqut2IRDm_De6PR93SYmGBPXpwrAk90e8cP2hjiaG5QsGSuKDYW7_X620BxqhvYC8ynrrvZLTk41mSRroapUA",
    ),
    "7.1": (
        "GET",
        "https://resource.example.org/protectedresource",
        1562262618,
        "eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFt"
        "cGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNF"
        "c05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9",
        "2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA",
    ),
}


@pytest.mark.parametrize("section", EXAMPLES)
def test_example_of_the_rfc_is_read_as_it_says(section: str, time_machine: Any) -> None:
    """With the clock at that time, for that request, and for no other and no later one."""
    method, uri, at, claims, signature = EXAMPLES[section]
    text = f"{JWK}.{claims}.{signature}"
    time_machine.move_to(at + 2)

    proof = dpop.read(text, method, uri)

    assert proof.jkt == THEIR_THUMBPRINT  # section 6.1
    assert proof.ath == (dpop.hash_of(THEIR_TOKEN) if section == "7.1" else "")
    for other in ("PUT", uri), (method, f"{uri}/"):
        with pytest.raises(Malformed):
            dpop.read(text, *other)
    with pytest.raises(Malformed, match="signature"):
        dpop.read(f"{JWK}.{claims}.{signature[:-4]}AAAA", method, uri)
    time_machine.move_to(at + 400)
    with pytest.raises(Malformed, match="iat"):
        dpop.read(text, method, uri)
