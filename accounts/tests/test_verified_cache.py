"""The memory of verified tokens: it saves the signature, and outlives nothing that ends a token."""

import time
from typing import Any

import pytest
import time_machine

from .. import sessions, tokens
from ..conf import LEEWAY_SECONDS, override
from ..errors import ExpiredToken, InvalidToken
from ..models import Session
from ..sessions import revocation
from ..tokens import key_store, signing
from ..tokens.claims import Issued
from . import forge
from .clients import BrowserClient

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pair(alice: Any) -> Issued:
    """Tokens that this process has verified before."""
    issued = sessions.start(alice, evidence=sessions.BY_PASSWORD, client="web", remember=True)
    tokens.verify_access(issued.access)
    return issued


@pytest.fixture
def signatures(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What PyJWT verifies the signature of, from here on."""
    verified: list[bytes] = []
    algorithm = signing.ALGORITHMS["ES256"]
    verify = algorithm.verify

    def noted(signed: bytes, *args: Any) -> bool:
        verified.append(signed)
        return bool(verify(signed, *args))

    monkeypatch.setattr(algorithm, "verify", noted)
    return verified


def test_remembered_token_costs_no_second_signature(pair: Issued, signatures: list[bytes]) -> None:
    """What the memory is for: no signature is verified again, until it is forgotten."""
    tokens.verify_access(pair.access)
    assert signatures == []

    signing.reset()
    tokens.verify_access(pair.access)
    assert len(signatures) == 1


def test_remembered_token_ends_with_its_time(pair: Issued) -> None:
    """Expiry is checked on every use, to the second."""
    end = pair.access_expires_at.timestamp() + LEEWAY_SECONDS

    with time_machine.travel(end - 1, tick=False):
        tokens.verify_access(pair.access)
    with time_machine.travel(end, tick=False), pytest.raises(ExpiredToken):
        tokens.verify_access(pair.access)


def test_expired_token_is_refused_at_first_sight_and_ever_after(alice: Any) -> None:
    """That its signature is remembered makes refusing it cheap, and nothing else."""
    good = sessions.start(alice, evidence=sessions.BY_PASSWORD, client="web", remember=True).access
    expired = forge.altered(good, exp=int(time.time()) - LEEWAY_SECONDS)

    for _ in range(3):
        with pytest.raises(ExpiredToken, match=r"its time \(exp\) is over"):
            tokens.verify_access(expired)


def test_remembered_token_ends_with_its_session(pair: Issued) -> None:
    """Revocation comes after the memory, on every use."""
    revocation.check(tokens.verify_access(pair.access))

    sessions.end(Session.objects.filter(id=pair.session.id), "signed_out")

    with pytest.raises(InvalidToken):
        revocation.check(tokens.verify_access(pair.access))


def test_remembered_token_ends_with_its_key(pair: Issued, settings: Any) -> None:
    """Another ring, even one with the same name, has verified nothing yet."""
    ring = key_store.ring()
    settings.GATEHOUSE = {
        **settings.GATEHOUSE,
        "SIGNING_KEYS": ring.without(ring.active_kid).dump(),
    }
    key_store.reset()

    with pytest.raises(InvalidToken, match="kid names no key of ours"):
        tokens.verify_access(pair.access)


@pytest.mark.parametrize(
    ("name", "cause"),
    [("ISSUER", "iss is not this issuer"), ("AUDIENCE", "aud is another audience")],
)
def test_remembered_token_is_unknown_to_another_issuer_and_api(
    pair: Issued, name: str, cause: str
) -> None:
    """Also where both have the same keys: what was verified was verified for one of them."""
    with override({name: "https://other.example"}), pytest.raises(InvalidToken, match=cause):
        tokens.verify_access(pair.access)

    tokens.verify_access(pair.access)


def test_other_text_is_not_remembered(pair: Issued) -> None:
    """The whole text counts: with another signature it is another token."""
    head, payload, signature = pair.access.split(".")
    other = f"{head}.{payload}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"

    with pytest.raises(InvalidToken):
        tokens.verify_access(other)
    with pytest.raises(InvalidToken):
        tokens.verify_access(other)


def test_remembered_token_needs_the_csrf_defence_each_time(
    browser_client: BrowserClient, alice: Any
) -> None:
    """A known cookie is still a cookie."""
    browser_client.sign_in(alice)
    assert browser_client.post("/probe", {"title": "one"}).status_code == 201

    refused = browser_client.post("/probe", {"title": "two"}, headers={"X-CSRFToken": None})

    assert refused.json()["code"] == "csrf_failed"


def test_remembered_token_sent_twice_counts_as_none(
    browser_client: BrowserClient, alice: Any
) -> None:
    """Cookie hygiene comes before the memory is asked."""
    browser_client.sign_in(alice)
    assert browser_client.get("/probe").status_code == 200
    token = browser_client.cookies["__Host-Http-access_token"].value
    twice = "; ".join([f"__Host-Http-access_token={token}"] * 2)

    refused = BrowserClient().get("/probe", HTTP_COOKIE=twice)

    assert refused.json()["code"] == "not_authenticated"


def test_memory_is_bounded(
    pair: Issued, signatures: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many tokens come by, two generations are kept; what is used stays."""
    monkeypatch.setattr(signing.verified, "size", 3)

    for number in range(20):
        tokens.verify_access(forge.altered(pair.access, jti=f"number-{number}"))
        tokens.verify_access(pair.access)
        assert len(signing.verified.young) + len(signing.verified.old) <= 2 * 3

    signatures.clear()
    tokens.verify_access(pair.access)
    assert signatures == []
