"""/learn/phishing: an attacker's page asks for what the lab's own site asks for, and passes it on.

What a person can read and type works for whoever gets it first: the attacker's server signs in at
the lab's site with it, by real HTTP. A passkey's answer names the page that asked (WebAuthn Level 3
section 7.2), so the lab's site refuses the one that was made for the attacker's.
Alice's app and her passkey live for the length of one relay: the other experiments ask her for her
password alone.
"""

import hashlib
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast
from urllib.parse import urlsplit

import pyotp
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.views import View as DjangoView
from fido2 import cbor
from rest_framework import serializers
from rest_framework.response import Response

from accounts import sessions
from accounts.conf import override
from accounts.errors import Problem
from accounts.factors import passkeys, totp
from accounts.factors.models import Passkey, Totp
from accounts.tokens.keys import b64, unb64
from accounts.web import base
from accounts.web.bodies import Worded
from accounts.web.browser import BrowserView
from accounts.web.problems import from_problem
from lab import addresses, outgoing, people, profile, runs, views
from lab.models import Bench
from lab.thief import hostile_page

WAYS = ("code", "passkey")
PRESENT, VERIFIED = 0x01, 0x04


class Start(Worded):
    run = serializers.CharField(max_length=32)
    way = serializers.ChoiceField(WAYS)


class StartView(BrowserView):
    """POST: what Alice is about to type, and the secret of the app or the device that she has."""

    takes = Start

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        bench, run = views.required(request), runs.run_of(given["run"])
        person = runs.person(bench)
        typed: dict[str, str] = {}
        if given["way"] == "code":
            secret = pyotp.random_base32()
            runs.hold(bench, run, "app", secret)
            typed = {"email": person.email, "password": people.PASSWORD}
            typed["code"] = pyotp.TOTP(secret).now()
        else:
            runs.hold(bench, run, "device", new_key())
        return Response({"tag": bench.tag, "typed": typed})


class PhishingPage(DjangoView):
    """GET on a hostile host: a copy of the sign-in page, at another address."""

    def get(self, request: HttpRequest) -> HttpResponse:
        try:
            bench, run = runs.victim_of(request)
        except Problem as refusal:
            return from_problem(refusal)
        way = request.GET.get("way", "")
        if way not in WAYS:
            return HttpResponse(status=400)
        context = {"tag": bench.tag, "run": run, "way": way, "page": "phishing"}
        context["rp_id"] = rp_id(addresses.lab())
        return hostile_page(request, "lab/hostile/phishing.html", context)


class Typed(Worded):
    """What the page has got. `browser`: what the browser said to a question for the site's key."""

    email = serializers.CharField(max_length=100, required=False)
    password = serializers.CharField(max_length=100, required=False)
    code = serializers.CharField(max_length=10, required=False)
    browser = serializers.CharField(max_length=60, required=False)


class RelayView(base.Endpoint):
    """POST on a hostile host: its server uses at once what its page was given.

    The target is the lab's site, and the steps are these. Nobody's real account is behind it: on
    the lab's host there are the lab's people alone (lab.people).
    """

    authentication_classes = ()
    permission_classes = ()
    takes = Typed

    def post(self, request: HttpRequest, given: dict[str, Any]) -> Response:
        bench, run = runs.victim_of(request)
        if "code" in given:
            steps = relay_code(request, bench, run, given)
        else:
            steps = relay_passkey(request, bench, run)
        browser = given.get("browser", "")
        runs.note(bench, run, "phishing", what="done", steps=steps, browser=browser)
        return Response({"steps": steps})


def relay_code(
    request: HttpRequest, bench: Bench, run: str, given: dict[str, Any]
) -> list[dict[str, Any]]:
    """Sign in at the lab's site with what was typed, and pay with the session."""
    person, secret = runs.person(bench), held(bench, run, "app")
    site, steps = outgoing.Visit(request), []

    def step(method: str, path: str, body: dict[str, Any] | None = None) -> None:
        answer = site.send(method, path, body)
        said = {"code": answer.body.get("code", ""), "balance": answer.body.get("balance")}
        steps.append({"title": f"{method} {path}", "status": answer.status, **said})

    with factor(Totp(user=person, secret=totp.encrypt(secret), confirmed_at=Now()), bench):
        step("GET", "/auth/session")
        step("POST", "/auth/login", {name: given.get(name, "") for name in ("email", "password")})
        step("POST", "/auth/login/factor", {"code": given["code"]})
        step("POST", "/bank/account")
    return steps


def relay_passkey(request: HttpRequest, bench: Bench, run: str) -> list[dict[str, Any]]:
    """Show the lab's site three answers of Alice's passkey, and note what it says of each."""
    key = read_key(held(bench, run, "device"))
    here, there = request.headers.get("Origin", ""), addresses.lab()
    passkey = Passkey(
        user=runs.person(bench),
        credential_id=b64(secrets.token_bytes(16)),
        public_key=cbor.encode(cose(key)),
        sign_count=0,
        backup_eligible=False,
        backed_up=False,
        name="The lab's",
    )
    # Passkeys are bound to a site's own address, which the lab's issuer is not.
    with override({**profile.lab(), "ISSUER": there}), factor(passkey, bench):
        return [
            judged("made at the hostile page", sign(key, passkey, here)),
            judged("changed afterwards", sign(key, passkey, here, claimed=there)),
            judged("made at the real page", sign(key, passkey, there)),
        ]


def judged(title: str, answer: dict[str, Any]) -> dict[str, Any]:
    """Return what the app's own check says of an answer."""
    try:
        passkeys.use(answer)
    except passkeys.RefusedError as refusal:
        return {"title": title, "status": 401, "cause": str(refusal)}
    return {"title": title, "status": 200, "cause": ""}


def sign(
    key: ec.EllipticCurvePrivateKey, passkey: Passkey, origin: str, *, claimed: str = ""
) -> dict[str, Any]:
    """Return what a browser at this origin and Alice's authenticator would answer.

    With `claimed` somebody writes another origin into it after it was signed.
    """
    asked = passkeys.request_options()["publicKey"]
    client = {"type": "webauthn.get", "challenge": asked["challenge"], "crossOrigin": False}

    def told(by: str) -> tuple[bytes, bytes]:
        flags_and_counter = bytes([PRESENT | VERIFIED, 0, 0, 0, 0])
        data = hashlib.sha256(rp_id(by).encode()).digest() + flags_and_counter
        return data, json.dumps({**client, "origin": by}).encode()

    data, written = told(origin)
    signature = key.sign(data + hashlib.sha256(written).digest(), ec.ECDSA(hashes.SHA256()))
    data, written = told(claimed or origin)
    parts = {"clientDataJSON": written, "authenticatorData": data, "signature": signature}
    return {
        "id": passkey.credential_id,
        "rawId": passkey.credential_id,
        "type": "public-key",
        "clientExtensionResults": {},
        "response": {name: b64(part) for name, part in parts.items()},
    }


@contextmanager
def factor(row: Totp | Passkey, bench: Bench) -> Iterator[None]:
    """Let Alice have this factor, and nobody be signed in as her afterwards."""
    person = runs.person(bench)
    Totp.objects.filter(user=person).delete()
    Passkey.objects.filter(user=person).delete()
    row.save(force_insert=True)
    try:
        yield
    finally:
        type(row).objects.filter(user=person).delete()
        sessions.end_all_of(person, "replaced")


def held(bench: Bench, run: str, kind: str) -> str:
    """Return what this run keeps of a kind."""
    found = bench.held.filter(run=run, kind=kind).values_list("handle", flat=True).first()
    return runs.held(bench, run, kind, found)


def rp_id(origin: str) -> str:
    """Return the id that a browser gives to a page of this origin (WebAuthn Level 3 section 4)."""
    return urlsplit(origin).hostname or ""


def cose(key: ec.EllipticCurvePrivateKey) -> dict[int, Any]:
    """Return the public key as authenticators write it (RFC 9053 section 7.1.1)."""
    point = key.public_key().public_numbers()
    return {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}


def new_key() -> str:
    """Return a private key for Alice's authenticator, as text."""
    number = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return b64(number)


def read_key(text: str) -> ec.EllipticCurvePrivateKey:
    """Return the key that `new_key` has written."""
    return cast(ec.EllipticCurvePrivateKey, serialization.load_der_private_key(unb64(text), None))
