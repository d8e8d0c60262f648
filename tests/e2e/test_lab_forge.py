"""/learn/forge in a real browser: the same bytes, two verdicts, the line between them."""

import pytest
from playwright.sync_api import Page, expect

from tests.servers import Gatehouse

pytest.importorskip("lab")

LAB = "http://app.demo.localhost:{port}/learn/forge#{card}"


def open_card(page: Page, server: Gatehouse, card: str) -> None:
    page.goto(LAB.format(port=server.port, card=card))


NAIVE, BOTH, NEITHER = "Only the naive one", "Both accept it", "Both refuse it"
# Each card: whom the naive reader welcomes, why ours refuses, the line that is marked, and what
# the one changed thing leads to.
CARDS = [
    ("tampered", "admin", "the signature does not fit these bytes", "raise Malformed", BOTH),
    ("none", "admin", "alg is not the algorithm of this key", "raise Malformed", NAIVE),
    ("confusion", "admin", "alg is not the algorithm of this key", "raise Malformed", NEITHER),
    ("expired", "alice", "its time (exp) is over", "raise ExpiredToken", BOTH),
    ("audience", "alice", "aud is another audience", "raise Malformed", BOTH),
    ("lab-token", "alice", "kid names no key of ours", "raise Malformed", NAIVE),
    ("refresh", "alice", "typ is not at+jwt", "raise Malformed", NAIVE),
    ("typ", "alice", "typ is not at+jwt", "raise Malformed", BOTH),
    ("jwk", "admin", "the header has other members", "raise Malformed", NEITHER),
    ("kid", "admin", "kid names no key of ours", "raise Malformed", NEITHER),
]


@pytest.mark.parametrize(
    ("card", "who", "cause", "marked", "twisted"), CARDS, ids=[row[0] for row in CARDS]
)
def test_card_is_welcomed_by_one_and_refused_by_the_other_until_one_thing_is_changed(
    page: Page, server: Gatehouse, card: str, who: str, cause: str, marked: str, twisted: str
) -> None:
    """The verdict names the cause and marks the guarding line; the switch runs both again."""
    open_card(page, server, card)
    box = page.locator(f"lab-experiment#{card}")

    box.get_by_role("button", name="Only the naive one").click()
    box.get_by_role("button", name="Give it to both verifiers").click()

    expect(box.locator("[data-glance] [data-facts=script]")).to_contain_text(f"Welcome, {who}.")
    expect(box.locator("[data-glance] [data-facts=server]")).to_contain_text(cause)
    expect(box.locator("[data-guard-source] .marked").first).to_contain_text(marked)
    expect(box.locator("[data-verdict]")).to_contain_text("As you expected.")
    expect(box.locator(".standard").first).to_be_visible()

    first = box.locator("[data-slot=token]").inner_text()
    box.get_by_role("checkbox").check()

    expect(box.locator("[data-slot=token]")).not_to_have_text(first)
    expect(box.locator("[data-came-true]")).to_contain_text(twisted)


def test_changed_thing_changes_the_outcome(page: Page, server: Gatehouse) -> None:
    """Without the one newline at its end the key's file is another secret."""
    open_card(page, server, "confusion")
    box = page.locator("lab-experiment#confusion")
    box.get_by_role("button", name="Give it to both verifiers").click()
    expect(box.locator("[data-more]")).to_contain_text("InvalidKeyError")

    box.get_by_role("checkbox").check()

    expect(box.locator("[data-glance] [data-facts=script]")).to_contain_text(
        "the HMAC does not match"
    )


def test_lab_token_is_refused_by_the_real_api(page: Page, server: Gatehouse) -> None:
    """The server really asked, and got the answer that every bad token gets."""
    open_card(page, server, "lab-token")
    box = page.locator("lab-experiment#lab-token")

    box.get_by_role("button", name="Give it to both verifiers").click()

    expect(box.locator("[data-more]")).to_contain_text("401 invalid_token")
    expect(box.locator("[data-glance] [data-facts=server]")).to_contain_text(
        "kid names no key of ours"
    )


def test_own_forgery_succeeds_only_with_the_workshops_key(page: Page, server: Gatehouse) -> None:
    """Free editing: the old signature does not fit, the issuer's own does."""
    open_card(page, server, "own")
    box = page.locator("lab-experiment#own")
    expect(box.locator("[data-pem]")).to_contain_text("BEGIN PUBLIC KEY")

    box.get_by_role("button", name="Give it to both verifiers").click()
    expect(box.locator("[data-glance] [data-facts=server]")).to_contain_text(
        "the signature does not fit these bytes"
    )
    box.get_by_label("Signature", exact=True).select_option("workshop")
    box.get_by_role("button", name="Give it to both verifiers").click()

    expect(box.locator("[data-glance] [data-facts=server]")).to_contain_text("Welcome, admin")


def test_switch_that_is_turned_back_meanwhile_decides(page: Page, server: Gatehouse) -> None:
    """What is shown is about the switch as it stands."""
    open_card(page, server, "tampered")
    box = page.locator("lab-experiment#tampered")
    box.get_by_role("button", name="Give it to both verifiers").click()
    expect(box.locator("[data-glance] [data-facts=server]")).to_contain_text("does not fit")
    told = box.locator("[data-slot=token]").element_handle()

    box.get_by_role("checkbox").evaluate("(found) => { found.click(); found.click(); }")

    told.wait_for_element_state("hidden")  # replaced by what came of it
    expect(box.locator("[data-glance] [data-facts=server]")).to_contain_text("does not fit")
    expect(box.locator("[data-verdict]")).to_contain_text("Ours refuses")
