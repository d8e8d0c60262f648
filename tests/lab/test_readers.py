"""The naive readers beyond the attack that each falls for: what they take, and what they do not."""

import json
from typing import Any

import pytest

from accounts.conf import override
from lab import forge, library, verdicts
from tests.lab.clients import LabClient

SECRET = b"an ordinary secret, known to nobody but these two servers, of 64 bytes"


@pytest.fixture
def workshop(lab_client: LabClient) -> LabClient:
    """A browser that forges."""
    lab_client.watch()
    return lab_client


def judge(client: LabClient, reader: str, how: str, **changes: Any) -> dict[str, Any]:
    """What the naive reader says to a good token with these changes, signed in that way."""
    good = client.get("/learn/api/forge").json()
    header = {**json.loads(good["header"]), **changes}
    body = {"header": json.dumps(header), "claims": good["claims"], "how": how, "reader": reader}
    answer = client.post("/learn/api/forge/own", body)
    assert answer.status_code == 200
    return answer.json()["naive"]


@pytest.mark.parametrize("reader", ["trusts_none", "trusts_alg", "trusts_jwk", "signature_only"])
def test_reader_checks_the_signature_of_a_token_that_says_it_has_one(
    workshop: LabClient, reader: str
) -> None:
    """Each has one mistake and no other: it is the mistake that lets the forgery in."""
    good = judge(workshop, reader, "workshop")
    bad = judge(workshop, reader, "attacker")

    assert (good["accepted"], good["subject"]) == (True, "alice")
    assert (bad["accepted"], bad["cause"]) == (False, "the signature does not match")


@pytest.mark.parametrize(
    ("changes", "cause"),
    [({}, "ES256 is no HMAC"), ({"alg": "HS256"}, "the HMAC does not match")],
)
def test_reader_of_key_ids_takes_its_own_kind_of_signature_alone(
    workshop: LabClient, changes: dict[str, str], cause: str
) -> None:
    """It knows HMACs only, and compares them: its mistake is the secret that it falls back to."""
    assert judge(workshop, "trusts_kid", "workshop", **changes)["cause"] == cause


@pytest.mark.parametrize("reader", ["trusts_none", "trusts_alg", "trusts_jwk", "trusts_kid"])
def test_header_that_is_no_object_is_refused_by_name(workshop: LabClient, reader: str) -> None:
    """Even the naive ones read a list as what it is, and do not crash over it."""
    body = {"header": "[]", "claims": "{}", "how": "workshop", "reader": reader}

    naive = workshop.post("/learn/api/forge/own", body).json()["naive"]

    assert (naive["accepted"], naive["cause"]) == (False, "not an object")


def test_library_takes_the_same_kind_of_token_under_an_ordinary_secret() -> None:
    """It is the key's file that it refuses as a secret, and not the token or its algorithm."""
    with override(forge.workshop()):
        pem = forge.pem()
        tokens = {
            secret: forge.sign(forge.header(alg="HS512"), forge.claims(), "hs512", secret)
            for secret in (SECRET, pem)
        }

    assert library.asked_carelessly(tokens[SECRET], SECRET) == "accepted"
    assert library.asked_carelessly(tokens[pem], pem).startswith("InvalidKeyError")
    assert library.asked_carelessly(tokens[pem], SECRET).startswith("InvalidSignatureError")


def test_unknown_card_is_not_found(workshop: LabClient) -> None:
    """A card is an attack that is written down; a name of the caller's is none."""
    answer = workshop.post("/learn/api/forge/nothing", {})

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_card_says_what_the_library_thinks_where_that_is_the_lesson(workshop: LabClient) -> None:
    """The others have nothing to ask the library or the real API."""
    found = workshop.post("/learn/api/forge/none", {}).json()

    assert found["naive"]["accepted"]
    assert not found["ours"]["accepted"]
    assert set(found) == {"token", "parts", "naive", "ours"}


def test_refusal_that_no_code_of_ours_took_part_in_has_no_guard() -> None:
    """Then no line is marked: one of a library would be shown as a defence of the app's."""
    with pytest.raises(json.JSONDecodeError) as refused:
        json.loads("{")

    assert verdicts.guard(refused.value) is None
