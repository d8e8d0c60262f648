"""All pages of the lab together: they fetch nothing from elsewhere, and have no dead controls."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.servers import Gatehouse

pytest.importorskip("lab")

READ = (
    "",
    "/flow",
    "/storage",
    "/forge",
    "/inspect",
    "/cross-site",
    "/refresh",
    "/phishing",
    "/binding",
    "/sessions",
    "/map",
)
RUN = tuple(path for path in READ if path not in ("", "/map"))


def test_every_page_of_the_lab_works_offline(page: Page, server: Gatehouse) -> None:
    """Nothing is asked of any machine but this one, and nothing that is asked for is missing."""
    asked: set[str] = set()
    missing: list[str] = []
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    page.on(
        "response",
        lambda answer: missing.append(answer.url) if answer.status >= 400 else None,
    )
    lab = server.url.replace("localhost", "app.demo.localhost")

    for address in [f"{server.url}/learn{path}" for path in READ] + [
        f"{lab}/learn{path}" for path in RUN
    ]:
        page.goto(address)
        page.wait_for_load_state("networkidle")

    assert asked == {urlsplit(server.url).netloc, urlsplit(lab).netloc}
    assert missing == []


def test_link_to_an_experiment_leads_on_to_the_labs_host(page: Page, server: Gatehouse) -> None:
    """The app's page has nothing but the way there. At the end of it the page says where one is."""
    page.goto("/learn/refresh#copied")
    page.get_by_role("link", name="Go to app.demo.localhost").click()

    expect(page).to_have_url(f"http://app.demo.localhost:{server.port}/learn/refresh#copied")
    expect(page.locator("#copied").get_by_role("heading").first).to_be_in_viewport()
    expect(page.get_by_text("the lab\N{RIGHT SINGLE QUOTATION MARK}s own site")).to_be_in_viewport()


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("/learn/flow#step-7", "#step-7"),
        ("/learn/refresh#copied", "#copied"),
        ("/learn/cross-site#sibling", "#sibling"),
        ("/learn/storage#places-readable", "#places"),
        ("/learn/forge#jwk", "#jwk"),
    ],
)
def test_address_of_an_experiment_leads_to_it(
    page: Page, server: Gatehouse, address: str, shown: str
) -> None:
    """A teacher can hand out a link to one experiment."""
    page.goto(server.url.replace("localhost", "app.demo.localhost") + address)

    expect(page.locator(shown).get_by_role("heading").first).to_be_in_viewport()


def test_blocked_window_is_told_in_words(page: Page, server: Gatehouse) -> None:
    """A browser that lets no window open is no error of the page."""
    page.add_init_script("window.open = () => null")
    page.goto(server.url.replace("localhost", "app.demo.localhost") + "/learn/cross-site#other")

    page.locator("#other").get_by_role("button", name="Open the attacker").click()

    expect(page.locator("#other [data-verdict]")).to_contain_text("Please allow pop-ups")
    expect(page.locator("#other")).to_have_attribute("data-state", "asking")


def open_and_forget_bench(page: Page, address: str) -> None:
    """The bench has been given, whole, before its cookie is taken away."""
    with page.expect_response("**/learn/api/watch") as given:
        page.goto(address)
    given.value.finished()
    page.context.clear_cookies(name="__Host-Http-lab_bench")
    assert "lab_bench" not in str(page.context.cookies())


def test_bench_that_is_over_is_told_in_words(page: Page, server: Gatehouse) -> None:
    """After its hour a page that was left open says what to do, on either kind of page."""
    lab = server.url.replace("localhost", "app.demo.localhost")
    open_and_forget_bench(page, f"{lab}/learn/refresh#copied")

    page.locator("#copied [data-run]").click()

    expect(page.locator("#copied [data-verdict]")).to_contain_text("Reload the page to begin anew")

    open_and_forget_bench(page, "/learn/flow")
    page.get_by_role("button", name="Sign in as Bob").click()

    expect(page.locator("[data-problem]")).to_contain_text("Reload the page to begin anew")
