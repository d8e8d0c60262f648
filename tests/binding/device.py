"""A browser with Device Bound Session Credentials, whose key is in software and whose steps a test
chooses: the same messages as Chromium's, and whichever ones it would never send."""

import json
import re
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from django.http import HttpResponse

from accounts import sessions
from accounts.binding import dbsc
from accounts.credentials import challenges
from accounts.tests.forge import signed
from accounts.tokens.keys import b64
from tests.clients import BrowserClient

REGISTER, REFRESH = "/auth/binding", "/auth/binding/refresh"
COMPANION = "__Host-bound"
OFFER = re.compile(
    r'\(ES256\);path="/auth/binding";challenge="([\w-]+)";authorization="([\w-]+)"', re.ASCII
)
ASKED = re.compile(r'"([\w-]+)";id="([^"]+)"', re.ASCII)


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    point = key.public_key().public_numbers()
    x, y = (b64(one.to_bytes(32, "big")) for one in (point.x, point.y))
    return {"crv": "P-256", "kty": "EC", "x": x, "y": y}


def header(**changes: Any) -> dict[str, Any]:
    """Return the header of a proof. A change to None leaves the member out."""
    members = {"alg": "ES256", "typ": "dbsc+jwt"} | changes
    return {name: value for name, value in members.items() if value is not None}


class Device(BrowserClient):
    """A page whose browser binds its sessions."""

    def __init__(self) -> None:
        super().__init__()
        self.key = new_key()
        self.name = ""
        self.described: dict[str, Any] = {}

    def sign_in_and_bind(self, person: Any, **more: Any) -> HttpResponse:
        """Sign in and accept the offer, as the browser does at once."""
        response = self.sign_in(person, **more)
        assert response.status_code == 200, response.content
        assert self.accept(response).status_code == 200
        return response

    def accept(self, offered: HttpResponse, **headers: Any) -> HttpResponse:
        """Answer the offer in this response."""
        return self.register(self.first_proof(*offer_of(offered)), **headers)

    def first_proof(self, challenge: str, authorization: str, **changes: Any) -> str:
        claims = {"jti": challenge, "authorization": authorization}
        return signed(header(jwk=jwk(self.key), **changes), claims, self.key)

    def register(self, proof: str, **headers: Any) -> HttpResponse:
        response = self.by_browser(REGISTER, {"Secure-Session-Response": proof, **headers})
        if response.status_code == 200:
            self.described = response.json()
            self.name = self.described["session_identifier"]
        return response

    def ask(self, name: str | None = None) -> HttpResponse:
        """Ask for a challenge."""
        return self.by_browser(REFRESH, {"Sec-Secure-Session-Id": name or self.name})

    def challenge(self) -> str:
        """A challenge for the next proof."""
        return ASKED.fullmatch(self.ask()["Secure-Session-Challenge"])[1]

    def proof(self, challenge: str, key: Any = None, **changes: Any) -> str:
        return signed(header(**changes), {"jti": challenge}, key or self.key)

    def prove(self, proof: str, name: str | None = None) -> HttpResponse:
        sent = {"Sec-Secure-Session-Id": name or self.name, "Secure-Session-Response": proof}
        return self.by_browser(REFRESH, sent)

    def renew(self) -> HttpResponse:
        """Do what the browser does before a request that has no companion."""
        return self.prove(self.proof(self.challenge()))

    def by_browser(self, path: str, headers: dict[str, str | None]) -> HttpResponse:
        """What the browser sends by itself: cookies, and nothing of the page's."""
        none = dict.fromkeys(("X-CSRFToken", "Origin"))
        none |= dict.fromkeys(("Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest"))
        return self.post(path, headers={**none, **headers})

    def forget_companion(self) -> None:
        """Time is up for the cookie."""
        del self.cookies[COMPANION]


def headers_that_bind(session_id: str) -> dict[str, str]:
    """What a browser sends to bind this session, to which it was offered."""
    challenge = b64(challenges.make(dbsc.beginning(session_id)))
    return {"Secure-Session-Response": Device().first_proof(challenge, session_id)}


def headers_that_renew(session_id: str) -> dict[str, str]:
    """What the browser sends that has bound this session, with an answer to a challenge."""
    device = Device()
    name = dbsc.Name(session_id, device.key.public_key())
    assert sessions.bind(session_id, name.jkt)
    proof = device.proof(b64(challenges.make(dbsc.renewal(session_id))))
    return {"Sec-Secure-Session-Id": str(name), "Secure-Session-Response": proof}


def offer_of(response: HttpResponse) -> tuple[str, str]:
    """The challenge and the authorization that a sign-in offers."""
    found = OFFER.fullmatch(response["Secure-Session-Registration"])
    assert found, response["Secure-Session-Registration"]
    return found[1], found[2]


def is_over(response: HttpResponse) -> bool:
    """Whether the browser is told to forget the session."""
    return response.status_code == 200 and json.loads(response.content).get("continue") is False
