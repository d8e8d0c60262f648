"""The forging cards: what the naive readers accept, the real code refuses, with cause and line."""

import ast
import json
from pathlib import Path

import pytest

from accounts.conf import override
from lab import cards, forge, verdicts, vulnerable
from tests.clients import BearerClient
from tests.lab.clients import LabClient
from tests.servers import ROOT

# Each card: what the innermost cause says, and the function whose line stopped the token.
CAUSES = {
    "tampered": ("the signature does not fit these bytes", "RingBackend.check_signature"),
    "none": ("alg is not the algorithm of this key", "RingBackend.key_for"),
    "confusion": ("alg is not the algorithm of this key", "RingBackend.key_for"),
    "expired": ("its time (exp) is over", "verify_access"),
    "audience": ("aud is another audience", "check_values"),
    "lab-token": ("kid names no key of ours", "RingBackend.key_for"),
    "refresh": ("typ is not at+jwt", "RingBackend.key_for"),
    "typ": ("typ is not at+jwt", "RingBackend.key_for"),
    "jwk": ("the header has other members than typ, alg and kid", "RingBackend.key_for"),
    "kid": ("kid names no key of ours", "RingBackend.key_for"),
}


def judge(slug: str, *, twist: bool = False) -> tuple[dict, dict]:
    card = cards.CARDS[slug]
    with override(forge.workshop()):
        token = card.make(twist).token()
        return verdicts.naive(token, card.reader), verdicts.ours(token, real_api=card.real_api)


def test_every_card_has_its_cause_here() -> None:
    """The table above is complete."""
    assert set(CAUSES) == set(cards.CARDS)


@pytest.mark.parametrize("slug", sorted(CAUSES))
def test_card_is_accepted_by_the_naive_reader_and_refused_by_ours(slug: str) -> None:
    """Same bytes, two verdicts; the cause is the precise one, and its line is marked."""
    naive, ours = judge(slug)

    assert naive["accepted"], naive["cause"]
    assert not ours["accepted"]
    cause, function = CAUSES[slug]
    assert ours["chain"][-1]["text"] == cause
    assert ours["chain"][0]["type"].startswith("accounts.")
    assert ours["guard"]["name"].endswith(function)
    marked = [line for line in ours["guard"]["lines"] if line["marked"]]
    assert marked[0]["number"] == ours["guard"]["line"]
    source = (ROOT / ours["guard"]["file"]).read_text(encoding="utf-8").splitlines()
    assert source[ours["guard"]["line"] - 1] == marked[0]["text"]


@pytest.mark.parametrize("slug", ["tampered", "expired", "audience", "typ"])
def test_twist_of_a_policy_card_is_accepted_by_ours(slug: str) -> None:
    """What is really in order is taken: ours is strict, not shut."""
    _, ours = judge(slug, twist=True)

    assert ours["accepted"]


@pytest.mark.parametrize("slug", ["confusion", "jwk", "kid"])
def test_twist_of_a_key_card_is_refused_by_the_naive_reader_too(slug: str) -> None:
    """What these attacks need: the exact bytes of a file, the key in the header, no known name."""
    naive, ours = judge(slug, twist=True)

    assert not naive["accepted"]
    assert not ours["accepted"]


def test_library_itself_refuses_the_confusion(lab_client: LabClient) -> None:
    """PyJWT does not take an asymmetric key's file as an HMAC secret, even when told to."""
    lab_client.watch()

    found = lab_client.post("/learn/api/forge/confusion", {}).json()

    assert found["library"].startswith("InvalidKeyError")


def test_forged_token_is_good_for_nothing_else(db: None, lab_client: LabClient) -> None:
    """Not even the workshop's own good tokens open the app's API or the lab's bank."""
    lab_client.watch()
    with override(forge.workshop()):
        token = cards.CARDS["tampered"].make(True).token()
        assert verdicts.ours(token, real_api=False)["accepted"]

    for client, path in ((BearerClient(), "/api/me"), (lab_client, "/bank/account")):
        answer = client.get(path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401
        assert answer.json()["code"] == "invalid_token"


@pytest.mark.parametrize(
    ("header", "claims", "cause"),
    [
        ("{", "{}", "the header is not JSON in UTF-8"),
        ('{"typ":"at+jwt","typ":"at+jwt"}', "{}", "a member name stands twice"),
        ("[]", "{}", "the header is not an object"),
        ("\N{SNOWMAN}", "\N{SNOWMAN}", "the header is not JSON in UTF-8"),
    ],
)
def test_anything_typed_is_judged_and_not_repaired(
    lab_client: LabClient, header: str, claims: str, cause: str
) -> None:
    """Broken input is an answer with a cause, never an error of the page."""
    lab_client.watch()
    body = {"header": header, "claims": claims, "how": "workshop", "reader": "decode_only"}

    answer = lab_client.post("/learn/api/forge/own", body)

    assert answer.status_code == 200
    assert cause in [link["text"] for link in answer.json()["ours"]["chain"]]


def test_own_forgery_with_the_workshops_key_is_accepted_by_both(lab_client: LabClient) -> None:
    """The issuer's key and the issuer's claims make a good token."""
    lab_client.watch()
    good = lab_client.get("/learn/api/forge").json()
    body = {"header": good["header"], "claims": good["claims"], "how": "workshop"}

    found = lab_client.post("/learn/api/forge/own", {**body, "reader": "signature_only"}).json()

    assert found["naive"]["accepted"]
    assert found["ours"]["accepted"]
    assert json.loads(found["parts"]["claims"])["sub"] == "alice"


def test_forge_is_not_served_by_the_app(browser_client) -> None:
    """Nothing is attacked on the app's own host."""
    browser_client.get("/auth/session")

    assert browser_client.post("/learn/api/forge/none", {}).status_code == 404
    assert browser_client.get("/bank/account").status_code == 404


def test_unsafe_readers_say_so_and_are_imported_by_nobody_else() -> None:
    """The module is marked, and no other file of ours names it in an import."""
    assert (vulnerable.__doc__ or "").startswith("UNSAFE ON PURPOSE")
    importers = set()
    for package in ("accounts", "api", "lab", "project"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    names = [alias.name for alias in node.names]
                    names.append(getattr(node, "module", None) or "")
                    if any(name.endswith("vulnerable") for name in names):
                        importers.add(path.relative_to(ROOT))

    assert importers == {Path("lab/verdicts.py"), Path("lab/forging.py")}
