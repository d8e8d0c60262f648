"""What the database holds: nothing that somebody who reads it could sign in with."""

import pytest
from django.apps import apps
from django.core import serializers as dumps
from django.db.models import Model

from accounts.federation.models import Identity
from accounts.models import FailureCount
from accounts.people.models import LinkToken
from accounts.users.models import User
from api.models import Note
from tests.clients import BearerClient, BrowserClient
from tests.leaks import holds_jwt


def test_dump_of_the_database_yields_no_credential(
    browser_client: BrowserClient, api_client: BearerClient, alice: User
) -> None:
    """ASVS 14.2, DESIGN 4: no token, no part of one but public ids, no key, no link, no password."""
    browser_client.sign_in(alice)
    browser_client.post("/auth/refresh")
    browser_client.post("/auth/password/reset", {"email": alice.email})
    api_client.sign_in(alice)
    cookies = [cookie.value for cookie in browser_client.cookies.values()]
    tokens = [*cookies, api_client.tokens["access_token"], api_client.tokens["refresh_token"]]
    secrets = [part for token in tokens for part in token.split(".")[1:]]
    secrets += [claims_of(token)["key"] for token in tokens if "key" in claims_of(token)]

    rows = [row for model in apps.get_models() for row in model.objects.all()]
    dump = dumps.serialize("json", rows)

    assert len(secrets) > 8
    assert not holds_jwt(dump)
    assert not [secret for secret in secrets if secret in dump]
    assert "alice walks the long way home" not in dump


def claims_of(token: str) -> dict:
    import json
    from base64 import urlsafe_b64decode

    if token.count(".") != 2:
        return {}
    payload = token.split(".")[1]
    return json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


@pytest.mark.parametrize(
    "row",
    [
        LinkToken(digest="d1ge5t", kind="reset", email="alice@example.com"),
        Identity(issuer="https://idp.example", subject="alice"),
        FailureCount(key="0123456789abcdef", count=3, started_at=0),
        Note(title="Groceries", body="d1ge5t"),
    ],
    ids=lambda row: type(row).__name__,
)
def test_row_in_words_shows_no_secret(row: Model) -> None:
    """What a log line or a shell prints of a row: which one it is, and not what it protects."""
    text = str(row)

    assert text
    assert "d1ge5t" not in text
    assert "89abcdef" not in text
