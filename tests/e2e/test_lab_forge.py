"""/learn/forge in a real browser: the same bytes, two verdicts, the line between them."""

import pytest
from playwright.sync_api import Page, expect

from tests.servers import Gatehouse

pytest.importorskip("api.lab")

LAB = "http://app.demo.localhost:{port}/learn/forge#{card}"


def open_card(page: Page, server: Gatehouse, card: str) -> None:
    page.goto(LAB.format(port=server.port, card=card))


@pytest.mark.parametrize(
    ("card", "cause", "marked"),
    [
        ("tampered", "Signature verification failed", "jwt.decode("),
        ("none", "not three base64url segments", "raise Malformed"),
        ("confusion", "alg is not the algorithm of this key", "raise syntax.Malformed"),
        ("jwk", "the header has other members", "raise syntax.Malformed"),
    ],
)
def test_forged_token_is_welcomed_as_admin_by_one_and_refused_by_the_other(
    page: Page, server: Gatehouse, card: str, cause: str, marked: str
) -> None:
    """The verdict names the cause, and the guarding line is marked in the live source."""
    open_card(page, server, card)
    box = page.locator(f"lab-experiment#{card}")

    box.get_by_role("button", name="Only the naive one").click()
    box.get_by_role("button", name="Give it to both verifiers").click()

    expect(box.locator("[data-slot=naive]")).to_contain_text("Welcome, admin")
    expect(box.locator("[data-slot=ours]")).to_contain_text(cause)
    expect(box.locator("[data-guard-source] .marked").first).to_contain_text(marked)
    expect(box.locator("[data-verdict]")).to_contain_text("As you expected.")
    expect(box.get_by_role("link", name="RFC 8725").first).to_be_visible()


def test_changed_thing_changes_the_outcome(page: Page, server: Gatehouse) -> None:
    """Without the one newline at its end the key's file is another secret."""
    open_card(page, server, "confusion")
    box = page.locator("lab-experiment#confusion")
    box.get_by_role("button", name="Give it to both verifiers").click()
    expect(box.locator("[data-more]")).to_contain_text("InvalidKeyError")

    box.get_by_role("checkbox").check()

    expect(box.locator("[data-slot=naive]")).to_contain_text("the HMAC does not match")


def test_lab_token_is_refused_by_the_real_api(page: Page, server: Gatehouse) -> None:
    """The server really asked, and got the answer that every bad token gets."""
    open_card(page, server, "lab-token")
    box = page.locator("lab-experiment#lab-token")

    box.get_by_role("button", name="Give it to both verifiers").click()

    expect(box.locator("[data-more]")).to_contain_text("401 invalid_token")
    expect(box.locator("[data-slot=ours]")).to_contain_text("kid names no key of ours")


def test_own_forgery_succeeds_only_with_the_workshops_key(page: Page, server: Gatehouse) -> None:
    """Free editing: the old signature does not fit, the issuer's own does."""
    open_card(page, server, "own")
    box = page.locator("lab-experiment#own")
    expect(box.locator("[data-pem]")).to_contain_text("BEGIN PUBLIC KEY")

    box.get_by_role("button", name="Give it to both verifiers").click()
    expect(box.locator("[data-slot=ours]")).to_contain_text("Signature verification failed")
    box.get_by_label("Signature").select_option("workshop")
    box.get_by_role("button", name="Give it to both verifiers").click()

    expect(box.locator("[data-slot=ours]")).to_contain_text("Welcome, admin")
