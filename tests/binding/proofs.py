"""A program that holds a key and proves it in each request, without code of the server's."""

import base64
import hashlib
import json
import secrets
import time
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from django.http import HttpResponse
from joserfc.jwk import ECKey

from accounts.users.models import User
from tests.clients import JSONClient, password_of

ORIGIN = "http://localhost"
TOKEN, REFRESH, ME = "/auth/token", "/auth/token/refresh", "/api/me"


def new_key() -> ECKey:
    return ECKey.generate_key("P-256")


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(key: ECKey, header: dict[str, Any], claims: dict[str, Any]) -> str:
    """A compact JWS by ES256, whatever the header says. None leaves a member out."""
    parts = (
        b64(json.dumps({name: value for name, value in part.items() if value is not None}).encode())
        for part in (header, claims)
    )
    text = ".".join(parts)
    r, s = utils.decode_dss_signature(key.private_key.sign(text.encode(), ec.ECDSA(SHA256())))
    return f"{text}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def hash_of(token: str) -> str:
    return b64(hashlib.sha256(token.encode()).digest())


class Program(JSONClient):
    """A program with a key of its own. It takes the nonces that it is given, and tries once more."""

    def __init__(self) -> None:
        super().__init__()
        self.key = new_key()
        self.nonce: str | None = None
        self.tokens: dict[str, Any] = {}

    def proof(self, method: str, path: str, token: str = "", **changes: Any) -> str:
        """Return a proof for a request. `changes` replace claims. One that is None is left out."""
        claims = {
            "jti": secrets.token_urlsafe(16),
            "htm": method,
            "htu": f"{ORIGIN}{path}",
            "iat": int(time.time()),
            "nonce": self.nonce,
            "ath": hash_of(token) if token else None,
        }
        return signed(self.key, self.header(), claims | changes)

    def header(self, **changes: Any) -> dict[str, Any]:
        jwk = self.key.as_dict(private=False)
        public = {name: jwk[name] for name in ("kty", "crv", "x", "y")}
        return {"typ": "dpop+jwt", "alg": "ES256", "jwk": public} | changes

    def sign_in(self, person: User | str, password: str | None = None) -> HttpResponse:
        email = getattr(person, "email", person)
        body = {"email": email, "password": password_of(email, password)}
        return self.kept(self.prove("POST", TOKEN, body))

    def refresh(self, **changes: Any) -> HttpResponse:
        body = {"refresh_token": self.tokens["refresh_token"]}
        return self.kept(self.prove("POST", REFRESH, body, **changes))

    def kept(self, response: HttpResponse) -> HttpResponse:
        if response.status_code == 200:
            self.tokens = response.json()
        return response

    def call(self, method: str, path: str, body: Any = None, **changes: Any) -> HttpResponse:
        """A request to the API, with the access token and a proof."""
        return self.prove(method, path, body, token=self.tokens["access_token"], **changes)

    def prove(
        self, method: str, path: str, body: Any = None, *, token: str = "", **changes: Any
    ) -> HttpResponse:
        """A request with a proof, sent again with the nonce if the server wants another one."""
        response = self.attempt(method, path, body, token=token, **changes)
        if response.headers.get("DPoP-Nonce"):
            self.nonce = response.headers["DPoP-Nonce"]
            if response.json().get("code") == "use_dpop_nonce" and "nonce" not in changes:
                response = self.attempt(method, path, body, token=token, **changes)
        return response

    def attempt(
        self, method: str, path: str, body: Any = None, *, token: str = "", **changes: Any
    ) -> HttpResponse:
        proof = self.proof(method, path.partition("?")[0], token, **changes)
        return self.send(method, path, body, token=token, proof=proof)

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str = "",
        proof: str | None = None,
        scheme: str = "DPoP",
    ) -> HttpResponse:
        """A request with exactly this token, scheme and proof."""
        headers = {"Authorization": f"{scheme} {token}" if token else None, "DPoP": proof}
        return self._send(method, path, body, headers=headers)


def refusal(response: HttpResponse) -> tuple[int, str]:
    return response.status_code, response.json()["code"]
