"""A stand-in for an identity provider, over real HTTP on loopback, that can be told to misbehave.

Good providers never send what these tests must see refused. tests/engines has a real one.
"""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.http import HttpResponse
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.clients import BrowserClient

SUBJECT = "subject-of-dora"

# What a browser keeps of each trip to the provider, by the name of the trip.
HANDSHAKE = "__Host-Http-oidc_handshake_"
PENDING = "__Host-Http-oidc_pending_"


class StandIn:
    """`answers` replaces what a path answers; `changes` what the ID token says."""

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "first", "use": "sig"})
        self.published: list[dict[str, Any]] = [self.key.as_dict(private=False)]
        self.answers: dict[str, tuple[int, dict[str, str], Any]] = {}
        self.changes: dict[str, Any] = {}
        self.person: dict[str, Any] = {
            "email": "dora@example.com",
            "email_verified": True,
            "name": "Dora",
        }
        self.header: dict[str, str] = {}  # of the ID token, where it is another than usual
        self.requests: list[str] = []
        self.challenge = self.nonce = ""

    @property
    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "id_token_signing_alg_values_supported": ["ES256", "RS256", "HS256", "none"],
            "authorization_response_iss_parameter_supported": True,
        }

    def answer(self, path: str, body: str) -> tuple[int, dict[str, str], Any]:
        self.requests.append(path)
        if path in self.answers:
            return self.answers[path]
        if path == "/token":
            return self.tokens({name: values[0] for name, values in parse_qs(body).items()})
        return {
            "/.well-known/openid-configuration": (200, {}, self.metadata),
            "/jwks": (200, {}, {"keys": self.published}),
            "/userinfo": (200, {}, {"sub": SUBJECT, **self.person}),
        }[path]

    def tokens(self, sent: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != self.challenge:
            return 400, {}, {"error": "invalid_grant"}
        token = {"access_token": "opaque", "token_type": "Bearer", "id_token": self.id_token()}
        return 200, {}, token

    def claims(self) -> dict[str, Any]:
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": SUBJECT, "aud": "gatehouse", "nonce": self.nonce}
        claims |= {"iat": now, "exp": now + 60, **self.changes}
        return {name: value for name, value in claims.items() if value is not None}

    def id_token(self) -> str:
        header = self.header or {"alg": "ES256", "kid": str(self.key.kid)}
        return jwt.encode(header, self.claims(), self.key)

    # What a browser does with it.

    def begin(self, client: BrowserClient, query: str = "") -> dict[str, str]:
        """The parameters of the request that the app sends the browser with."""
        address = client.get(f"/auth/oidc/login{query}").headers["Location"]
        assert address.startswith(f"{self.issuer}/authorize?"), address
        sent = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        return sent

    def finish(
        self,
        client: BrowserClient,
        sent: dict[str, str],
        headers: dict[str, str] | None = None,
        **changes: Any,
    ) -> HttpResponse:
        """The provider's answer to that request, as the browser brings it back."""
        self.challenge, self.nonce = sent["code_challenge"], sent["nonce"]
        answer = {"code": "a-code", "state": sent["state"], "iss": self.issuer, **changes}
        query = urlencode({name: text for name, text in answer.items() if text is not None}, True)
        sent_headers = {"Sec-Fetch-Site": "cross-site", **(headers or {})}
        return client.get(f"/auth/oidc/callback?{query}", headers=sent_headers)

    def sign_in(self, client: BrowserClient, query: str = "") -> HttpResponse:
        return self.finish(client, self.begin(client, query))


@contextmanager
def running() -> Iterator[StandIn]:
    """A provider on a free port."""
    stand_in = StandIn()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            status, headers, body = stand_in.answer(self.path, self.rfile.read(length).decode())
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        stand_in.issuer = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        try:
            yield stand_in
        finally:
            server.shutdown()


def outcome(response: HttpResponse) -> str:
    """Where the browser is sent; the reason, if that is a refusal."""
    assert response.status_code == 302
    assert response.headers["Cache-Control"] == "no-store"
    return response.headers["Location"].partition("reason=")[2] or response.headers["Location"]


def kept(client: BrowserClient, family: str = "__Host-Http-oidc_") -> list[str]:
    """The names of the cookies that this browser keeps of its trips."""
    return [name for name in client.cookies if name.startswith(family)]
