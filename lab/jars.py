"""Two browsers for /learn/binding, the owner's and the thief's, both played by this server.

Their requests call the product's own views with a jar of their own. The owner's device is an ES256
key in software, and does what a browser with bound sessions does by itself. The clock is the lab's:
minutes pass because everything of this one session gets older, so nobody has to wait for them.
"""

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.core import signing
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.utils.crypto import get_random_string

from accounts import errors, sessions
from accounts.binding import companion, dbsc, keys, step_up
from accounts.binding.views import RefreshView as RenewalView
from accounts.binding.views import RegistrationView
from accounts.models import Session
from accounts.signals import KINDS
from accounts.tokens.jws import parse
from accounts.tokens.keys import b64
from accounts.tokens.signing import ALGORITHMS, AccessToken, RefreshToken, TypedToken
from accounts.web import cookies
from accounts.web.views.devices import LogoutOthersView
from accounts.web.views.sign_in import RefreshView
from api.me import MeView
from lab import recorder
from lab.instrument import Call, watch
from lab.models import Bench

OFFER = re.compile(r'challenge="([\w-]+)";authorization="([\w-]+)"', re.ASCII)
ASKED = re.compile(r'"([\w-]+)";id="', re.ASCII)

# What the two ask for. The last one is a step-up: it wants a fresh proof of a bound session.
REQUESTS = {
    "api": ("GET", "/api/me"),
    "refresh": ("POST", "/auth/refresh"),
    "step-up": ("POST", "/auth/logout-others"),
}
VIEWS: dict[str, Callable[..., HttpResponse]] = {
    "/api/me": MeView.as_view(),
    "/auth/refresh": RefreshView.as_view(),
    "/auth/logout-others": LogoutOthersView.as_view(),
    dbsc.REGISTRATION: RegistrationView.as_view(),
    dbsc.REFRESH: RenewalView.as_view(),
}
# Of the learner's own request, what the two's requests have as well.
SAME = ("SERVER_NAME", "SERVER_PORT", "REMOTE_ADDR", "HTTP_HOST", "HTTP_X_FORWARDED_PROTO")
TIMES = (
    *("created_at", "rotated_at", "confirmed_at", "last_used_at", "authenticated_at"),
    *("idle_expires_at", "absolute_expires_at"),
)


@dataclass
class Scene:
    """Both jars, the device's key and the time, as the bench keeps them between two steps.

    A jar has each cookie with the second at which a browser drops it. A thief drops nothing.
    """

    run: str
    session: str = ""
    now: int = 0
    owner: dict[str, tuple[str, int]] = field(default_factory=dict)
    thief: dict[str, tuple[str, int]] = field(default_factory=dict)
    name: str = ""  # what the device calls the bound session by
    key: str = ""

    @classmethod
    def load(cls, bench: Bench, run: str) -> "Scene":
        """Return the scene of this run. Raise NotFound if another has begun since."""
        kept = bench.state.get("jars", {})
        if kept.get("run") != run:
            raise errors.NotFound("another run has begun")
        return cls(**kept)

    def save(self, bench: Bench) -> None:
        bench.state = {**bench.state, "jars": asdict(self)}
        bench.save(update_fields=["state"])

    def jar(self, who: str) -> dict[str, tuple[str, int]]:
        """Return what is in the jar now."""
        if who == "thief":
            return self.thief
        return {name: kept for name, kept in self.owner.items() if self.now < kept[1]}

    def put(self, who: str, response: HttpResponseBase) -> None:
        """Do with Set-Cookie what browsers do. A thief keeps what he is told to delete."""
        jar = self.owner if who == "owner" else self.thief
        for name, cookie in response.cookies.items():
            seconds = int(cookie["max-age"] or 0)
            if seconds > 0:
                jar[name] = (cookie.value, self.now + seconds)
            elif who == "owner":
                jar.pop(name, None)


@dataclass(frozen=True)
class Stage:
    """One step of a scene: the learner's request, and what the two have sent in it."""

    request: HttpRequest
    scene: Scene
    answers: list[dict[str, Any]] = field(default_factory=list)

    def sign_in(self, person: Any) -> HttpResponse:
        """Start a session in the owner's jar. Return the answer that would offer to bind it."""
        issued = sessions.start(
            person,
            evidence=sessions.BY_PASSWORD,
            client=Session.Client.WEB,
            remember=True,
            request=self.request,
        )
        response = HttpResponse(status=204)
        cookies.set_tokens(response, issued)
        self.scene.session = issued.session.id
        self.scene.put("owner", response)
        return response

    def bind(self, offered: HttpResponse) -> None:
        """Accept the offer with a new key, as the owner's browser does."""
        [(challenge, authorization)] = OFFER.findall(offered["Secure-Session-Registration"])
        key = ec.generate_private_key(ec.SECP256R1())
        self.scene.key = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()
        claims = {"jti": challenge, "authorization": authorization}
        proof = sign(key, claims, jwk=jwk(key.public_key()))
        response = self.send("owner", "POST", dbsc.REGISTRATION, proof=proof)
        self.scene.name = json.loads(response.content)["session_identifier"]

    def act(self, who: str, what: str, *, without: str = "") -> None:
        """Send a request, and whatever it takes before and after it.

        The owner's browser signs where a proof is missing or asked for. Where it is asked for, both
        send the request again: the owner's page by its script, and the thief with what he has.
        """
        method, path = REQUESTS[what]
        if who == "owner":
            self.renew_if_missing()
        response = self.send(who, method, path, without=without)
        if step_up.COOKIE in response.cookies:
            if who == "owner":
                self.renew_if_missing()
            self.send(who, method, path, without=without)

    def renew_if_missing(self) -> None:
        """Have the device sign, as a browser does before a request without a companion."""
        scene = self.scene
        if not scene.name or companion.name() in scene.jar("owner"):
            return
        refusal = self.send("owner", "POST", dbsc.REFRESH)
        for challenge in ASKED.findall(refusal.headers.get("Secure-Session-Challenge", "")):
            key: Any = serialization.load_pem_private_key(scene.key.encode(), None)
            self.send("owner", "POST", dbsc.REFRESH, proof=sign(key, {"jti": challenge}))

    def send(
        self, who: str, method: str, path: str, *, proof: str = "", without: str = ""
    ) -> HttpResponse:
        """Call the view of a path with this one's jar. Keep what it answered, and why."""
        jar = {name: text for name, (text, _) in self.scene.jar(who).items() if name != without}
        calls: list[Call] = []
        with recorder.events() as written, watch(calls.append):
            response = VIEWS[path](self.request_with(jar, method, path, proof))
            if isinstance(response, SimpleTemplateResponse):
                response.render()
        self.scene.put(who, response)
        refused = [call.error for call in calls if call.error is not None]
        body = json.loads(response.content) if response.content else {}
        self.answers.append(
            {
                "request": f"{method} {path}",
                "status": response.status_code,
                "code": body.get("code", ""),
                "cause": str(getattr(refused[0], "cause", refused[0])) if refused else "",
                "signed": bool(proof),
                "events": [{"kind": one["kind"], "text": KINDS[one["kind"]]} for one in written],
            }
        )
        return response

    def request_with(self, jar: dict[str, str], method: str, path: str, proof: str) -> WSGIRequest:
        """Return a request with these cookies, from a page of our own.

        The thief writes the same headers, since nobody keeps him from it. What a browser asks by
        itself has the device's headers and nothing of a page.
        """
        ours, token = self.request, get_random_string(32)
        meta = {name: ours.META[name] for name in SAME if name in ours.META}
        if path in (dbsc.REGISTRATION, dbsc.REFRESH):
            if self.scene.name:
                meta["HTTP_SEC_SECURE_SESSION_ID"] = f'"{self.scene.name}"'
            if proof:
                meta["HTTP_SECURE_SESSION_RESPONSE"] = proof
        else:
            jar = {**jar, settings.CSRF_COOKIE_NAME: token}
            meta |= {
                settings.CSRF_HEADER_NAME: token,
                "HTTP_ORIGIN": f"{ours.scheme}://{ours.get_host()}",
                "HTTP_SEC_FETCH_SITE": "same-origin",
            }
        request = WSGIRequest(
            {
                **meta,
                "REQUEST_METHOD": method,
                "PATH_INFO": path,
                "HTTP_COOKIE": "; ".join(f"{name}={text}" for name, text in jar.items()),
                "CONTENT_LENGTH": "0",
                "wsgi.url_scheme": ours.META.get("wsgi.url_scheme", "http"),
                "wsgi.input": BytesIO(),
            }
        )
        for name in ("client_address", "request_id", "host_kind"):
            setattr(request, name, getattr(ours, name))
        return request


def jwk(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    """Return a public key as devices send it."""
    point = key.public_numbers()
    x, y = (b64(one.to_bytes(keys.COORDINATE, "big")) for one in (point.x, point.y))
    return {"crv": "P-256", "kty": "EC", "x": x, "y": y}


def sign(key: ec.EllipticCurvePrivateKey, claims: dict[str, str], **header: Any) -> str:
    """Return a proof, signed as a device signs one."""
    parts = ({"alg": "ES256", "typ": dbsc.TYP, **header}, claims)
    signed = ".".join(b64(json.dumps(part).encode()) for part in parts)
    return f"{signed}.{b64(ALGORITHMS['ES256'].sign(signed.encode(), key))}"


def let_pass(scene: Scene, seconds: int) -> None:
    """Make everything of this session older, as if so much time had passed.

    The row's times go back, and so do those in the tokens and companions of both jars, which are
    signed again. What decides is the same code with the real clock.
    """
    scene.now += seconds
    session = Session.objects.get(id=scene.session)
    for name in TIMES:
        moment = getattr(session, name)
        if moment is not None:
            setattr(session, name, moment - timedelta(seconds=seconds))
    session.save(update_fields=TIMES)
    kinds: dict[str, Callable[[str, int], str]] = dict(
        zip(cookies.names(), (older(AccessToken), older(RefreshToken)), strict=True)
    )
    kinds[companion.name()] = older_companion
    for jar in (scene.owner, scene.thief):
        for name in jar.keys() & kinds.keys():
            text, ends = jar[name]
            jar[name] = (kinds[name](text, seconds), ends)


def older(kind: type[TypedToken]) -> Callable[[str, int], str]:
    """Return what makes tokens of this kind older."""

    def sign_again(text: str, seconds: int) -> str:
        claims = parse(text).claims()
        times = claims.keys() & {"iat", "exp", "auth_time"}
        return kind.sign({**claims, **{name: claims[name] - seconds for name in times}})

    return sign_again


def older_companion(text: str, seconds: int) -> str:
    """Return the companion as it would be after so many seconds."""
    found = signing.loads(text, salt=companion.SALT)
    return signing.dumps({**found, "exp": found["exp"] - seconds}, salt=companion.SALT)
