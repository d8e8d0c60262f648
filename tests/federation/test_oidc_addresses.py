"""The address of somebody new at the identity provider: where it is told, and who vouches for it."""

from typing import Any

import pytest
from django.http import HttpResponse
from joserfc import jwt
from joserfc.jwk import ECKey

from accounts.federation import provider
from accounts.federation.models import Identity
from accounts.models import Session
from accounts.users.models import User
from tests.clients import BrowserClient
from tests.federation.stand_in import HANDSHAKE, SUBJECT, StandIn, kept, outcome

pytestmark = pytest.mark.django_db

UNSAID = {"email_verified": None}


# Where somebody goes whose address nobody vouches for: a mailed link has to prove it.
PROVE_IT = "/login/link"


def page(response: HttpResponse) -> str:
    """Where the browser is sent, without the query; the reason, if that is a refusal."""
    return outcome(response).partition("?")[0]


def assert_nobody_got_in(client: BrowserClient) -> None:
    assert not User.objects.exists()
    assert not Identity.objects.exists()
    assert not Session.objects.exists()
    assert not kept(client, HANDSHAKE)


@pytest.mark.parametrize("said", [True, "true", "True", "TRUE"])
@pytest.mark.parametrize("place", ["the ID token", "userinfo"])
def test_address_that_the_provider_calls_verified_makes_an_account(
    idp: StandIn, browser_client: BrowserClient, said: Any, place: str
) -> None:
    """As OpenID Connect has it, or as a text, which is how some providers say it."""
    told = {"email": "here@example.com", "email_verified": said}
    (idp.changes if place == "the ID token" else idp.person).update(told)

    assert outcome(idp.sign_in(browser_client)) == "/notes"
    assert User.objects.get().email == "here@example.com"


@pytest.mark.parametrize(
    "said", [False, "false", "False", "", "1", 1, 1.0, "yes", " true", "true ", [True], {"a": 1}]
)
@pytest.mark.parametrize("trusted", [False, True])
def test_address_that_the_provider_does_not_call_verified_makes_no_account(
    idp: StandIn, browser_client: BrowserClient, settings: Any, said: Any, trusted: bool
) -> None:
    """Nothing else means yes, and no setting turns a no into a yes."""
    settings.GATEHOUSE = {**settings.GATEHOUSE, "OIDC_TRUST_EMAIL": trusted}
    idp.person["email_verified"] = said

    assert page(idp.sign_in(browser_client)) == PROVE_IT
    assert_nobody_got_in(browser_client)


@pytest.mark.parametrize(
    "email",
    [
        None,
        "",
        "not an address",
        7,
        ["dora@example.com"],
        "a@b",
        f"{'a' * 64}@{'.'.join(['b' * 60] * 3)}.example",
        "weiß@example.com",
        "\u212aim@example.com",  # the Kelvin sign, which NFC turns into a K
        "dora@xn--a.example",
        "dora@" + "ü" * 300,
    ],
)
def test_address_that_is_none_makes_no_account(
    idp: StandIn, browser_client: BrowserClient, email: Any
) -> None:
    """An account needs one that mail can reach."""
    idp.person["email"] = email

    assert outcome(idp.sign_in(browser_client)) == "oidc_unverified"
    assert_nobody_got_in(browser_client)


def test_address_from_the_provider_gets_its_one_spelling(
    idp: StandIn, browser_client: BrowserClient
) -> None:
    """No letter of it becomes another: the account is on the address that was proven."""
    idp.person |= {"email": "Dora@Straße.example"}

    assert outcome(idp.sign_in(browser_client)) == "/notes"
    assert User.objects.get().email == "dora@xn--strae-oqa.example"


@pytest.mark.parametrize(
    ("trusted", "goes"), [(True, "/notes"), (False, PROVE_IT)], ids=["trusted", "usual"]
)
@pytest.mark.parametrize("place", ["the ID token", "userinfo"])
def test_address_of_which_the_provider_says_nothing_is_for_the_operator_to_trust(
    idp: StandIn, browser_client: BrowserClient, settings: Any, trusted: bool, goes: str, place: str
) -> None:
    """Some providers never say; whoever runs this may know that nobody chooses an address there."""
    settings.GATEHOUSE = {**settings.GATEHOUSE, "OIDC_TRUST_EMAIL": trusted}
    idp.person |= UNSAID
    if place == "the ID token":
        idp.changes["email"] = "here@example.com"

    assert page(idp.sign_in(browser_client)) == goes
    assert User.objects.exists() is trusted


def test_word_that_stands_at_userinfo_alone_is_looked_for_there(
    idp: StandIn, browser_client: BrowserClient
) -> None:
    """The ID token has the address, and does not say whether it is verified."""
    idp.changes["email"] = "dora@example.com"

    assert outcome(idp.sign_in(browser_client)) == "/notes"
    assert "/userinfo" in idp.requests


def test_word_about_one_address_does_not_count_for_another(
    idp: StandIn, browser_client: BrowserClient
) -> None:
    """The address is the one that the word is about."""
    idp.changes["email"] = "somebody-else@example.com"

    assert outcome(idp.sign_in(browser_client)) == "/notes"
    assert User.objects.get().email == "dora@example.com"


def test_word_without_an_address_counts_for_none(
    idp: StandIn, browser_client: BrowserClient
) -> None:
    """Userinfo says that something is verified, and not what."""
    idp.changes["email"] = "somebody-else@example.com"
    del idp.person["email"]

    assert page(idp.sign_in(browser_client)) == PROVE_IT


def test_no_of_the_id_token_is_not_asked_about_again(
    idp: StandIn, browser_client: BrowserClient
) -> None:
    """Both stand there; userinfo is for what is missing."""
    idp.changes |= {"email": "here@example.com", "email_verified": False}

    assert page(idp.sign_in(browser_client)) == PROVE_IT
    assert "/userinfo" not in idp.requests


def test_name_of_the_id_token_counts_where_userinfo_has_none(
    idp: StandIn, browser_client: BrowserClient
) -> None:
    """A provider may spread what it tells."""
    idp.person["name"] = None
    idp.changes["name"] = "Dora D."

    idp.sign_in(browser_client)

    assert User.objects.get().name == "Dora D."


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("👩\u200d👧", "👩\u200d👧"),
        (" Dora\nDormouse\t", "Dora Dormouse"),
        ("Do\0ra\ud800", "Do ra"),
        ("D" * 200, "D" * 150),
        ("\x01", ""),
        (7, ""),
        (None, ""),
    ],
)
def test_name_from_the_provider_is_kept_on_one_line(
    idp: StandIn, browser_client: BrowserClient, told: Any, kept: str
) -> None:
    """Nobody can be asked for another one, so a blank takes the place of what no name has."""
    idp.person |= {"name": told}

    assert outcome(idp.sign_in(browser_client)) == "/notes"
    assert User.objects.get().name == kept


def test_user_info_about_somebody_else_is_refused(
    idp: StandIn, browser_client: BrowserClient
) -> None:
    """OpenID Connect Core 5.3.2: its subject must be the ID token's."""
    idp.person["sub"] = "another"

    assert outcome(idp.sign_in(browser_client)) == "oidc_failed"
    assert_nobody_got_in(browser_client)


@pytest.mark.parametrize(
    ("endpoint", "reason"), [(None, "oidc_unverified"), ("http://example.com/", "oidc_unavailable")]
)
def test_provider_without_safe_user_info_makes_no_account(
    idp: StandIn, browser_client: BrowserClient, endpoint: str | None, reason: str
) -> None:
    """Nobody vouches for an address, or the access token would travel in the clear."""
    told = {**idp.metadata, "userinfo_endpoint": endpoint}
    idp.answers["/.well-known/openid-configuration"] = (200, {}, told)

    assert outcome(idp.sign_in(browser_client)) == reason
    assert_nobody_got_in(browser_client)


def test_address_may_stand_in_the_id_token(idp: StandIn, browser_client: BrowserClient) -> None:
    """Some providers put it there; then user info is not asked for."""
    idp.changes |= {"email": "here@example.com", "email_verified": True}

    assert outcome(idp.sign_in(browser_client)) == "/notes"
    assert User.objects.get().email == "here@example.com"
    assert "/userinfo" not in idp.requests


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405])
def test_userinfo_that_is_refused_stops_nobody_who_needs_none(
    idp: StandIn, browser_client: BrowserClient, settings: Any, status: int
) -> None:
    """The provider is not in trouble: it tells nothing, and goes on being asked."""
    idp.answers["/userinfo"] = (status, {}, {"error": "insufficient_scope"})
    assert outcome(idp.sign_in(browser_client)) == "oidc_unverified"
    idp.changes |= {"email": "here@example.com", "email_verified": True}

    assert outcome(idp.sign_in(browser_client)) == "/notes"


@pytest.mark.parametrize("status", [429, 500])
def test_userinfo_that_does_not_answer_is_said_so(
    idp: StandIn, browser_client: BrowserClient, status: int
) -> None:
    """A later try may well succeed."""
    idp.answers["/userinfo"] = (status, {}, {})

    assert outcome(idp.sign_in(browser_client)) == "oidc_unavailable"


def test_userinfo_that_is_no_object_tells_nothing(
    idp: StandIn, browser_client: BrowserClient
) -> None:
    """JSON can be anything."""
    idp.answers["/userinfo"] = (200, {}, ["dora@example.com"])

    assert outcome(idp.sign_in(browser_client)) == "oidc_unverified"


def signed(idp: StandIn, key: ECKey | None = None, **changes: Any) -> None:
    """Have userinfo answer with a JWT (OpenID Connect Core 5.3.2)."""
    claims = {"sub": SUBJECT, **idp.person, **changes}
    told = jwt.encode({"alg": "ES256", "kid": "first"}, claims, key or idp.key)
    kind = {"Content-Type": "application/jwt; charset=utf-8"}
    idp.answers["/userinfo"] = (200, kind, f"{told}\n".encode())


@pytest.mark.parametrize("aud", [None, "gatehouse", ["another", "gatehouse"]])
def test_userinfo_as_a_token_of_the_provider_is_read(
    idp: StandIn, browser_client: BrowserClient, aud: Any
) -> None:
    """Whether or not it says who it is from and for."""
    signed(idp, **({"iss": idp.issuer, "aud": aud} if aud else {}))

    assert outcome(idp.sign_in(browser_client)) == "/notes"
    assert User.objects.get().email == "dora@example.com"


@pytest.mark.parametrize("kind", ["another key", "another issuer", "another audience", "encrypted"])
def test_userinfo_as_a_token_of_somebody_else_tells_nothing(
    idp: StandIn, browser_client: BrowserClient, kind: str
) -> None:
    """And nobody else has to wait for it."""
    thief = ECKey.generate_key("P-256", {"kid": "first"})
    if kind == "encrypted":
        idp.answers["/userinfo"] = (200, {"Content-Type": "application/jwt"}, b"a.b.c.d.e")
    else:
        changes = {"another issuer": {"iss": "https://evil.example"}}
        changes["another audience"] = {"aud": ["another"]}
        signed(idp, thief if kind == "another key" else None, **changes.get(kind, {}))

    assert outcome(idp.sign_in(browser_client)) == "oidc_unverified"
    assert provider.metadata()["issuer"] == idp.issuer
    assert_nobody_got_in(browser_client)


def test_userinfo_as_a_token_about_somebody_else_is_refused(
    idp: StandIn, browser_client: BrowserClient
) -> None:
    """Signed or not, its subject must be the ID token's."""
    signed(idp, sub="another")

    assert outcome(idp.sign_in(browser_client)) == "oidc_failed"
    assert_nobody_got_in(browser_client)
