"""Ask the identity provider for its metadata, keys, tokens and user info.

Every answer is fetched when it is first needed, with a time limit. Metadata and keys are kept for
an hour. The addresses come from the provider's own metadata, and a credential of ours travels to
one of them. So redirects are not followed, and nothing but https is asked (http on this machine
alone). Leaves out: what an answer means for a sign-in (federation.protocol).
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

from .conf import conf

log = logging.getLogger("gatehouse")

METADATA_PATH = "/.well-known/openid-configuration"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
SCOPE = "openid email profile"

# In seconds, to connect and for each piece of an answer. A thread of ours waits so long.
TIMEOUT = (3, 5)
KEPT_SECONDS = 3600.0
# Nobody is sent to the provider unless it answered within this many seconds.
ALIVE_SECONDS = 10.0
# An unknown key id makes us look for new keys, but no more often than this: anyone can send one.
NEW_KEYS_SECONDS = 30.0
# For so long after a failure the next requests fail at once, and do not wait for the provider.
PAUSE_SECONDS = 3.0


class ProviderError(Exception):
    """Raised if the provider does not answer, or not as OpenID Connect wants it."""


class RefusedError(ProviderError):
    """Raised if the provider refuses: the code is wrong, used or too old."""


def is_safe(address: str) -> bool:
    """Return whether a request may go there: by https, or by http on this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    if not host or parts.username is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))


def is_loopback(host: str) -> bool:
    """Return whether this host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def json_of(answer: requests.Response) -> Any:
    """Return the JSON of an answer. Raise ValueError if it is a failure, or none."""
    if answer.status_code != 200:
        raise ValueError(f"{answer.url} answered {answer.status_code}")
    return answer.json()


def userinfo_of(answer: requests.Response) -> Any:
    """Return the JSON of userinfo, or the text of a JWT.

    Raise RefusedError if the provider does not take the access token for it, which does not mean
    that the provider is in trouble. Raise ValueError for any other failure.
    """
    if 400 <= answer.status_code < 500 and answer.status_code != 429:
        raise RefusedError(f"{answer.url} answered {answer.status_code}")
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if answer.status_code == 200 and kind == "application/jwt":
        return answer.content.decode("ascii", "replace").strip()
    return json_of(answer)


class Memory:
    """What the provider at `issuer` told this process, and when."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.lock = threading.Lock()
        self.documents: dict[str, tuple[float, dict[str, Any]]] = {}
        self.silent_until = 0.0

    def document(self, address: str, newer_than: float = KEPT_SECONDS) -> dict[str, Any]:
        """Return the JSON document there, not older than so many seconds. Raise ProviderError."""
        with self.lock:  # one request serves all who wait
            since, found = self.documents.get(address, (-KEPT_SECONDS, {}))
            if not found or time.monotonic() - since > newer_than:
                with self.session(address) as session:
                    found = self.guard(session.request, "GET", address, withhold_token=True)
                self.documents[address] = time.monotonic(), found
            return found

    def session(self, address: str, **options: Any) -> OAuth2Session:
        """Return a client for one request there. Raise ProviderError if the address is unsafe."""
        if not is_safe(address):
            raise ProviderError(f"{address} is not https")
        client = conf.oidc_client_id, conf.oidc_client_secret
        session = OAuth2Session(*client, default_timeout=TIMEOUT, **options)
        session.register_client_auth_method(("client_secret_basic", basic_auth))
        # A proxy from the environment is for other machines, not for this one.
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
            self.documents.clear()  # so that nobody is sent there before it answers again
            log.warning("the identity provider does not answer: %s", error)
            raise ProviderError(str(error)) from error
        return answer


_memories: dict[str, Memory] = {}


def memory() -> Memory:
    """Return what this process remembers of the provider that is configured now."""
    issuer = conf.oidc_issuer
    return _memories.get(issuer) or _memories.setdefault(issuer, Memory(issuer))


def reset() -> None:
    """Forget everything, as a new process would."""
    _memories.clear()


def metadata(newer_than: float = KEPT_SECONDS) -> dict[str, Any]:
    """Return the provider's own description (OpenID Connect Discovery 1.0).

    Raise ProviderError if it is another's, or lacks what we need.
    """
    asked = memory()
    found = asked.document(asked.issuer.rstrip("/") + METADATA_PATH, newer_than)
    if found.get("issuer") != asked.issuer:
        raise ProviderError(f"the metadata is of {found.get('issuer')!r}")
    for name in ENDPOINTS:
        if not is_safe(str(found.get(name, ""))):
            raise ProviderError(f"{name} is missing or not https")
    return found


def keys(*, fresh: bool = False) -> dict[str, Any]:
    """Return the provider's public keys. `fresh` is for a key id that is not among those kept.

    Raise ProviderError.
    """
    address = str(metadata()["jwks_uri"])
    return memory().document(address, NEW_KEYS_SECONDS if fresh else KEPT_SECONDS)


def exchange(code: str, verifier: str, redirect_uri: str) -> dict[str, Any]:
    """Return the tokens for a code (RFC 6749 section 4.1.3, RFC 7636 section 4.5).

    Raise RefusedError if the provider does not take the code, and ProviderError if it fails.
    """
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

    Return nothing if the provider has no such endpoint or refuses. Raise ProviderError if it fails.
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
    """Add our credential to a request (RFC 6749 section 2.3.1).

    Both parts are form-encoded first, which Authlib's own method leaves out.
    """
    text = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
    headers["Authorization"] = f"Basic {b64encode(text.encode('ascii')).decode('ascii')}"
    return uri, headers, body
