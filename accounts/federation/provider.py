"""What the identity provider says: its metadata, keys, tokens and user info.

Serves step 2. Every answer is fetched when it is first needed, with a time limit, and metadata and
keys are kept for an hour. Redirects are not followed and nothing but https is asked (http on
loopback alone): the addresses come from the provider's own metadata, and a credential of ours
travels to one of them. Leaves out: what an answer means for a sign-in (federation.protocol).
"""

import ipaddress
import logging
import threading
import time
from base64 import b64encode
from typing import Any
from urllib.parse import quote_plus, urlsplit

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from ..checks import rule
from ..conf import conf

log = logging.getLogger("gatehouse")

METADATA_PATH = "/.well-known/openid-configuration"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
SCOPE = "openid email profile"

# To connect, and for each piece of an answer, in seconds: a thread of ours waits so long.
TIMEOUT = (3, 5)
KEPT_SECONDS = 3600.0
# Before anybody is sent there it must have answered so lately: better our page than a dead one.
ALIVE_SECONDS = 10.0
# An unknown key id makes us look for new keys, but not at the pace of whoever sends such ids.
NEW_KEYS_SECONDS = 30.0
# After a failure nobody waits for the provider for so long: the next ones fail at once.
PAUSE_SECONDS = 3.0


class ProviderError(Exception):
    """The provider does not answer, or not as OpenID Connect wants it."""


class RefusedError(ProviderError):
    """The provider answers, and the answer is no: the code is wrong, used or too old."""


def is_safe(address: str) -> bool:
    """Whether a request may go there: https, or http on this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    if not host or parts.username is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


@rule("E011")
def identity_provider() -> str:
    registered = bool(conf.oidc_client_id and conf.oidc_client_secret)
    if conf.oidc_issuer and not (is_safe(conf.oidc_issuer) and registered):
        return "OIDC_ISSUER must be https, and needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET."
    return ""


def json_of(answer: requests.Response) -> Any:
    """Return the JSON of an answer. Raise ValueError if it is a failure, or none."""
    if answer.status_code != 200:
        raise ValueError(f"{answer.url} answered {answer.status_code}")
    return answer.json()


def userinfo_of(answer: requests.Response) -> Any:
    """Return the JSON of userinfo, or the text of a JWT. Raise RefusedError for a refusal.

    That the access token is not good for userinfo is no trouble at the provider.
    """
    if 400 <= answer.status_code < 500 and answer.status_code != 429:
        raise RefusedError(f"{answer.url} answered {answer.status_code}")
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if answer.status_code == 200 and kind == "application/jwt":
        return answer.content.decode("ascii", "replace").strip()
    return json_of(answer)


class Memory:
    """What the provider at `issuer` told this process, and until when that holds."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.lock = threading.Lock()
        self.documents: dict[str, tuple[float, dict[str, Any]]] = {}
        self.silent_until = 0.0

    def document(self, address: str, newer_than: float = KEPT_SECONDS) -> dict[str, Any]:
        """The JSON document there, not older than so many seconds."""
        with self.lock:  # one request for all who wait
            since, found = self.documents.get(address, (-KEPT_SECONDS, {}))
            if not found or time.monotonic() - since > newer_than:
                with self.session(address) as session:
                    found = self.guard(session.request, "GET", address, withhold_token=True)
                self.documents[address] = time.monotonic(), found
            return found

    def session(self, address: str, **options: Any) -> OAuth2Session:
        """A client for one request there."""
        if not is_safe(address):
            raise ProviderError(f"{address} is not https")
        client = conf.oidc_client_id, conf.oidc_client_secret
        session = OAuth2Session(*client, default_timeout=TIMEOUT, **options)
        session.register_client_auth_method(("client_secret_basic", basic_auth))
        # A proxy from the environment is for the world outside, not for this machine.
        session.trust_env = not is_loopback(urlsplit(address).hostname or "")
        return session

    def guard(self, request: Any, *args: Any, **options: Any) -> dict[str, Any]:
        """Send the request and return its JSON object. Raise ProviderError if there is none."""
        answer = self.send(request, *args, **options)
        if not isinstance(answer, dict):
            raise ProviderError("the answer is not a JSON object")
        return answer

    def send(self, request: Any, *args: Any, read: Any = json_of, **options: Any) -> Any:
        """Send the request and return what `read` makes of its answer. Raise ProviderError."""
        if time.monotonic() < self.silent_until:
            raise ProviderError("the provider did not answer a moment ago")
        try:
            answer = request(*args, allow_redirects=False, **options)
            if isinstance(answer, requests.Response):
                answer = read(answer)
        except OAuthError as error:
            raise RefusedError(f"{error.error}: {error.description}") from error
        except (requests.RequestException, ValueError) as error:
            self.silent_until = time.monotonic() + PAUSE_SECONDS
            self.documents.clear()  # nobody is sent there before it has answered again
            log.warning("the identity provider does not answer: %s", error)
            raise ProviderError(str(error)) from error
        return answer


_memories: dict[str, Memory] = {}


def memory() -> Memory:
    issuer = conf.oidc_issuer
    return _memories.get(issuer) or _memories.setdefault(issuer, Memory(issuer))


def reset() -> None:
    """Forget everything, as a new process would."""
    _memories.clear()


def metadata(newer_than: float = KEPT_SECONDS) -> dict[str, Any]:
    """The provider's own description (OpenID Connect Discovery 1.0), checked."""
    asked = memory()
    found = asked.document(asked.issuer.rstrip("/") + METADATA_PATH, newer_than)
    if found.get("issuer") != asked.issuer:
        raise ProviderError(f"the metadata is of {found.get('issuer')!r}")
    for name in ENDPOINTS:
        if not is_safe(str(found.get(name, ""))):
            raise ProviderError(f"{name} is missing or not https")
    return found


def keys(*, fresh: bool = False) -> dict[str, Any]:
    """The provider's public keys; `fresh` after a key id that these did not have."""
    address = str(metadata()["jwks_uri"])
    return memory().document(address, NEW_KEYS_SECONDS if fresh else KEPT_SECONDS)


def exchange(code: str, verifier: str, redirect_uri: str) -> dict[str, Any]:
    """The tokens for a code (RFC 6749 section 4.1.3, RFC 7636 section 4.5)."""
    found, asked = metadata(), memory()
    methods = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    basic = "client_secret_basic" in methods
    method = "client_secret_basic" if basic else "client_secret_post"
    address = str(found["token_endpoint"])
    with asked.session(address, token_endpoint_auth_method=method) as session:
        return asked.guard(
            session.fetch_token,
            address,
            grant_type="authorization_code",
            code=code,
            code_verifier=verifier,
            redirect_uri=redirect_uri,
        )


def userinfo(access_token: str) -> dict[str, Any] | str:
    """Return what the provider tells about the person: claims, or a JWT that holds them.

    Nothing, if it has no such endpoint or refuses to tell.
    """
    address = metadata().get("userinfo_endpoint")
    if not address:
        return {}
    asked, token = memory(), {"access_token": access_token, "token_type": "Bearer"}
    with asked.session(str(address), token=token) as session:
        try:
            told = asked.send(session.request, "GET", str(address), read=userinfo_of)
        except RefusedError as error:
            log.info("the identity provider tells nothing about a person: %s", error)
            return {}
    return told if isinstance(told, dict | str) else {}


def basic_auth(client: Any, method: str, uri: str, headers: dict[str, str], body: Any) -> Any:
    """RFC 6749 section 2.3.1: both parts are form-encoded first, which Authlib leaves out."""
    text = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
    headers["Authorization"] = f"Basic {b64encode(text.encode('ascii')).decode('ascii')}"
    return uri, headers, body
