"""Several trips to the identity provider at once: none takes what another needs."""

import secrets
import time
from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import time_machine
from django.core import signing
from django.http import HttpResponse, QueryDict

from accounts import subjects
from accounts.audit.models import SecurityEvent
from accounts.federation import handshake as handshakes
from accounts.federation import protocol
from accounts.federation.handshake import Handshake, Pending
from accounts.federation.models import Identity
from accounts.federation.protocol import SignInError
from accounts.models import Session
from accounts.users.models import User
from tests.clients import PASSWORDS, BrowserClient
from tests.core.presenting import on_the_wire
from tests.federation.stand_in import HANDSHAKE, PENDING, SUBJECT, StandIn, kept, outcome

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock() -> Iterator[Any]:
    """A clock that a test sets forward by hand."""
    with time_machine.travel(time.time(), tick=False) as found:
        yield found


def trips(client: BrowserClient, family: str = HANDSHAKE) -> list[str]:
    return [name.removeprefix(family) for name in kept(client, family)]


@pytest.mark.parametrize("first", [0, 1])
def test_two_tabs_on_their_way_both_arrive(
    idp: StandIn, browser_client: BrowserClient, first: int
) -> None:
    """Whichever comes back first, each ends where it was going."""
    tabs = [idp.begin(browser_client, f"?next=/{page}") for page in ("account", "audit")]
    places = ["/account", "/audit"]

    for tab in (first, 1 - first):
        assert outcome(idp.finish(browser_client, tabs[tab])) == places[tab]

    assert browser_client.get("/api/me").status_code == 200
    assert not kept(browser_client)


def test_second_tab_replaces_the_session_of_the_first(
    idp: StandIn, browser_client: BrowserClient
) -> None:
    """One browser has one session, though the second trip began before there was any."""
    tabs = [idp.begin(browser_client) for _ in range(2)]
    for tab in tabs:
        idp.finish(browser_client, tab)

    ended = Session.objects.exclude(ended_at=None)
    assert [session.end_reason for session in ended] == ["replaced"]
    assert Session.objects.count() == 2


def test_answer_that_comes_twice_is_refused_and_the_other_tab_goes_on(
    idp: StandIn, browser_client: BrowserClient
) -> None:
    """Each trip works once, whatever the provider thinks of its code."""
    first = idp.begin(browser_client)
    [name] = kept(browser_client)
    copy = browser_client.cookies[name].value
    second = idp.begin(browser_client)
    idp.finish(browser_client, first)

    assert outcome(idp.finish(browser_client, first)) == "oidc_failed"
    browser_client.cookies[name] = copy
    assert outcome(idp.finish(browser_client, first)) == "oidc_failed"
    assert Session.objects.count() == 1
    assert outcome(idp.finish(browser_client, second)) == "/notes"


@pytest.mark.parametrize(
    "state", [None, "", "another", "\u00e4", "\U0001f41d", "x" * 5000, "\r\nSet-Cookie: a=b"]
)
def test_answer_with_a_foreign_state_is_refused_and_ends_no_trip(
    idp: StandIn, browser_client: BrowserClient, state: str | None
) -> None:
    """Anybody can send a browser to the callback; a trip belongs to whoever knows its state."""
    sent = idp.begin(browser_client)

    assert outcome(idp.finish(browser_client, sent, state=state)) == "oidc_failed"
    assert "/token" not in idp.requests
    assert SecurityEvent.objects.get().kind == "sign_in_failed"
    assert outcome(idp.finish(browser_client, sent)) == "/notes"


def test_state_that_is_given_twice_is_refused(idp: StandIn, browser_client: BrowserClient) -> None:
    """Which of the two was meant, nobody knows."""
    sent = idp.begin(browser_client)

    twice = idp.finish(browser_client, sent, state=["another", sent["state"]])

    assert outcome(twice) == "oidc_failed"
    assert "/token" not in idp.requests


def test_state_counts_to_its_last_letter(idp: StandIn) -> None:
    """A trip is found by part of a hash of it, and then the whole is compared."""
    handshake = Handshake(next="/notes")

    for state in (handshake.state[:-1], f"{handshake.state}x", "another"):
        with pytest.raises(SignInError, match="of another handshake"):
            protocol.check_answer(handshake, QueryDict(urlencode({"state": state, "code": "x"})))


def test_state_of_another_browser_is_refused(idp: StandIn, browser_client: BrowserClient) -> None:
    """Mallory's own answer, followed in a browser that is on a trip too (login CSRF)."""
    mallorys = idp.begin(BrowserClient())
    idp.begin(browser_client)

    assert outcome(idp.finish(browser_client, mallorys)) == "oidc_failed"
    assert "/token" not in idp.requests
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    ("error", "reason"),
    [("access_denied", "oidc_cancelled"), ("server_error", "oidc_failed"), ("", "oidc_failed")],
)
@pytest.mark.parametrize("on_a_trip", [True, False])
@pytest.mark.parametrize("state", ["", "&state=another"])
def test_error_of_no_trip_is_told_and_ends_none(
    idp: StandIn,
    browser_client: BrowserClient,
    error: str,
    reason: str,
    on_a_trip: bool,
    state: str,
) -> None:
    """Some providers leave the state out of it, and some people turn back after an hour."""
    sent = idp.begin(browser_client) if on_a_trip else {}

    answer = browser_client.get(f"/auth/oidc/callback?error={error}&iss={idp.issuer}{state}")

    assert outcome(answer) == reason
    assert not on_a_trip or outcome(idp.finish(browser_client, sent)) == "/notes"


KINDS = ["none", "altered", "another kind", "another trip", "another release", "old", "twice"]


@pytest.mark.parametrize("kind", [*KINDS, "another provider"])
def test_handshake_that_is_not_ours_is_refused(
    idp: StandIn, browser_client: BrowserClient, kind: str, settings: Any
) -> None:
    """Missing, altered, made for something else, ten minutes old, or sent twice."""
    sent = idp.begin(browser_client)
    [name] = kept(browser_client)
    text = browser_client.cookies[name].value
    if kind == "none":
        del browser_client.cookies[name]
    elif kind == "another provider":
        settings.GATEHOUSE = {**settings.GATEHOUSE, "OIDC_ISSUER": "https://idp.example"}
    elif kind in KINDS[1:5]:
        browser_client.cookies[name] = {
            "altered": text[:-1] + ("A" if text[-1] != "A" else "B"),
            "another kind": handshakes.sign(pending(trip=name.removeprefix(HANDSHAKE))),
            "another trip": handshakes.sign(Handshake(next="/notes")),
            "another release": signing.dumps({"a": 1}, salt=handshakes._salt(Handshake)),
        }[kind]
    jar = f"{name}={text}; {name}=planted" if kind == "twice" else None
    with time_machine.travel(time.time() + (601 if kind == "old" else 0)):
        answer = idp.finish(browser_client, sent, headers={"Cookie": jar} if jar else None)
        assert outcome(answer) == "oidc_expired"

    assert "/token" not in idp.requests
    assert not Session.objects.exists()


@pytest.mark.parametrize("family", [HANDSHAKE, PENDING])
@pytest.mark.parametrize("odd", ["\u2000{}", "{}\u3000", "\x1c{}"])
def test_name_that_only_resembles_a_trips_counts_as_none(
    idp: StandIn, browser_client: BrowserClient, alice: User, family: str, odd: str
) -> None:
    """Django takes `U+2000 __Host-…` for ours; a browser does not, and lets anybody set it."""
    idp.person["email"] = alice.email
    sent = idp.begin(browser_client)
    if family == PENDING:
        idp.finish(browser_client, sent)
    [name] = kept(browser_client)
    header = on_the_wire(f"{odd.format(name)}={browser_client.cookies[name].value}")

    if family == PENDING:
        path = "/auth/oidc/link"
        assert browser_client.get(path, headers={"Cookie": header}).status_code == 404
    else:
        answer = idp.finish(browser_client, sent, headers={"Cookie": header})
        assert outcome(answer) == "oidc_expired"


def test_sign_in_and_step_up_at_the_same_time_both_work(
    idp: StandIn, browser_client: BrowserClient
) -> None:
    """The step-up renews the session that asked for it."""
    idp.sign_in(browser_client)
    session = Session.objects.get()
    step_up, sign_in = idp.begin(browser_client, "?reauthenticate=1"), idp.begin(browser_client)
    idp.changes["auth_time"] = int(time.time())

    assert outcome(idp.finish(browser_client, step_up)) == "/login/confirmed"
    assert SecurityEvent.objects.get(kind="reauthenticated").session_id == session.id
    assert outcome(idp.finish(browser_client, sign_in)) == "/notes"
    assert browser_client.get("/api/me").status_code == 200


def test_step_up_of_a_session_that_was_replaced_meanwhile_is_refused(
    idp: StandIn, browser_client: BrowserClient
) -> None:
    """Another tab has signed in anew: the new session gets nothing from a trip for the old one."""
    idp.sign_in(browser_client)
    step_up, sign_in = idp.begin(browser_client, "?reauthenticate=1"), idp.begin(browser_client)
    idp.finish(browser_client, sign_in)
    idp.changes["auth_time"] = int(time.time())

    answer = idp.finish(browser_client, step_up)

    assert answer.headers["Location"] == "/login/confirmed?reason=oidc_session_over"
    assert browser_client.post("/auth/logout-others").status_code == 403


def test_fifth_trip_takes_the_place_of_the_oldest(
    idp: StandIn, browser_client: BrowserClient, clock: Any
) -> None:
    """The others are as good as before."""
    sent = []
    for _ in range(5):
        sent.append(idp.begin(browser_client))
        clock.shift(1)

    assert set(trips(browser_client)) == {handshakes.trip_of(one["state"]) for one in sent[1:]}
    assert outcome(idp.finish(browser_client, sent[0])) == "oidc_failed"
    for one in sent[1:]:
        assert outcome(idp.finish(browser_client, one)) == "/notes"


def test_trips_of_both_kinds_share_the_places(
    idp: StandIn, browser_client: BrowserClient, alice: User, clock: Any
) -> None:
    """Three identities wait to be linked: of two new trips, the second takes the oldest's place."""
    idp.person["email"] = alice.email
    for _ in range(3):
        idp.sign_in(browser_client)
        clock.shift(1)
    waiting = trips(browser_client, PENDING)
    idp.begin(browser_client)
    clock.shift(1)
    assert trips(browser_client, PENDING) == waiting

    idp.begin(browser_client)

    assert trips(browser_client, PENDING) == waiting[1:]
    assert len(trips(browser_client)) == 2


def test_what_is_kept_of_all_trips_stays_small(idp: StandIn, browser_client: BrowserClient) -> None:
    """However long paths and addresses are, the Cookie header fits into 8 KiB with the tokens."""
    idp.sign_in(browser_client)
    for letter in "abcdefgh":
        idp.begin(browser_client, f"?next=/{letter * 499}&remember=1")

    header = "; ".join(f"{name}={cookie.value}" for name, cookie in browser_client.cookies.items())
    assert len(trips(browser_client)) == 4
    assert len(header) < 8000


def pending(**values: Any) -> Pending:
    usual = {"issuer": "https://idp.example", "subject": "s", "account": "a", "email": "e"}
    return Pending(**{**usual, "remember": False, "trip": "0" * 16, **values})


def test_waiting_identities_that_are_too_large_together_are_given_up(
    idp: StandIn, browser_client: BrowserClient, alice: User
) -> None:
    """The oldest go as soon as the page of the newest is open."""
    told = {"account": subjects.of(alice).sub, "email": alice.email}
    for number in range(1, 5):
        one = pending(trip=f"{number:016}", subject=secrets.token_hex(900), began=number, **told)
        browser_client.cookies[f"{PENDING}{one.trip}"] = handshakes.sign(one)
    assert letters(browser_client) > handshakes.LARGEST

    browser_client.get("/auth/oidc/link")

    assert letters(browser_client) <= handshakes.LARGEST
    left = trips(browser_client, PENDING)
    assert left == [f"{number:016}" for number in range(1, 5)][-len(left) :]
    assert left


def letters(client: BrowserClient) -> int:
    return sum(len(client.cookies[name].value) for name in kept(client))


@pytest.mark.parametrize("name", ["x", "", "../a", "0" * 15, "0" * 17, "A" * 16, 'a"b', "a,b"])
def test_name_that_is_no_trips_is_left_alone(
    idp: StandIn, browser_client: BrowserClient, name: str
) -> None:
    """Whoever made such a cookie, it is neither read nor an error."""
    browser_client.get("/auth/session")
    jar = f"{HANDSHAKE}{name}=x; {PENDING}{name}=x"

    answer = browser_client.get("/auth/oidc/login", headers={"Cookie": jar})

    assert answer.status_code == 302
    assert len(answer.cookies) == 1


def link(client: BrowserClient, trip: str, password: str) -> HttpResponse:
    if "__Host-csrftoken" not in client.cookies:
        client.get("/auth/session")
    return client.post("/auth/oidc/link", {"password": password, "trip": trip})


def wait_as(idp: StandIn, client: BrowserClient, person: User, subject: str) -> str:
    """The name of the trip on which this person's address waits to be linked."""
    idp.person |= {"email": person.email, "sub": subject}
    idp.changes["sub"] = subject
    place = outcome(idp.sign_in(client))
    return parse_qs(urlsplit(place).query)["trip"][0]


def test_two_tabs_that_ask_for_a_password_do_not_take_each_others(
    idp: StandIn, browser_client: BrowserClient, alice: User, bob: User
) -> None:
    """Each shows whose it is, links that account, and leaves the other waiting."""
    hers = wait_as(idp, browser_client, alice, "alice there")
    his = wait_as(idp, browser_client, bob, "bob there")

    assert waits(browser_client, hers) == alice.email
    assert waits(browser_client, his) == bob.email
    assert link(browser_client, his, PASSWORDS[alice.email]).status_code == 401
    assert link(browser_client, hers, PASSWORDS[alice.email]).status_code == 200
    assert link(browser_client, hers, PASSWORDS[alice.email]).status_code == 404
    assert waits(browser_client, his) == bob.email
    assert link(browser_client, his, PASSWORDS[bob.email]).status_code == 200

    owners = dict(Identity.objects.values_list("subject", "user__email"))
    assert owners == {"alice there": alice.email, "bob there": bob.email}


def waits(client: BrowserClient, trip: str) -> str:
    return str(client.get(f"/auth/oidc/link?trip={trip}").json()["email"])


def test_page_that_names_no_trip_means_the_newest(
    idp: StandIn, browser_client: BrowserClient, alice: User, bob: User, clock: Any
) -> None:
    """As for whoever opened it by hand."""
    wait_as(idp, browser_client, alice, "alice there")
    clock.shift(1)
    wait_as(idp, browser_client, bob, "bob there")

    assert waits(browser_client, "") == bob.email
    assert browser_client.get("/auth/oidc/link?trip=0").status_code == 404


def test_deletion_repeats_every_attribute(
    idp: StandIn, browser_client: BrowserClient, alice: User
) -> None:
    """Otherwise the prefix makes browsers refuse it, and the trip stays."""
    idp.person["email"] = alice.email
    sent = idp.begin(browser_client)
    [name] = kept(browser_client)
    found: SimpleCookie = idp.finish(browser_client, sent).cookies

    for cookie, same_site in ((found[name], "Lax"), (found[kept(browser_client)[0]], "Strict")):
        assert cookie["secure"] and cookie["httponly"] and cookie["path"] == "/"
        assert cookie["samesite"] == same_site
    assert found[name]["max-age"] == 0
    assert handshakes.TRIP.fullmatch(name.removeprefix(HANDSHAKE))
    assert SUBJECT not in found[kept(browser_client)[0]].value


@pytest.fixture
def hosts(settings: Any) -> None:
    """The app answers at other hosts beside that of its issuer."""
    settings.ALLOWED_HOSTS = ["localhost", "www.example.com", "[::1]"]


@pytest.mark.parametrize("port", ["", ":8000"])
@pytest.mark.parametrize(
    ("query", "goes"),
    [
        ("", ""),
        ("?next=/account&remember=1", "?next=%2Faccount&remember=1"),
        ("?reauthenticate=1", "?reauthenticate=1"),
        ("?next=//evil.example&next=https://evil.example", ""),
        ("?next=/\\evil.example&remember=yes", ""),
        ("?redirect_uri=https://evil.example&next=/a%0d%0aSet-Cookie:x=y", ""),
    ],
)
def test_trip_that_is_begun_at_another_host_goes_to_the_issuers(
    idp: StandIn, browser_client: BrowserClient, hosts: None, port: str, query: str, goes: str
) -> None:
    """The provider answers there, where no cookie of this host is sent; `next` stays a path."""
    headers = {"Host": f"www.example.com{port}"}

    answer = browser_client.get(f"/auth/oidc/login{query}", headers=headers)

    assert outcome(answer) == f"http://localhost/auth/oidc/login{goes}"
    assert not kept(browser_client)
    assert not idp.requests


def test_trip_that_was_sent_on_to_the_issuers_host_keeps_its_way(
    idp: StandIn, browser_client: BrowserClient, hosts: None
) -> None:
    """The browser says that another site has sent it, so the button is to be pressed there."""
    headers = {"Host": "www.example.com"}
    sent_on = outcome(browser_client.get("/auth/oidc/login?next=/account", headers=headers))

    headers = {"Host": "localhost", "Sec-Fetch-Site": "same-site"}
    answer = browser_client.get(sent_on.removeprefix("http://localhost"), headers=headers)

    assert outcome(answer) == "/login?next=%2Faccount"


@pytest.mark.parametrize(
    ("issuer", "host"),
    [
        ("http://localhost:8000", "localhost:9000"),
        ("http://localhost", "LOCALHOST."),
        ("http://[::1]:8000", "[::1]"),
    ],
)
def test_trip_that_is_begun_at_the_issuers_host_goes_to_the_provider(
    idp: StandIn, browser_client: BrowserClient, hosts: None, settings: Any, issuer: str, host: str
) -> None:
    """However it is spelt, and whatever the port: no cookie looks at that."""
    settings.GATEHOUSE = {**settings.GATEHOUSE, "ISSUER": issuer}

    answer = browser_client.get("/auth/oidc/login", headers={"Host": host})

    assert outcome(answer).startswith(f"{idp.issuer}/authorize?")
