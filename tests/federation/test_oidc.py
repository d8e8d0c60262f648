"""Sign-in through an identity provider: what must be refused, and what is kept where."""

import json
import time
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest, HttpResponse
from joserfc.jwk import ECKey, OctKey
from joserfc.jws import serialize_compact

from accounts.audit.models import SecurityEvent
from accounts.federation import checks, matching, provider
from accounts.federation.models import Identity
from accounts.federation.protocol import Proof, SignInError
from accounts.models import Session
from accounts.tests.meeting import just_before
from accounts.users.models import User
from tests.clients import PASSWORDS, BrowserClient
from tests.federation.stand_in import PENDING, SUBJECT, StandIn, kept, outcome

ACCESS = "__Host-Http-access_token"

LONG_AGO, FAR_AWAY = 1_000_000_000, 4_000_000_000

pytestmark = pytest.mark.django_db


def assert_nothing_happened(client: BrowserClient) -> None:
    assert not User.objects.exists()
    assert not Identity.objects.exists()
    assert not Session.objects.exists()
    assert ACCESS not in client.cookies
    assert not kept(client)


def test_request_asks_for_a_code_with_pkce_state_and_nonce(
    idp: StandIn, browser_client: BrowserClient
) -> None:
    """What goes to the provider, and where it must answer, comes from our settings alone."""
    sent = idp.begin(browser_client)

    assert sent["response_type"] == "code"
    assert sent["client_id"] == "gatehouse"
    assert sent["redirect_uri"] == "http://localhost/auth/oidc/callback"
    assert sent["scope"] == "openid email profile"
    assert sent["code_challenge_method"] == "S256"
    assert len(sent["state"]) >= 43
    assert len(sent["nonce"]) >= 43
    assert "prompt" not in sent


def test_new_person_becomes_a_user_without_a_password(
    idp: StandIn, browser_client: BrowserClient
) -> None:
    """The account, the identity, the session and the events of a first sign-in."""
    assert outcome(idp.sign_in(browser_client)) == "/notes"

    user = User.objects.get()
    assert (user.email, user.name, user.has_usable_password()) == (
        "dora@example.com",
        "Dora",
        False,
    )
    assert user.gatehouse_identities.get().subject == SUBJECT
    assert user.gatehouse_sessions.get().method == "oidc"
    assert user.last_login is not None
    assert [e.kind for e in user.gatehouse_events.order_by("id")] == [
        "account_created",
        "signed_in",
    ]
    assert browser_client.get("/api/me").status_code == 200
    assert not kept(browser_client)


def test_known_identity_is_found_again_though_its_address_has_changed(
    idp: StandIn, browser_client: BrowserClient
) -> None:
    """Issuer and subject count, not the address; and nobody asks for user info any more."""
    idp.sign_in(browser_client)
    idp.person["email"] = "new@example.com"
    idp.requests.clear()

    assert outcome(idp.sign_in(browser_client)) == "/notes"

    assert User.objects.get().email == "dora@example.com"
    assert Session.objects.filter(ended_at=None).count() == 1
    assert Session.objects.exclude(ended_at=None).get().end_reason == "replaced"
    assert "/userinfo" not in idp.requests


def test_remember_makes_a_long_session(idp: StandIn, browser_client: BrowserClient) -> None:
    """The tick of the sign-in page survives the trip."""
    idp.sign_in(browser_client, "?remember=1")

    assert Session.objects.get().idle_seconds == 7 * 86400


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": ["gatehouse", "another"]},
        {"aud": None},
        {"azp": "another"},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": LONG_AGO},
        {"exp": "tomorrow"},
        {"exp": None},
        {"iat": FAR_AWAY},
        {"iat": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "s" * 256},
        {"at_hash": "another"},
        {"auth_time": "today"},
    ],
)
def test_id_token_with_a_wrong_claim_is_refused(
    idp: StandIn, browser_client: BrowserClient, changes: dict[str, Any]
) -> None:
    """Each claim that OpenID Connect Core 3.1.3.7 names, wrong or missing."""
    idp.changes = changes

    assert outcome(idp.sign_in(browser_client)) == "oidc_failed"
    assert_nothing_happened(browser_client)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": ["gatehouse"]},
        {"aud": ["gatehouse", "another"], "azp": "gatehouse"},
        {"aud": ["another", "gatehouse"], "azp": "gatehouse"},
        {"azp": "gatehouse"},
        {"exp": FAR_AWAY + 0.5},
        {"amr": ["pwd", "mfa"], "acr": "1", "at_hash": None, "auth_time": None},
    ],
)
def test_id_token_in_another_lawful_form_is_taken(
    idp: StandIn, browser_client: BrowserClient, changes: dict[str, Any]
) -> None:
    """Audiences may be a list, times need not be whole (OpenID Connect Core 2 and 3.1.3.7)."""
    idp.changes = changes

    assert outcome(idp.sign_in(browser_client)) == "/notes"


@pytest.mark.parametrize("kind", ["none", "HS256", "other key", "not a token", "missing", "huge"])
def test_id_token_with_a_wrong_signature_is_refused(
    idp: StandIn, browser_client: BrowserClient, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unsigned, signed with our own secret, or by another: none is the provider's (RFC 8725)."""

    def forged() -> Any:
        payload = json.dumps(idp.claims()).encode()
        if kind == "none":
            parts = (b'{"alg":"none"}', payload, b"")
            return ".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
        if kind == "HS256":
            key = OctKey.import_key("a secret that both sides know, long enough")
            return serialize_compact({"alg": kind}, payload, key)
        if kind == "other key":
            thief = ECKey.generate_key("P-256")
            return serialize_compact({"alg": "ES256", "kid": "first"}, payload, thief)
        return {"not a token": "a.b.c", "missing": None, "huge": "a" * 20_000}[kind]

    monkeypatch.setattr(idp, "id_token", forged)

    assert outcome(idp.sign_in(browser_client)) == "oidc_failed"
    assert_nothing_happened(browser_client)


def test_new_signing_key_of_the_provider_is_fetched_once(
    idp: StandIn, browser_client: BrowserClient
) -> None:
    """An unknown key id makes us look again; sending more of them does not."""
    idp.sign_in(browser_client)
    idp.key = ECKey.generate_key("P-256", {"kid": "second", "use": "sig"})
    idp.published = [idp.key.as_dict(private=False)]
    provider.memory().documents[f"{idp.issuer}/jwks"] = (
        time.monotonic() - 60,
        provider.memory().documents[f"{idp.issuer}/jwks"][1],
    )
    assert outcome(idp.sign_in(browser_client)) == "/notes"
    idp.key = ECKey.generate_key("P-256", {"kid": "third", "use": "sig"})
    idp.requests.clear()

    assert outcome(idp.sign_in(browser_client)) == "oidc_failed"
    assert "/jwks" not in idp.requests


@pytest.mark.parametrize(
    "changes",
    [
        {"code": None},
        {"code": ["a-code", "a-code"]},
        {"iss": None},
        {"iss": "https://evil.example"},
        {"error": "server_error"},
    ],
)
def test_answer_of_this_trip_that_does_not_hold_is_refused(
    idp: StandIn, browser_client: BrowserClient, changes: dict[str, Any]
) -> None:
    """RFC 9207's issuer, exactly one code; the code of such an answer is sent nowhere."""
    sent = idp.begin(browser_client)

    assert outcome(idp.finish(browser_client, sent, **changes)) == "oidc_failed"
    assert "/token" not in idp.requests
    assert_nothing_happened(browser_client)
    assert SecurityEvent.objects.get().kind == "sign_in_failed"


def test_refusal_at_the_provider_is_no_failed_sign_in(
    idp: StandIn, browser_client: BrowserClient
) -> None:
    """Somebody who turns back there has done nothing wrong."""
    sent = idp.begin(browser_client)
    answer = idp.finish(browser_client, sent, code=None, error="access_denied")

    assert outcome(answer) == "oidc_cancelled"
    assert not SecurityEvent.objects.exists()


def test_provider_that_is_busy_is_no_failed_sign_in(
    idp: StandIn, browser_client: BrowserClient
) -> None:
    """It says so itself (RFC 6749 section 4.1.2.1)."""
    sent = idp.begin(browser_client)
    answer = idp.finish(browser_client, sent, code=None, error="temporarily_unavailable")

    assert outcome(answer) == "oidc_unavailable"
    assert not SecurityEvent.objects.exists()


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/.well-known/openid-configuration", (500, {}, {})),
        ("/.well-known/openid-configuration", (200, {}, b"<html>")),
        ("/.well-known/openid-configuration", (200, {}, [])),
        ("/.well-known/openid-configuration", (200, {}, {"issuer": "https://evil.example"})),
        ("/.well-known/openid-configuration", (302, {"Location": "/elsewhere"}, {})),
        ("/token", (500, {}, {})),
        ("/token", (200, {}, b"no")),
        ("/jwks", (404, {}, {})),
        ("/userinfo", (503, {}, {})),
    ],
)
def test_provider_in_trouble_is_said_so(
    idp: StandIn, browser_client: BrowserClient, path: str, answer: Any
) -> None:
    """Whatever fails there, the person gets a page of ours, and no redirect is followed."""
    idp.answers[path] = answer
    if path.startswith("/.well-known"):
        response = browser_client.get("/auth/oidc/login")
    else:
        response = idp.sign_in(browser_client)

    assert outcome(response) == "oidc_unavailable"
    assert "/elsewhere" not in idp.requests
    assert_nothing_happened(browser_client)


def test_redirect_of_the_token_endpoint_is_not_followed(
    idp: StandIn, browser_client: BrowserClient
) -> None:
    """Our secret and the code would go wherever it leads."""
    idp.answers["/token"] = (307, {"Location": "/elsewhere"}, {})

    assert outcome(idp.sign_in(browser_client)) == "oidc_failed"
    assert "/elsewhere" not in idp.requests


def test_silent_provider_is_not_asked_again_at_once(
    idp: StandIn, browser_client: BrowserClient
) -> None:
    """After a failure nobody else waits for it for a moment."""
    idp.answers["/.well-known/openid-configuration"] = (500, {}, {})
    for _ in range(3):
        assert outcome(browser_client.get("/auth/oidc/login")) == "oidc_unavailable"

    assert len(idp.requests) == 1


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
@pytest.mark.parametrize("address", ["http://example.com/", "file:///etc/passwd", "", None])
def test_endpoint_that_is_not_https_is_refused(
    idp: StandIn, browser_client: BrowserClient, name: str, address: str | None
) -> None:
    """Codes and our secret travel to these addresses."""
    told = {**idp.metadata, name: address}
    idp.answers["/.well-known/openid-configuration"] = (200, {}, told)

    assert outcome(browser_client.get("/auth/oidc/login")) == "oidc_unavailable"


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://id.example.com", True),
        ("http://127.0.0.1:9000/x", True),
        ("http://[::1]:9000/x", True),
        ("http://localhost/x", True),
        ("http://id.localhost/x", True),
        ("http://id.example.com", False),
        ("http://127.0.0.1.example.com", False),
        ("https://user@id.example.com", False),
        ("https://id.example.com/#x", False),
        ("https://", False),
        ("https://[", False),
        ("//id.example.com", False),
    ],
)
def test_only_https_or_loopback_is_asked(address: str, safe: bool) -> None:
    """Which addresses a request of ours may go to."""
    assert provider.is_safe(address) is safe


def test_two_first_sign_ins_at_once_make_one_account(idp: StandIn) -> None:
    """The second finds the account made; its person tries again."""
    proof = Proof(idp.issuer, SUBJECT, {}, "opaque")
    matching.create(HttpRequest(), proof, "dora@example.com", "Dora")

    with pytest.raises(SignInError):
        matching.create(HttpRequest(), proof, "dora@example.com", "Dora")
    assert User.objects.count() == 1
    assert Identity.objects.count() == 1


@pytest.mark.parametrize("change", ["unlinked", "inactive"])
def test_identity_that_is_unlinked_during_its_sign_in_opens_no_session(
    idp: StandIn, browser_client: BrowserClient, change: str
) -> None:
    """Staff unlink it, or switch the account off, while its owner comes back from the provider."""
    idp.sign_in(browser_client)
    sent = idp.begin(browser_client)
    acts = {
        "unlinked": lambda: Identity.objects.all().delete(),
        "inactive": lambda: User.objects.update(is_active=False),
    }

    with just_before("SAVEPOINT", acts[change]):
        answer = idp.finish(browser_client, sent)

    assert outcome(answer) == "oidc_failed"
    assert Session.objects.count() == 1  # the one from before


def test_inactive_user_is_refused(idp: StandIn, browser_client: BrowserClient) -> None:
    """Deactivation counts for every way to sign in."""
    idp.sign_in(browser_client)
    user = User.objects.get()
    user.is_active = False
    user.save()

    assert outcome(idp.sign_in(browser_client)) == "oidc_inactive"
    assert not Session.objects.filter(ended_at=None).exists()
    assert user.gatehouse_events.filter(kind="sign_in_failed").count() == 1


def test_address_of_an_inactive_account_is_refused(
    idp: StandIn, browser_client: BrowserClient, alice: User
) -> None:
    """A deactivated person does not come back through the provider."""
    alice.is_active = False
    alice.save()
    idp.person["email"] = alice.email

    assert outcome(idp.sign_in(browser_client)) == "oidc_inactive"


def link(client: BrowserClient, password: str) -> HttpResponse:
    if "__Host-csrftoken" not in client.cookies:
        client.get("/auth/session")
    return client.post("/auth/oidc/link", {"password": password})


def test_linking_takes_the_password_of_the_account(
    idp: StandIn, browser_client: BrowserClient, alice: User, mailoutbox: list[Any]
) -> None:
    """Until then nothing is written; afterwards the identity signs in by itself."""
    idp.person["email"] = "Alice@Example.com"
    place = outcome(idp.sign_in(browser_client, "?next=/account"))
    [waits] = kept(browser_client, PENDING)
    assert place == f"/login/link?trip={waits.removeprefix(PENDING)}&next=%2Faccount"
    assert browser_client.cookies[waits]["samesite"] == "Strict"
    assert not Session.objects.exists()

    assert browser_client.get("/auth/oidc/link").json() == {
        "email": alice.email,
        "provider": "Example Provider",
        "ways": ["password"],
    }
    assert link(browser_client, "wrong").json()["code"] == "invalid_credentials"
    assert not Identity.objects.exists()
    assert alice.gatehouse_events.get().kind == "sign_in_failed"  # nobody is signed in yet
    answer = link(browser_client, PASSWORDS[alice.email])

    assert answer.status_code == 200
    assert answer.json()["user"]["email"] == alice.email
    assert Identity.objects.get().user == alice
    assert not kept(browser_client, PENDING)
    assert alice.gatehouse_events.filter(kind="identity_linked").count() == 1
    assert browser_client.get("/auth/oidc/link").status_code == 404
    assert outcome(idp.sign_in(BrowserClient())) == "/notes"


class Swapped(BaseBackend):
    """A directory that knows somebody else by every address."""

    def authenticate(self, request: HttpRequest | None, **_: Any) -> User | None:
        return User.objects.get(email="bob@example.com")


def test_linking_wants_the_very_account_that_waits(
    idp: StandIn, browser_client: BrowserClient, alice: User, bob: User, settings: Any
) -> None:
    """Good credentials of another account link nothing."""
    idp.person["email"] = alice.email
    idp.sign_in(browser_client)
    settings.AUTHENTICATION_BACKENDS = [f"{__name__}.Swapped"]

    assert link(browser_client, "any").json()["code"] == "invalid_credentials"
    assert not Identity.objects.exists()


def test_linking_is_defended_against_other_sites(
    idp: StandIn, browser_client: BrowserClient, alice: User
) -> None:
    """It signs somebody in, so it passes the CSRF defence like any sign-in."""
    idp.person["email"] = alice.email
    idp.sign_in(browser_client)
    browser_client.get("/auth/session")

    answer = browser_client.post(
        "/auth/oidc/link",
        {"password": PASSWORDS[alice.email]},
        headers={"Sec-Fetch-Site": "same-site"},
    )

    assert answer.json()["code"] == "csrf_failed"
    assert not Identity.objects.exists()


def test_linking_is_over_once_the_account_has_another_address(
    idp: StandIn, browser_client: BrowserClient, alice: User
) -> None:
    """The provider vouched for the former one."""
    idp.person["email"] = alice.email
    idp.sign_in(browser_client)
    User.objects.filter(pk=alice.pk).update(email="moved@example.com")

    assert link(browser_client, PASSWORDS["alice@example.com"]).status_code == 404
    assert not Identity.objects.exists()


def test_identity_of_another_user_is_not_taken_over(
    idp: StandIn, browser_client: BrowserClient, alice: User, bob: User
) -> None:
    """An identity that was linked elsewhere meanwhile stays where it is."""
    idp.person["email"] = alice.email
    idp.sign_in(browser_client)
    Identity.objects.create(issuer=idp.issuer, subject=SUBJECT, user=bob)

    assert link(browser_client, PASSWORDS[alice.email]).status_code == 404
    assert Identity.objects.get().user == bob
    assert not Session.objects.exists()


def age_step_up(session: Session) -> None:
    Session.objects.filter(id=session.id).update(
        authenticated_at=session.authenticated_at - timedelta(hours=1)
    )


def needs_step_up(client: BrowserClient) -> bool:
    return client.post("/auth/logout-others").status_code == 403


def test_silent_sign_in_is_no_step_up(idp: StandIn, browser_client: BrowserClient) -> None:
    """A provider that knew the person from before asked them for nothing."""
    idp.changes["auth_time"] = int(time.time()) - 3600
    idp.sign_in(browser_client)
    assert needs_step_up(browser_client)

    idp.changes["auth_time"] = int(time.time())
    idp.sign_in(browser_client)
    assert not needs_step_up(browser_client)


def test_step_up_renews_the_session_of_the_same_identity(
    idp: StandIn, browser_client: BrowserClient
) -> None:
    """The provider is told to ask again, and its word renews this session's time."""
    idp.sign_in(browser_client)
    session = Session.objects.get()
    sent = idp.begin(browser_client, "?reauthenticate=1")
    idp.changes["auth_time"] = int(time.time())

    assert (sent["prompt"], sent["max_age"]) == ("login", "0")
    assert outcome(idp.finish(browser_client, sent)) == "/login/confirmed"
    assert not needs_step_up(browser_client)
    assert Session.objects.get().id == session.id
    assert SecurityEvent.objects.filter(kind="reauthenticated").count() == 1


@pytest.mark.parametrize("seconds", [-50, 20])
def test_step_up_at_a_provider_whose_clock_is_wrong_counts(
    idp: StandIn, browser_client: BrowserClient, seconds: int
) -> None:
    """When it asked, and when it answered, are both told by its clock."""
    idp.sign_in(browser_client)
    age_step_up(Session.objects.get())
    sent = idp.begin(browser_client, "?reauthenticate=1")
    its_time = int(time.time()) + seconds
    idp.changes |= {"iat": its_time, "exp": its_time + 60, "auth_time": its_time}

    assert outcome(idp.finish(browser_client, sent)) == "/login/confirmed"
    assert not needs_step_up(browser_client)


def test_step_up_that_was_proven_before_the_trip_is_refused(
    idp: StandIn, browser_client: BrowserClient
) -> None:
    """By whichever clock: a minute before it answered, and the trip took less."""
    idp.sign_in(browser_client)
    sent = idp.begin(browser_client, "?reauthenticate=1")
    its_time = int(time.time()) - 50
    idp.changes |= {"iat": its_time, "exp": its_time + 60, "auth_time": its_time - 60}

    assert outcome(idp.finish(browser_client, sent)) == "oidc_stale"


@pytest.mark.parametrize("at", [None, LONG_AGO, "now"])
def test_step_up_without_a_fresh_proof_is_refused(
    idp: StandIn, browser_client: BrowserClient, at: Any
) -> None:
    """A provider that did not ask, or does not say when it did, proves nothing new."""
    idp.sign_in(browser_client)
    sent = idp.begin(browser_client, "?reauthenticate=1")
    idp.changes["auth_time"] = at

    expected = "oidc_failed" if at == "now" else "oidc_stale"
    assert outcome(idp.finish(browser_client, sent)) == expected
    assert needs_step_up(browser_client)


def test_step_up_by_another_person_is_refused(
    idp: StandIn, browser_client: BrowserClient, alice: User
) -> None:
    """Neither an unknown identity nor another user's renews this session."""
    browser_client.sign_in(alice)
    age_step_up(Session.objects.get())
    idp.changes["auth_time"] = int(time.time())
    for owner in (None, User.objects.create_user("eve@example.com")):
        if owner:
            Identity.objects.create(issuer=idp.issuer, subject=SUBJECT, user=owner)
        sent = idp.begin(browser_client, "?reauthenticate=1")
        response = idp.finish(browser_client, sent)

        assert response.headers["Location"] == "/login/confirmed?reason=oidc_other_person"
    assert needs_step_up(browser_client)


def test_step_up_needs_a_session(idp: StandIn, browser_client: BrowserClient) -> None:
    """Nobody is signed in: there is nothing to renew."""
    assert outcome(browser_client.get("/auth/oidc/login?reauthenticate=1")) == "session_ended"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_cannot_start_a_trip(
    idp: StandIn, browser_client: BrowserClient, site: str
) -> None:
    """It would sign the person in anew."""
    response = browser_client.get("/auth/oidc/login", headers={"Sec-Fetch-Site": site})

    assert outcome(response) == "/login"
    assert not kept(browser_client)


@pytest.mark.parametrize(
    ("asked", "goes"),
    [
        ("/account", "/account"),
        ("/notes?search=a%20b", "/notes?search=a%20b"),
        ("//evil.example", "/notes"),
        ("/\\evil.example", "/notes"),
        ("/%09/evil.example", "/%09/evil.example"),
        ("/\t/evil.example", "/notes"),
        ("https:evil.example", "/notes"),
        ("javascript:alert(1)", "/notes"),
        ("/auth/oidc/login", "/notes"),
        ("/login", "/notes"),
        ("/login/link", "/notes"),
        ("/login?next=/account", "/notes"),
        ("/login-history", "/login-history"),
        ("/authors", "/authors"),
        ("/notes?search=\u00fcbung", "/notes?search=%C3%BCbung"),
        ("/" + "a" * 499, "/" + "a" * 499),
        ("/" + "a" * 500, "/notes"),
        ("/" + "\u00fc" * 84, "/notes"),
        ("", "/notes"),
    ],
)
def test_next_is_a_path_of_ours(
    idp: StandIn, browser_client: BrowserClient, asked: str, goes: str
) -> None:
    """Wherever a link wants to lead, the person ends on our origin."""
    response = idp.sign_in(browser_client, "?" + urlencode({"next": asked}))

    assert response.headers["Location"] == goes


def test_home_page_is_the_projects_own(
    idp: StandIn, browser_client: BrowserClient, settings: Any
) -> None:
    """Whoever copies this package need not have the page that ours has."""
    settings.GATEHOUSE = {**settings.GATEHOUSE, "HOME": "/welcome"}

    assert outcome(idp.sign_in(browser_client)) == "/welcome"
    idp.answers["/token"] = (400, {}, {"error": "invalid_grant"})
    refused = idp.sign_in(BrowserClient(), "?next=/welcome")
    assert refused.headers["Location"] == "/login?reason=oidc_failed"


def test_failures_of_a_network_use_up_its_budget(
    idp: StandIn, browser_client: BrowserClient
) -> None:
    """Guessing codes is guessing; and each guess costs a request to the provider."""
    idp.answers["/token"] = (400, {}, {"error": "invalid_grant"})
    seen = [outcome(idp.sign_in(browser_client)) for _ in range(101)]

    assert set(seen[:100]) == {"oidc_failed"}
    assert seen[100] == "oidc_throttled"


def test_without_a_provider_the_endpoints_do_not_exist(browser_client: BrowserClient) -> None:
    """No settings, no endpoints, no button."""
    for path in ("login", "callback", "link"):
        assert browser_client.get(f"/auth/oidc/{path}").status_code == 404
    browser_client.get("/auth/session")
    for path in ("link", "link/mail", "link/confirm"):
        body = {"token": "x", "password": "x"}
        assert browser_client.post(f"/auth/oidc/{path}", body).status_code == 404
    assert "/auth/oidc" not in browser_client.get("/login").content.decode()


def test_button_and_dialog_name_the_provider(idp: StandIn, browser_client: BrowserClient) -> None:
    """Both ways in are offered where there is a provider."""
    page = browser_client.get("/login").content.decode()

    assert "Sign in with Example Provider" in page
    assert "Confirm with Example Provider" in page


@pytest.mark.parametrize(
    "changes",
    [
        {"OIDC_ISSUER": "http://id.example.com"},
        {"OIDC_CLIENT_ID": ""},
        {"OIDC_CLIENT_SECRET": ""},
    ],
)
def test_half_a_configuration_is_an_error(
    idp: StandIn, settings: Any, changes: dict[str, str]
) -> None:
    """The server does not start on it."""
    assert checks.identity_provider() == ""
    settings.GATEHOUSE = {**settings.GATEHOUSE, **changes}

    assert "OIDC_CLIENT_ID" in checks.identity_provider()
