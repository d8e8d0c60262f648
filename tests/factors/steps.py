"""What the tests of the second factor do again and again."""

from typing import Any

import pyotp
from django.http import HttpResponse
from django.utils import timezone

from accounts.factors import totp
from accounts.factors.models import Passkey, Totp
from tests.clients import BrowserClient
from tests.factors.authenticator import Authenticator

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def give_app(user: Any, secret: str = SECRET) -> pyotp.TOTP:
    """Have this person own an authenticator app, and return it."""
    kept = totp.encrypt(secret)
    Totp.objects.create(user=user, secret=kept, confirmed_at=timezone.now())
    return pyotp.TOTP(secret)


def add_passkey(client: BrowserClient, **options: Any) -> Authenticator:
    """Have whoever is signed in add a passkey, and return its authenticator."""
    authenticator = Authenticator(**options)
    response = enrol(client, authenticator)
    assert response.status_code == 201, response.content
    return authenticator


def enrol(client: BrowserClient, authenticator: Authenticator, name: str = "") -> HttpResponse:
    options = client.post("/auth/passkeys/options").json()
    return client.post("/auth/passkeys", {"credential": authenticator.make(options), "name": name})


def options(client: BrowserClient) -> dict[str, Any]:
    """What anybody's page is given to ask a passkey with."""
    if "__Host-csrftoken" not in client.cookies:
        client.get("/auth/session")
    return client.post("/auth/login/passkey/options").json()


def sign_in(client: BrowserClient, authenticator: Authenticator, **body: Any) -> HttpResponse:
    """Sign in with a passkey alone."""
    answer = authenticator.get(options(client))
    return client.post("/auth/login/passkey", {"credential": answer, **body})


def owner(user: Any) -> tuple[BrowserClient, Authenticator]:
    """A browser in which this person has just signed in and added a passkey."""
    client = BrowserClient()
    assert client.sign_in(user).status_code == 200
    return client, add_passkey(client)


def code(response: HttpResponse) -> tuple[int, str]:
    """Status and code of a refusal."""
    return response.status_code, response.json()["code"]


def is_in(client: BrowserClient) -> bool:
    return bool(client.get("/auth/session").json()["authenticated"])


def row(authenticator: Authenticator) -> Passkey:
    from accounts.tokens.keys import b64

    return Passkey.objects.get(credential_id=b64(authenticator.id))
