"""The lab's pages for everybody: axe finds nothing, light or dark; nothing leaves the window."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_core_accessible import found_by_axe, runs_over
from tests.servers import Gatehouse

pytest.importorskip("api.lab")

SLUGS = ("storage", "forge", "cross-site", "refresh", "map")


def assert_fit_for_everybody(page: Page) -> None:
    """With all code unfolded, in both schemes."""
    for summary in page.locator("main summary").all():
        if summary.is_visible():
            summary.click()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert found_by_axe(page) == [], scheme
    assert runs_over(page) == []


def test_index_with_its_evidence_is_accessible(page: Page) -> None:
    """Before and after the first experiment."""
    page.goto("/learn")
    page.get_by_role("button", name="Sign in as Alice").click()
    expect(page.locator("[data-first-sign-in]")).to_be_hidden()
    page.get_by_role("button", name="It sees the name").click()
    page.get_by_role("button", name="Try to read it").click()
    expect(page.locator("#first")).to_have_attribute("data-state", "done")

    assert_fit_for_everybody(page)

    page.goto("/learn/inspect")
    page.get_by_role("button", name="Inspect my cookies").click()
    expect(page.locator("#own")).to_have_attribute("data-state", "done")
    page.get_by_role("button", name="Use a forged example").click()
    page.get_by_role("button", name="Decode here").click()

    assert_fit_for_everybody(page)


def test_flow_with_all_steps_filled_in_is_accessible(page: Page, server: Gatehouse) -> None:
    """Both columns of all eight steps, and the code of each."""
    page.goto(server.url.replace("localhost", "app.demo.localhost") + "/learn/flow")
    page.get_by_role("button", name="Sign in as Ada").click()
    expect(page.locator("#step-5")).to_have_attribute("data-done", "yes")
    page.get_by_role("button", name="Expire now").click()
    expect(page.locator("#step-8")).to_have_attribute("data-done", re.compile("yes"))

    assert_fit_for_everybody(page)


@pytest.mark.parametrize("slug", SLUGS)
def test_page_to_read_is_accessible(page: Page, slug: str) -> None:
    """On the app's host, where nothing runs but everything can be read."""
    page.goto(f"/learn/{slug}")

    assert_fit_for_everybody(page)


@pytest.mark.parametrize("slug", SLUGS[:-1])
def test_page_to_run_is_accessible(page: Page, server: Gatehouse, slug: str) -> None:
    """On the lab's host, before anything has been run."""
    page.goto(server.url.replace("localhost", "app.demo.localhost") + f"/learn/{slug}")
    expect(page.locator("lab-experiment").first).to_have_attribute("data-state", "asking")

    assert_fit_for_everybody(page)


def test_page_of_another_host_is_accessible(page: Page, server: Gatehouse) -> None:
    """The way back to the app, from an attackers' address."""
    page.goto(server.url.replace("localhost", "127.0.0.1") + "/login")

    assert_fit_for_everybody(page)
