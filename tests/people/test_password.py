"""A new password: changed by its owner, or reset by mail."""

from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import (
    password_validators_help_texts,
    validate_password,
)
from django.core.exceptions import ValidationError

from accounts import sessions
from accounts.audit.models import SecurityEvent
from accounts.evidence import Evidence
from accounts.models import FailureCount, Session
from accounts.people import delivery
from accounts.users.models import User
from tests.clients import PASSWORDS, BearerClient, BrowserClient
from tests.people import mails
from tests.settings import SlowerArgon2

pytestmark = pytest.mark.django_db(transaction=True)

OLD = PASSWORDS["alice@example.com"]
NEW = "seven grey herons at noon"


def change(client: BrowserClient, current: str = OLD, new: str = NEW) -> object:
    return client.post("/auth/password/change", {"current_password": current, "new_password": new})


def reset_token(client: BrowserClient, email: str) -> str:
    client.get("/auth/session")
    assert client.post("/auth/password/reset", {"email": email}).status_code == 202
    return mails.token_in(mails.to(email))


def confirm(client: BrowserClient, token: str, new: str = NEW) -> object:
    return client.post("/auth/password/reset/confirm", {"token": token, "new_password": new})


def test_change_keeps_this_session_and_ends_the_others(alice: User) -> None:
    """Other devices are signed out at once; this one goes on."""
    here, elsewhere = BrowserClient(), BrowserClient()
    here.sign_in(alice)
    elsewhere.sign_in(alice)

    assert change(here).status_code == 204

    assert here.get("/api/me").status_code == 200
    assert elsewhere.get("/api/me").status_code == 401
    assert elsewhere.post("/auth/refresh").status_code == 401
    assert BrowserClient().sign_in(alice, OLD).status_code == 401
    assert BrowserClient().sign_in(alice, NEW).status_code == 200
    assert Session.objects.filter(end_reason="password_changed").count() == 1


@pytest.mark.parametrize("way", ["change", "reset", "register"])
def test_new_password_is_kept_composed_however_it_was_typed(
    browser_client: BrowserClient, alice: User, way: str
) -> None:
    """One keyboard sends é as one character, another as two: both sign in afterwards."""
    composed, typed = "sept hérons à midi", "sept he\u0301rons a\u0300 midi"
    email = alice.email if way != "register" else "dora@example.com"
    if way == "change":
        browser_client.sign_in(alice)
        assert change(browser_client, new=typed).status_code == 204
    elif way == "reset":
        assert confirm(browser_client, reset_token(browser_client, email), typed).status_code == 204
    else:
        browser_client.get("/auth/session")
        browser_client.post("/auth/register", {"email": email})
        body = {"token": mails.token_in(mails.to(email)), "password": typed}
        assert browser_client.post("/auth/email/verify", body).status_code == 204

    assert BrowserClient().sign_in(email, composed).status_code == 200
    assert BrowserClient().sign_in(email, typed).status_code == 200


def test_change_works_for_programs_too(api_client: BearerClient, alice: User) -> None:
    """ "Signed in" means either credential."""
    api_client.sign_in(alice)
    assert change(api_client).status_code == 204
    assert api_client.get("/api/me").status_code == 200


def test_change_is_told_by_mail_and_event(browser_client: BrowserClient, alice: User) -> None:
    """The owner hears of it even if it was not them (ASVS 5.0 6.3.7)."""
    browser_client.sign_in(alice)
    change(browser_client)

    assert mails.to(alice.email).subject == "Your password was changed"
    kinds = [event["kind"] for event in browser_client.get("/auth/events").json()["results"]]
    assert kinds[0] == "password_changed"


def test_change_with_wrong_current_password_changes_nothing(
    browser_client: BrowserClient, alice: User
) -> None:
    """A stolen session alone does not yield the account."""
    browser_client.sign_in(alice)
    answer = change(browser_client, current="not it, but long enough")
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
    kinds = [event["kind"] for event in browser_client.get("/auth/events").json()["results"]]
    assert kinds == ["reauthentication_failed", "signed_in"]
    assert BrowserClient().sign_in(alice, OLD).status_code == 200


def test_wrong_current_passwords_use_up_the_sign_in_budget(
    browser_client: BrowserClient, alice: User
) -> None:
    """The page for changing is no way around the limits of signing in."""
    browser_client.sign_in(alice)
    answers = [change(browser_client, current="wrong, but long enough") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]


def test_change_to_a_weak_password_is_refused(browser_client: BrowserClient, alice: User) -> None:
    """The same rules everywhere."""
    browser_client.sign_in(alice)
    answer = change(browser_client, new="alice12345678900")
    assert list(answer.json()["errors"]) == ["new_password"]


def test_change_when_not_signed_in_is_refused(browser_client: BrowserClient, alice: User) -> None:
    """There is no account to change."""
    assert change(browser_client).json()["code"] == "not_authenticated"


def test_reset_ends_every_session_and_signs_nobody_in(
    browser_client: BrowserClient, alice: User
) -> None:
    """Whoever held a session holds it no more; the new password signs in."""
    elsewhere = BrowserClient()
    elsewhere.sign_in(alice)
    token = reset_token(browser_client, alice.email)

    assert confirm(browser_client, token).status_code == 204

    assert elsewhere.get("/api/me").status_code == 401
    assert not browser_client.get("/auth/session").json()["authenticated"]
    assert browser_client.sign_in(alice, NEW).status_code == 200


def test_reset_for_unknown_and_known_addresses_is_answered_alike(
    browser_client: BrowserClient, alice: User
) -> None:
    """Status, headers and body tell nothing."""
    browser_client.get("/auth/session")
    known, unknown = (
        browser_client.post("/auth/password/reset", {"email": email})
        for email in (alice.email, "nobody@example.com")
    )
    differing = {"X-Request-Id"}
    headers = [
        {name: value for name, value in answer.headers.items() if name not in differing}
        for answer in (known, unknown)
    ]
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert headers[0] == headers[1]
    assert [message.to for message in mails.sent()] == [[alice.email]]


def test_reset_of_an_inactive_account_sends_nothing(
    browser_client: BrowserClient, alice: User
) -> None:
    """Deactivation cannot be undone by mail."""
    alice.is_active = False
    alice.save()
    browser_client.get("/auth/session")
    assert browser_client.post("/auth/password/reset", {"email": alice.email}).status_code == 202
    assert mails.sent() == []


def test_account_that_the_provider_signs_in_to_may_set_its_first_password(
    browser_client: BrowserClient, alice: User, settings: Any
) -> None:
    """The mailbox is proven, as at registration: the provider may not know the person any more."""
    settings.GATEHOUSE = {
        **settings.GATEHOUSE,
        "OIDC_ISSUER": "https://idp.example",
        "OIDC_NAME": "Example Provider",
    }
    User.objects.filter(pk=alice.pk).update(password=make_password(None))
    alice.refresh_from_db()
    session = sessions.start(
        alice, evidence=[Evidence(how="oidc", amr=())], client="web", remember=False
    ).session

    token = reset_token(browser_client, alice.email)
    letter = mails.to(alice.email)
    assert confirm(browser_client, token).status_code == 204

    assert letter.subject == "Set a password"
    assert "Example Provider signs you in." in letter.body
    assert Session.objects.get(id=session.id).end_reason == "password_reset"
    assert mails.to(alice.email).subject == "Your password was reset"
    kinds = alice.gatehouse_events.order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["signed_in", "password_reset_sent", "password_reset"]
    assert browser_client.sign_in(alice, NEW).status_code == 200


def test_account_without_password_where_there_is_no_other_way_gets_one(
    browser_client: BrowserClient, alice: User
) -> None:
    """Without an identity provider a link is the only way in."""
    alice.set_unusable_password()
    alice.save()

    token = reset_token(browser_client, alice.email)

    assert confirm(browser_client, token).status_code == 204
    assert browser_client.sign_in(alice, NEW).status_code == 200


def test_reset_link_is_an_event_of_its_owner(browser_client: BrowserClient, alice: User) -> None:
    """With where it was asked for; an address that nobody has leaves none."""
    reset_token(browser_client, alice.email)
    browser_client.post("/auth/password/reset", {"email": "nobody@example.com"})
    delivery.finish()

    event = SecurityEvent.objects.get()
    assert (event.kind, event.user, event.detail) == ("password_reset_sent", alice, {})
    assert event.address == "127.0.0.1"


def test_reset_link_used_twice_is_refused(browser_client: BrowserClient, alice: User) -> None:
    """A link works once."""
    token = reset_token(browser_client, alice.email)
    confirm(browser_client, token)
    assert list(confirm(browser_client, token, f"{NEW} again").json()["errors"]) == ["token"]


@pytest.mark.parametrize("client", [BrowserClient, BearerClient])
@pytest.mark.parametrize("times", [1, 3])
def test_reset_link_outlives_sign_ins(
    browser_client: BrowserClient, alice: User, client: type, times: int
) -> None:
    """A program may sign in each minute, and a thief who knows the password at will."""
    token = reset_token(browser_client, alice.email)
    for _ in range(times):
        assert client().sign_in(alice).status_code == 200

    assert confirm(browser_client, token).status_code == 204
    assert browser_client.sign_in(alice, NEW).status_code == 200


def test_reset_link_outlives_a_sign_in_that_hashes_the_password_anew(
    browser_client: BrowserClient, alice: User
) -> None:
    """The way to hash has changed since the password was set; the password has not."""
    User.objects.filter(pk=alice.pk).update(password=make_password(OLD, hasher=SlowerArgon2()))
    token = reset_token(browser_client, alice.email)
    before = User.objects.get(pk=alice.pk).password

    assert BrowserClient().sign_in(alice).status_code == 200

    assert User.objects.get(pk=alice.pk).password != before
    assert confirm(browser_client, token).status_code == 204


def test_each_link_works_until_one_of_them_was_used(
    browser_client: BrowserClient, alice: User
) -> None:
    """Somebody else who asks for another one takes nothing from its owner."""
    tokens = [reset_token(browser_client, alice.email) for _ in range(3)]

    assert confirm(browser_client, tokens[0]).status_code == 204

    for token in tokens:
        assert list(confirm(browser_client, token, f"{NEW} again").json()["errors"]) == ["token"]


def test_reset_link_dies_on_password_change(browser_client: BrowserClient, alice: User) -> None:
    """A link from before says nothing about the password of now."""
    browser_client.sign_in(alice)
    token = reset_token(browser_client, alice.email)
    change(browser_client)
    assert list(confirm(browser_client, token, f"{NEW} again").json()["errors"]) == ["token"]


def test_reset_link_dies_on_change_of_address(browser_client: BrowserClient, alice: User) -> None:
    """The former mailbox has lost its say."""
    token = reset_token(browser_client, alice.email)
    alice.email = "elsewhere@example.com"
    alice.save()
    assert list(confirm(browser_client, token).json()["errors"]) == ["token"]


def test_reset_link_of_somebody_deactivated_is_refused(
    browser_client: BrowserClient, alice: User
) -> None:
    """An inactive account takes no password."""
    token = reset_token(browser_client, alice.email)
    alice.is_active = False
    alice.save()
    assert list(confirm(browser_client, token).json()["errors"]) == ["token"]


def test_good_reset_link_without_password_is_told_so(
    browser_client: BrowserClient, alice: User
) -> None:
    """A page can ask whether a link still works before anything is typed."""
    token = reset_token(browser_client, alice.email)
    answer = browser_client.post("/auth/password/reset/confirm", {"token": token})
    assert list(answer.json()["errors"]) == ["new_password"]
    assert confirm(browser_client, token).status_code == 204


def test_registration_link_resets_no_password(browser_client: BrowserClient, alice: User) -> None:
    """A link does what it was sent for and nothing else."""
    browser_client.get("/auth/session")
    browser_client.post("/auth/register", {"email": "dora@example.com"})
    token = mails.token_in(mails.to("dora@example.com"))
    assert list(confirm(browser_client, token).json()["errors"]) == ["token"]


HERE, PHONE, STRANGER = "192.0.2.1", "198.51.100.1", "2001:db8::1"


@pytest.mark.parametrize("resetting", [HERE, PHONE])
def test_reset_clears_every_counter_of_the_address(
    alice: User, bob: User, resetting: str, settings: Any
) -> None:
    """Somebody locked out by a stranger's guesses gets in again from every network, at once."""
    settings.MIDDLEWARE = [n for n in settings.MIDDLEWARE if not n.endswith(".DemoStaysLocal")]
    clients = {address: BrowserClient(REMOTE_ADDR=address) for address in (HERE, PHONE, STRANGER)}
    for address in (HERE, STRANGER):
        for _ in range(10):
            clients[address].sign_in(alice, "wrong, but long enough")
        assert clients[address].sign_in(alice).status_code == 429
    for _ in range(10):
        clients[HERE].sign_in(bob, "wrong, but long enough")

    token = reset_token(clients[resetting], alice.email)
    assert confirm(clients[resetting], token).status_code == 204

    assert [c.sign_in(alice, NEW).status_code for c in clients.values()] == [200] * 3
    assert clients[HERE].sign_in(bob).status_code == 429


def test_reset_clears_what_a_stranger_has_used_up_of_resets(
    browser_client: BrowserClient, alice: User
) -> None:
    """Each of the stranger's requests has sent the owner a good link; with it all begins anew."""
    tokens = [reset_token(browser_client, alice.email) for _ in range(3)]
    again = browser_client.post("/auth/password/reset", {"email": alice.email})
    assert again.status_code == 429

    assert confirm(browser_client, tokens[0]).status_code == 204

    assert reset_token(browser_client, alice.email)


def test_reset_leaves_the_counter_of_the_network(
    browser_client: BrowserClient, alice: User
) -> None:
    """It is everyone's there: whoever owns one address must not get new tries for all others."""
    browser_client.sign_in(alice, "wrong, but long enough")
    browser_client.sign_in("nobody@example.com", "wrong, but long enough")

    confirm(browser_client, reset_token(browser_client, alice.email))

    left = FailureCount.objects.filter(owner="").values_list("count", flat=True)
    assert sorted(left) == [1, 2]  # one request for a reset, two wrong passwords


def test_fourth_reset_for_an_address_is_throttled(
    browser_client: BrowserClient, alice: User
) -> None:
    """Three an hour, for known and unknown addresses alike."""
    browser_client.get("/auth/session")
    for email in (alice.email, "nobody@example.com"):
        answers = [browser_client.post("/auth/password/reset", {"email": email}) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [202, 202, 202, 429]


def test_every_way_to_set_a_password_knows_the_length_limit() -> None:
    """Django's validators stand behind forms, commands and the shell alike."""
    with pytest.raises(ValidationError, match=r"at most 1,024 characters; this one has 1,025"):
        validate_password("long " * 205)

    assert "Use 15 to 1,024 characters." in password_validators_help_texts()


def test_password_that_finds_no_place_to_be_hashed_is_not_counted(
    browser_client: BrowserClient, alice: User, settings: Any
) -> None:
    """503 before anything happened: who waits in vain is no guesser."""
    settings.GATEHOUSE = {**settings.GATEHOUSE, "HASHING_PLACES": 0}

    answer = browser_client.sign_in(alice, "wrong, but long enough")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"
    assert not FailureCount.objects.exists()


@pytest.mark.parametrize(
    "password",
    [
        *("gatehouse gatehouse", "Gate-House x7Kq2w !?", "gatehouse-alice-2024"),
        *("Alice Example x7Kq2w", "\uff27\uff21\uff34\uff25house gatehouse"),
        *("Password123456!!", "..2024 Sunshine 2025..", "Summer Summer 2024"),
        *("correct horse battery staple", "CorrectHorseBatteryStaple1"),
    ],
)
def test_password_that_is_a_first_guess_with_little_changes_is_refused(
    alice: User, password: str
) -> None:
    """Context words, common passwords and the famous phrase count as little when varied."""
    with pytest.raises(ValidationError, match=r"^..This is easy to guess: (little more|a common)"):
        validate_password(password, alice)


@pytest.mark.parametrize(
    "password",
    [
        *(NEW, "alice walks the long way home", "gatehouse keeps eleven owls"),
        *("correct horses eat no staples", "6031-8847-x-5520-9173", "?+~%&=<>^#*!;:/|"),
    ],
)
def test_password_that_only_holds_a_known_word_is_taken(alice: User, password: str) -> None:
    """No rule of composition: enough that is unrelated stands beside it."""
    validate_password(password, alice)


@pytest.mark.parametrize(
    ("password", "said"),
    [
        (
            "Password 1234567",
            ["This is easy to guess: a common password, or one with little around"],
        ),
        ("heron noon", ["A password needs at least 15 characters; this one has 10."]),
        ("123456789012345", ["This is easy to guess: known words, names or passwords."]),
        ("michaeljacksonmichael", ["This is easy to guess: known words, names or passwords."]),
        ("xyxyxyxyxyxyxyxyxy", ["This is easy to guess: something repeated."]),
        ("qwertyuiop[]asdfgh", ["This is easy to guess: keys in a row."]),
    ],
)
def test_password_is_refused_with_each_reason_once(
    alice: User, password: str, said: list[str]
) -> None:
    """One box holds the reasons: none of them may stand there twice, nor in another's words."""
    with pytest.raises(ValidationError) as refusal:
        validate_password(password, alice)

    told = refusal.value.messages
    assert [text.startswith(start) for text, start in zip(told, said, strict=True)] == [True]
    assert " ".join(told).count("easy to guess") <= 1


def test_empty_password_is_refused(alice: User) -> None:
    """Forms of the project may hand over whatever they got."""
    with pytest.raises(ValidationError, match="this one has 0"):
        validate_password("", alice)


def test_password_set_with_accents_beside_is_kept_composed(
    browser_client: BrowserClient, api_client: BearerClient, alice: User
) -> None:
    """NIST SP 800-63B-4 section 3.1.1.2: both keyboards open the account afterwards."""
    beside, composed = (
        "Zoe\u0308 kauft fu\u0308nf A\u0308pfel",
        "Zo\u00eb kauft f\u00fcnf \u00c4pfel",
    )
    alice.set_password(beside)
    alice.save()

    for typed in (beside, composed):
        assert browser_client.sign_in(alice, typed).status_code == 200
        assert api_client.sign_in(alice, typed).status_code == 200
