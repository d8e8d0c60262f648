"""GET /.well-known/oauth-authorization-server: what is true of RFC 8414, and nothing more."""

from typing import Any

from tests.clients import BearerClient


def test_metadata_name_the_issuer_and_where_its_keys_are(
    api_client: BearerClient, settings: Any
) -> None:
    """A client that asks must find its own `iss` there (section 3.3), and the keys at the address."""
    answer = api_client.get("/.well-known/oauth-authorization-server")

    said = answer.json()
    issuer = settings.GATEHOUSE["ISSUER"]
    assert said["issuer"] == issuer
    assert said["jwks_uri"].startswith(f"{issuer}/")
    assert api_client.get(said["jwks_uri"].removeprefix(issuer)).json()["keys"]
    assert answer["Cache-Control"] == "public, max-age=300"


def test_metadata_promise_no_grant(api_client: BearerClient) -> None:
    """No client tries a code, or sends a form to endpoints that take JSON."""
    said = api_client.get("/.well-known/oauth-authorization-server").json()

    assert said["grant_types_supported"] == said["response_types_supported"] == []
    assert not [name for name in said if name.endswith("_endpoint")]
