"""Where no password can be asked for, or nobody vouches for an address, a mailed link proves it."""

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.http import HttpRequest, HttpResponse

from accounts import sessions, subjects
from accounts.audit.models import SecurityEvent
from accounts.federation import handshake, matching
from accounts.federation.handshake import Pending
from accounts.federation.models import Identity
from accounts.models import Session
from accounts.people import links
from accounts.people.links import DeadLink
from accounts.people.models import LinkToken
from accounts.users.models import User
from tests.clients import PASSWORDS, BrowserClient
from tests.federation.stand_in import PENDING, SUBJECT, StandIn, kept, outcome
from tests.people import mails

pytestmark = pytest.mark.django_db(transaction=True)

DORA = "dora@example.com"


def come_back(idp: StandIn, client: BrowserClient, query: str = "") -> str:
    """Sign in through the provider; the name of the trip on which the identity waits."""
    client.get("/auth/session")
    place = outcome(idp.sign_in(client, query))
    assert place.startswith("/login/link?"), place
    return parse_qs(urlsplit(place).query)["trip"][0]


def ask_for_mail(client: BrowserClient, trip: str = "") -> HttpResponse:
    return client.post("/auth/oidc/link/mail", {"trip": trip})


def open_link(client: BrowserClient, token: str, password: str | None = None) -> HttpResponse:
    body = {"token": token} if password is None else {"token": token, "password": password}
    client.get("/auth/session")
    return client.post("/auth/oidc/link/confirm", body)


def mailed_token(client: BrowserClient, address: str = DORA) -> str:
    assert ask_for_mail(client).status_code == 202
    return mails.token_in(mails.to(address))


def ways(client: BrowserClient) -> list[str]:
    return list(client.get("/auth/oidc/link").json()["ways"])


@pytest.fixture
def unverified(idp: StandIn) -> StandIn:
    """The provider does not say whether addresses are verified."""
    idp.person["email_verified"] = None
    return idp


@pytest.fixture
def reissued(idp: StandIn) -> StandIn:
    """Dora's account has no password, and the provider knows her by another subject since."""
    user = User.objects.create_user(DORA, name="Dora")
    Identity.objects.create(issuer=idp.issuer, subject="the former", user=user)
    return idp


def test_new_person_with_an_unproven_address_gets_an_account_by_mail(
    unverified: StandIn, browser_client: BrowserClient
) -> None:
    """As at a registration: nothing is written before the link is opened."""
    come_back(unverified, browser_client, "?remember=1")
    assert browser_client.get("/auth/oidc/link").json() == {
        "email": DORA,
        "provider": "Example Provider",
        "ways": ["mail"],
    }
    token = mailed_token(browser_client)
    letter = mails.to(DORA)
    assert not User.objects.exists()

    answer = open_link(browser_client, token)

    assert answer.status_code == 200
    assert answer.json()["user"]["email"] == DORA
    assert letter.subject == "Finish your sign-in"
    assert "Dora" not in letter.body
    user = User.objects.get()
    assert (user.name, user.has_usable_password()) == ("Dora", False)
    assert user.gatehouse_identities.get().subject == SUBJECT
    assert user.gatehouse_sessions.get().idle_seconds == 7 * 86400
    assert [e.kind for e in user.gatehouse_events.order_by("id")] == [
        "account_created",
        "signed_in",
    ]
    assert not kept(browser_client)
    assert outcome(unverified.sign_in(BrowserClient())) == "/notes"


def test_person_whom_the_provider_knows_by_another_subject_is_linked_by_mail(
    reissued: StandIn, browser_client: BrowserClient
) -> None:
    """Nobody can ask for a password, so the mailbox has the word; then as after a reset."""
    dora = User.objects.get()
    elsewhere = sessions.start(
        dora, evidence=sessions.BY_PASSWORD, client="web", remember=False
    ).session
    come_back(reissued, browser_client)
    assert ways(browser_client) == ["mail"]
    token = mailed_token(browser_client)
    assert Identity.objects.count() == 1

    answer = open_link(browser_client, token)

    assert answer.json()["user"]["id"] == subjects.of(dora).sub
    assert {row.subject for row in dora.gatehouse_identities.all()} == {"the former", SUBJECT}
    assert Session.objects.get(id=elsewhere.id).end_reason == "identity_linked"
    assert browser_client.get("/api/me").status_code == 200
    kinds = dora.gatehouse_events.order_by("id").values_list("kind", flat=True)
    expected = ["signed_in", "identity_link_sent", "identity_linked", "signed_in"]
    assert list(kinds) == expected
    assert "A new way to sign in was added" in [message.subject for message in mails.sent()]
    assert outcome(reissued.sign_in(BrowserClient())) == "/notes"


@pytest.mark.parametrize("what", ["unverified", "reissued"])
def test_link_works_once(
    request: pytest.FixtureRequest, browser_client: BrowserClient, what: str
) -> None:
    """Also where what waits is still in the browser."""
    come_back(request.getfixturevalue(what), browser_client)
    token = mailed_token(browser_client)
    [name] = kept(browser_client, PENDING)
    copy = browser_client.cookies[name].value
    assert open_link(browser_client, token).status_code == 200
    browser_client.cookies[name] = copy

    answer = open_link(browser_client, token)

    assert list(answer.json()["errors"]) == ["token"]
    assert User.objects.count() == 1


def test_link_works_in_the_asking_browser_alone(
    reissued: StandIn, browser_client: BrowserClient
) -> None:
    """Mallory typed Dora's address at the provider. Dora follows the link: nothing is linked, and
    Mallory, who has no mail of hers, gets no further."""
    mallory, dora = browser_client, BrowserClient()
    come_back(reissued, mallory)
    token = mailed_token(mallory)
    come_back(reissued, dora)

    assert list(open_link(dora, token).json()["errors"]) == ["token"]
    assert list(open_link(mallory, "guessed").json()["errors"]) == ["token"]
    assert Identity.objects.count() == 1
    assert not LinkToken.objects.exclude(used_at=None).exists()


def test_link_finds_its_trip_among_others(
    unverified: StandIn, browser_client: BrowserClient
) -> None:
    """Two tabs wait, for two identities."""
    first = come_back(unverified, browser_client)
    unverified.person |= {"email": "eve@example.com", "sub": "eve there"}
    unverified.changes["sub"] = "eve there"
    second = come_back(unverified, browser_client)
    for trip in (first, second):
        assert ask_for_mail(browser_client, trip).status_code == 202
    tokens = {address: mails.token_in(mails.to(address)) for address in (DORA, "eve@example.com")}

    for address, subject in ((DORA, SUBJECT), ("eve@example.com", "eve there")):
        answer = open_link(browser_client, tokens[address])
        assert answer.json()["user"]["email"] == address
        assert Identity.objects.get(user__email=address).subject == subject


def test_account_with_a_password_takes_the_password_as_well(
    unverified: StandIn, browser_client: BrowserClient, alice: User
) -> None:
    """Reading its mail is not enough; without the password the link is told good, and not used."""
    unverified.person["email"] = alice.email
    come_back(unverified, browser_client)
    token = mailed_token(browser_client, alice.email)

    assert list(open_link(browser_client, token).json()["errors"]) == ["password"]
    assert open_link(browser_client, token, "wrong, but long enough").status_code == 401
    assert not Identity.objects.exists()
    assert alice.gatehouse_events.latest("id").kind == "sign_in_failed"
    answer = open_link(browser_client, token, PASSWORDS[alice.email])

    assert answer.json()["user"]["email"] == alice.email
    assert Identity.objects.get().user == alice
    assert browser_client.post("/auth/logout-others").status_code == 204


def test_wrong_passwords_beside_a_link_use_up_the_sign_in_budget(
    unverified: StandIn, browser_client: BrowserClient, alice: User
) -> None:
    """It is one more place to guess at."""
    unverified.person["email"] = alice.email
    come_back(unverified, browser_client)
    token = mailed_token(browser_client, alice.email)

    answers = [open_link(browser_client, token, "wrong, but long") for _ in range(11)]

    assert [answer.status_code for answer in answers] == [401] * 10 + [429]


def test_mailbox_alone_is_no_step_up(reissued: StandIn, browser_client: BrowserClient) -> None:
    """What matters needs a password, or the provider's word that it has just asked."""
    come_back(reissued, browser_client)
    open_link(browser_client, mailed_token(browser_client))

    assert browser_client.post("/auth/logout-others").status_code == 403


def test_unproven_address_is_not_linked_by_a_password_alone(
    unverified: StandIn, browser_client: BrowserClient, alice: User
) -> None:
    """The endpoint for passwords does not even say that there is an account."""
    unverified.person["email"] = alice.email
    come_back(unverified, browser_client)

    answer = browser_client.post("/auth/oidc/link", {"password": PASSWORDS[alice.email]})

    assert answer.status_code == 404
    assert not Identity.objects.exists()


@pytest.mark.parametrize("who", ["nobody", "alice", "inactive", "no password"])
def test_answers_about_an_unproven_address_tell_nothing(
    unverified: StandIn, browser_client: BrowserClient, alice: User, who: str
) -> None:
    """Whether there is an account, active or not, only its mailbox learns."""
    address = "nobody@example.com" if who == "nobody" else alice.email
    if who == "inactive":
        User.objects.filter(pk=alice.pk).update(is_active=False)
    if who == "no password":
        User.objects.filter(pk=alice.pk).update(password="!")
    unverified.person["email"] = address
    come_back(unverified, browser_client)

    told = browser_client.get("/auth/oidc/link")
    answer = ask_for_mail(browser_client)

    assert told.json()["ways"] == ["mail"]
    assert (answer.status_code, answer.content) == (202, b"")
    assert set(answer.cookies) == set(kept(browser_client, PENDING))
    subjects = [message.subject for message in mails.sent()]
    assert subjects == ([] if who == "inactive" else ["Finish your sign-in"])


def test_mail_about_an_account_is_an_event_of_its_owner(
    unverified: StandIn, browser_client: BrowserClient, alice: User
) -> None:
    """With where it was asked for; an address that nobody has leaves none."""
    for address in (alice.email, "nobody@example.com"):
        unverified.person["email"] = address
        ask_for_mail(browser_client, come_back(unverified, browser_client))
    mails.sent()

    event = SecurityEvent.objects.get()
    assert (event.kind, event.user, event.address) == ("identity_link_sent", alice, "127.0.0.1")


def test_fourth_mail_to_an_address_is_throttled(
    unverified: StandIn, browser_client: BrowserClient
) -> None:
    """Anybody can type an address at some provider: three mails an hour."""
    come_back(unverified, browser_client)

    answers = [ask_for_mail(browser_client).status_code for _ in range(4)]

    assert answers == [202, 202, 202, 429]
    assert len(mails.sent()) == 3


@pytest.mark.parametrize("path", ["mail", "confirm"])
def test_link_is_defended_against_other_sites(
    unverified: StandIn, browser_client: BrowserClient, path: str
) -> None:
    """One sends a mail, the other signs in."""
    come_back(unverified, browser_client)
    token = mailed_token(browser_client)

    answer = browser_client.post(
        f"/auth/oidc/link/{path}", {"token": token}, headers={"Sec-Fetch-Site": "same-site"}
    )

    assert answer.json()["code"] == "csrf_failed"
    assert not User.objects.exists()
    assert len(mails.sent()) == 1


def test_nothing_waits_in_another_browser(idp: StandIn, browser_client: BrowserClient) -> None:
    """Whoever has not come back from the provider has nothing to prove."""
    browser_client.get("/auth/session")

    assert browser_client.get("/auth/oidc/link").status_code == 404
    assert ask_for_mail(browser_client).status_code == 404
    assert mails.sent() == []


@pytest.mark.parametrize(
    ("email", "verified", "reason"),
    [
        (DORA, None, "oidc_unverified"),
        (DORA, True, "oidc_taken"),
        ("eve@x.invalid", None, "oidc_unverified"),
    ],
)
@pytest.mark.parametrize("served", [True, False])
def test_address_that_no_mail_reaches_is_refused(
    reissued: StandIn,
    browser_client: BrowserClient,
    settings: Any,
    email: str,
    verified: Any,
    reason: str,
    served: bool,
) -> None:
    """There is no way to prove it: better told at once."""
    settings.GATEHOUSE = {**settings.GATEHOUSE, "MAIL": served}
    reissued.person |= {"email": email, "email_verified": verified}
    if served and not email.endswith(".invalid"):
        come_back(reissued, browser_client)
        settings.GATEHOUSE = {**settings.GATEHOUSE, "MAIL": False}
        assert ways(browser_client) == []
        assert ask_for_mail(browser_client).status_code == 503
    else:
        assert outcome(reissued.sign_in(browser_client)) == reason
        assert not kept(browser_client)


def test_account_without_identity_and_password_here_may_use_either_way(
    idp: StandIn, browser_client: BrowserClient, alice: User
) -> None:
    """A directory may know the password; if none does, the mailbox has the word."""
    User.objects.filter(pk=alice.pk).update(password="!")
    idp.person["email"] = alice.email
    come_back(idp, browser_client)

    assert ways(browser_client) == ["password", "mail"]
    answer = open_link(browser_client, mailed_token(browser_client, alice.email))

    assert answer.json()["user"]["email"] == alice.email


@pytest.mark.parametrize(
    "change",
    [{"password": "another"}, {"email": "moved@example.com"}, {"is_active": False}],
    ids=lambda change: next(iter(change)),
)
def test_link_dies_with_what_it_was_made_for(
    reissued: StandIn, browser_client: BrowserClient, change: dict[str, Any]
) -> None:
    """A password was set meanwhile, the address moved, the account was switched off."""
    come_back(reissued, browser_client)
    token = mailed_token(browser_client)
    User.objects.update(**change)

    assert list(open_link(browser_client, token).json()["errors"]) == ["token"]
    assert Identity.objects.count() == 1


def test_account_that_was_made_meanwhile_is_linked(
    unverified: StandIn, browser_client: BrowserClient
) -> None:
    """Its address is proven; if it has a password, that is asked for."""
    come_back(unverified, browser_client)
    token = mailed_token(browser_client)
    password = "seven grey herons at noon"
    dora = User.objects.create_user(DORA, password)

    assert list(open_link(browser_client, token).json()["errors"]) == ["password"]
    assert open_link(browser_client, token, password).status_code == 200
    assert Identity.objects.get().user == dora


def test_account_that_was_made_and_switched_off_meanwhile_is_not_linked(
    unverified: StandIn, browser_client: BrowserClient
) -> None:
    """Nobody comes back that way."""
    come_back(unverified, browser_client)
    token = mailed_token(browser_client)
    User.objects.create_user(DORA, is_active=False)

    assert list(open_link(browser_client, token).json()["errors"]) == ["token"]
    assert not Identity.objects.exists()


def test_identity_that_was_linked_elsewhere_meanwhile_stays_there(
    reissued: StandIn, browser_client: BrowserClient, bob: User
) -> None:
    """And the link is not used up by the refusal."""
    come_back(reissued, browser_client)
    token = mailed_token(browser_client)
    Identity.objects.create(issuer=reissued.issuer, subject=SUBJECT, user=bob)

    assert list(open_link(browser_client, token).json()["errors"]) == ["token"]
    assert Identity.objects.get(subject=SUBJECT).user == bob
    assert LinkToken.objects.get().used_at is None


def test_account_that_is_made_at_the_same_moment_is_not_made_twice(idp: StandIn) -> None:
    """Nobody was there a moment ago; the link stays good for a second try."""
    pending = Pending(
        issuer=idp.issuer, subject=SUBJECT, account="", email=DORA, remember=False, trip="0" * 16
    )
    token = links.make("identity", DORA, browser=pending.trip).partition("#token=")[2]
    link = links.find(token, "identity", browser=pending.trip)
    User.objects.create_user(DORA)

    with pytest.raises(DeadLink, match="made a moment ago"):
        matching.use_link(HttpRequest(), pending, link, None)

    assert LinkToken.objects.get().used_at is None


def test_session_that_came_with_it_is_replaced(
    unverified: StandIn, browser_client: BrowserClient, alice: User
) -> None:
    """Somebody else was signed in in this browser."""
    browser_client.sign_in(alice)
    come_back(unverified, browser_client)

    open_link(browser_client, mailed_token(browser_client))

    assert Session.objects.get(user=alice).end_reason == "replaced"
    assert browser_client.get("/auth/session").json()["user"]["email"] == DORA


def test_identity_waits_for_half_an_hour_from_the_last_mail(
    unverified: StandIn, browser_client: BrowserClient
) -> None:
    """A mail may take its time, and its link lives as long."""
    come_back(unverified, browser_client)
    began = time.time()
    with time_machine.travel(began + 1700, tick=False):
        assert ask_for_mail(browser_client).status_code == 202
    [name] = kept(browser_client, PENDING)
    assert browser_client.cookies[name]["max-age"] == handshake.WAITING_SECONDS == 1800

    with time_machine.travel(began + 1700 + 1790, tick=False):
        assert browser_client.get("/auth/oidc/link").status_code == 200
    with time_machine.travel(began + 1700 + 1810, tick=False):
        assert browser_client.get("/auth/oidc/link").status_code == 404
