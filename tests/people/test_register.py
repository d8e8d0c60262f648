"""Registration: the address first, the password after the link."""

import pytest
from django.core import mail
from django.db.models.functions import Now

from accounts import subjects
from accounts.audit.models import SecurityEvent
from accounts.people.links import LIFE
from accounts.people.models import LinkToken
from accounts.tokens.keys import unb64
from accounts.users.models import User
from tests.clients import BrowserClient
from tests.people import mails

pytestmark = pytest.mark.django_db(transaction=True)

DORA = "dora@example.com"
PASSWORD = "seven grey herons at noon"


def register(client: BrowserClient, email: str = DORA, name: str = "Dora") -> str:
    """Asks for an account and returns the token that the mail brings."""
    client.get("/auth/session")
    assert client.post("/auth/register", {"email": email, "name": name}).status_code == 202
    return mails.token_in(mails.to(email))


def test_link_used_with_password_creates_the_account(browser_client: BrowserClient) -> None:
    """The account exists after the link was used, is not signed in, and can sign in."""
    token = register(browser_client)
    assert not User.objects.filter(email=DORA).exists()

    answer = browser_client.post("/auth/email/verify", {"token": token, "password": PASSWORD})

    assert answer.status_code == 204
    assert User.objects.get(email=DORA).name == "Dora"
    assert not browser_client.get("/auth/session").json()["authenticated"]
    assert browser_client.sign_in(DORA, PASSWORD).status_code == 200


def test_known_address_gets_the_same_answer_and_another_mail(
    browser_client: BrowserClient, alice: User
) -> None:
    """Only the mail tells its reader that there is an account."""
    browser_client.get("/auth/session")
    known = browser_client.post("/auth/register", {"email": " ALICE@example.com", "name": "A"})
    new = browser_client.post("/auth/register", {"email": DORA, "name": "D"})

    assert (known.status_code, known.content) == (new.status_code, new.content) == (202, b"")
    assert mails.to("alice@example.com").subject == "You already have an account"
    assert "#token" not in mails.to("alice@example.com").body


def test_name_given_at_registration_is_in_no_mail(browser_client: BrowserClient) -> None:
    """A stranger cannot have a message of theirs delivered to any address."""
    register(browser_client, name="Visit evil.example now")
    assert "evil" not in f"{mails.to(DORA).subject}{mails.to(DORA).body}"


def test_link_used_twice_is_refused(browser_client: BrowserClient) -> None:
    """A link works once."""
    token = register(browser_client)
    body = {"token": token, "password": PASSWORD}
    browser_client.post("/auth/email/verify", body)

    again = browser_client.post("/auth/email/verify", body)

    assert again.status_code == 400
    assert again.json()["code"] == "validation_failed"
    assert list(again.json()["errors"]) == ["token"]


def test_expired_used_and_unknown_links_are_refused_alike(browser_client: BrowserClient) -> None:
    """The answer does not say why a link is dead."""
    token = register(browser_client)
    LinkToken.objects.update(created_at=Now() - LIFE)

    body = {"token": token, "password": PASSWORD}
    expired = browser_client.post("/auth/email/verify", body)
    unknown = browser_client.post("/auth/email/verify", {**body, "token": "x" * 43})

    assert expired.status_code == 400
    assert expired.content == unknown.content


def test_good_link_without_password_is_told_so_and_stays_good(
    browser_client: BrowserClient,
) -> None:
    """A page can ask whether a link still works before anything is typed."""
    token = register(browser_client)

    first = browser_client.post("/auth/email/verify", {"token": token})

    assert list(first.json()["errors"]) == ["password"]
    body = {"token": token, "password": PASSWORD}
    assert browser_client.post("/auth/email/verify", body).status_code == 204


@pytest.mark.parametrize(
    "password", ["fourteen chars", "passwordpassword", "dora@example.com dora", "a" * 1025]
)
def test_weak_password_is_refused_and_the_link_stays_good(
    browser_client: BrowserClient, password: str
) -> None:
    """The rules are told; the link can be tried again."""
    token = register(browser_client)

    weak = browser_client.post("/auth/email/verify", {"token": token, "password": password})

    assert weak.status_code == 400
    assert list(weak.json()["errors"]) == ["password"]
    body = {"token": token, "password": PASSWORD}
    assert browser_client.post("/auth/email/verify", body).status_code == 204


def test_password_is_kept_as_typed(browser_client: BrowserClient) -> None:
    """Outer spaces and any characters count (ASVS 5.0 6.2.8, 6.2.9)."""
    password = "  six wet pears 🍐 fall  "
    token = register(browser_client)
    browser_client.post("/auth/email/verify", {"token": token, "password": password})

    assert browser_client.sign_in(DORA, password.strip()).status_code == 401
    assert browser_client.sign_in(DORA, password).status_code == 200


def test_second_link_after_the_account_exists_is_refused(browser_client: BrowserClient) -> None:
    """Two links to one address make one account."""
    first, second = register(browser_client), register(browser_client)
    browser_client.post("/auth/email/verify", {"token": first, "password": PASSWORD})

    answer = browser_client.post("/auth/email/verify", {"token": second, "password": PASSWORD})

    assert list(answer.json()["errors"]) == ["token"]
    assert User.objects.filter(email=DORA).count() == 1


def test_fourth_request_for_an_address_is_throttled(
    browser_client: BrowserClient, alice: User
) -> None:
    """Three an hour for an address, known or not."""
    browser_client.get("/auth/session")
    for email in (DORA, alice.email):
        body = {"email": email, "name": ""}
        answers = [browser_client.post("/auth/register", body) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
        assert int(answers[-1]["Retry-After"]) <= 600


def test_many_addresses_from_one_network_are_throttled(browser_client: BrowserClient) -> None:
    """Twenty an hour for a network."""
    browser_client.get("/auth/session")
    answers = [
        browser_client.post("/auth/register", {"email": f"p{n}@example.com"}) for n in range(21)
    ]
    assert [answer.status_code for answer in answers] == [202] * 20 + [429]


@pytest.mark.parametrize(
    "body", [{}, {"email": "nobody"}, {"email": DORA, "name": "a\nb"}, {"email": ["x"]}]
)
def test_malformed_registration_is_refused(browser_client: BrowserClient, body: object) -> None:
    """What is no address, and what is no name, is told by field."""
    browser_client.get("/auth/session")
    assert browser_client.post("/auth/register", body).json()["code"] == "validation_failed"


def test_other_fields_are_ignored(browser_client: BrowserClient) -> None:
    """Nobody registers as staff (mass assignment, ASVS 5.0 15.3.3)."""
    browser_client.get("/auth/session")
    body = {"email": DORA, "name": "D", "is_staff": True, "is_superuser": True, "password": "x"}
    browser_client.post("/auth/register", body)
    token = mails.token_in(mails.to(DORA))
    browser_client.post("/auth/email/verify", {"token": token, "password": PASSWORD, "ver": 9})

    user = User.objects.get(email=DORA)
    assert (user.is_staff, user.is_superuser, subjects.of(user).ver) == (False, False, 1)


def test_token_is_stored_as_a_hash_alone(browser_client: BrowserClient) -> None:
    """Neither the table of links nor any event holds what is in the mail."""
    token = register(browser_client)
    browser_client.post("/auth/email/verify", {"token": token, "password": PASSWORD})

    stored = str([list(LinkToken.objects.values()), list(SecurityEvent.objects.values())])
    assert token not in stored


def test_registration_without_csrf_token_is_refused(browser_client: BrowserClient) -> None:
    """Another site cannot make mails go out in a visitor's name."""
    answer = browser_client.post("/auth/register", {"email": DORA}, headers={"Origin": None})
    assert answer.json()["code"] == "csrf_failed"
    assert mail.outbox == []


def test_server_without_mail_says_so(browser_client: BrowserClient, settings: object) -> None:
    """Where no mail can be sent nobody is left waiting for one."""
    settings.GATEHOUSE = {**settings.GATEHOUSE, "MAIL": False}
    browser_client.get("/auth/session")
    for path in ("/auth/register", "/auth/password/reset"):
        answer = browser_client.post(path, {"email": DORA})
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert answer.json()["detail"] == "This server sends no mail, so nobody can do this here."
        assert "Retry-After" not in answer  # trying again would not help


def test_link_tells_its_page_whom_it_is_for(browser_client: BrowserClient) -> None:
    """In its token, after 43 random letters, where no sign of the address ends it early."""
    browser_client.get("/auth/session")
    browser_client.post("/auth/register", {"email": "kim+a&token=b#%41@bücher.example"})

    message = mails.to("kim+a&token=b#%41@xn--bcher-kva.example")

    told = unb64(mails.token_in(message)[43:]).decode()
    assert told == "kim+a&token=b#%41@xn--bcher-kva.example"
