"""Step 6 under attack: what a page on another site, or on another port of ours, cannot do.

The attacker's pages are served for real, on another site (127.0.0.1) and on the same site with
another origin (localhost, another port), which shares the cookie jar and reads the CSRF cookie.
What counts is the server's state afterwards, never what the attacker's page was told.
Engines complain about such pages in their own ways: hence `expects_violations`.
"""

import json
import threading
from collections.abc import Iterator
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e import steps
from tests.e2e.steps import Person
from tests.servers import Gatehouse

# A form names its fields freely: this one makes a text/plain body that is JSON.
FORM = """<!doctype html><title>Win a prize</title>
<form method="post" enctype="%(enctype)s" action="%(action)s">%(fields)s<button>Win</button></form>
<script>
    const token = document.cookie.split('; ').find((pair) => pair.startsWith('__Host-csrftoken='));
    for (const field of document.querySelectorAll('[name=csrfmiddlewaretoken]'))
        field.value = token ? token.split('=')[1] : 'a'.repeat(32);
</script>"""
FETCHES = """
    async ([url, body]) => {
        const pairs = document.cookie.split('; ');
        const token = pairs.find((pair) => pair.startsWith('__Host-csrftoken='));
        const csrf = {'X-CSRFToken': token ? token.split('=')[1] : 'a'.repeat(32)};
        const json = {'Content-Type': 'application/json'};
        const tries = [
            {mode: 'no-cors', headers: {'Content-Type': 'text/plain'}, body},
            {mode: 'no-cors'},
            {mode: 'cors', headers: {'Content-Type': 'text/plain'}, body},
            {mode: 'cors', headers: {...json, ...csrf}, body},
            {mode: 'cors', headers: csrf},
        ];
        const readable = [];
        for (const options of tries) {
            await fetch(url, {method: 'POST', credentials: 'include', ...options})
                .then((answer) => readable.push(answer.type), () => {});
        }
        navigator.sendBeacon(url, body);
        return readable;
    }
"""


@pytest.fixture(scope="module")
def attacker_pages() -> Iterator[tuple[dict[str, str], int]]:
    """Pages by path, to be filled by a test, and the port at which they are served."""
    pages = {"/": "<!doctype html><title>Nothing to see</title>"}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path, pages["/"]).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Says nothing."""

    served = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield pages, served.server_port
    served.shutdown()
    served.server_close()


@pytest.fixture(params=["127.0.0.1", "localhost"], ids=["other-site", "other-port"])
def evil(request: pytest.FixtureRequest, attacker_pages: tuple[dict[str, str], int]) -> str:
    """The attacker's origin."""
    return f"http://{request.param}:{attacker_pages[1]}"


@pytest.fixture
def alice(server: Gatehouse) -> Person:
    """The victim."""
    return steps.new_person(server, "Alice")


@pytest.fixture
def mallory(server: Gatehouse) -> Person:
    """The attacker, whose own account a forged sign-in would put alice into."""
    return steps.new_person(server, "Mallory")


def bodies(mallory: Person) -> dict[str, dict[str, Any]]:
    """What an attacker would post, by path."""
    return {
        "/auth/login": {"email": mallory.email, "password": mallory.password, "remember": True},
        "/auth/logout": {},
        "/auth/refresh": {},
        "/auth/logout-others": {},
        "/api/notes": {"title": "Mallory was here", "body": ""},
    }


def everything(server: Gatehouse, context: BrowserContext, *people: Person) -> list[object]:
    """All that a successful attack could have changed, on the server and in the victim's jar."""
    state: list[object] = [sorted((c["name"], c["value"]) for c in context.cookies(server.url))]
    for person in people:
        for session in steps.sessions_of(server, person):
            state.append((person.name, session, steps.generation_of(server, session)))
        state.append(steps.notes_of(server, person))
    return state


@pytest.mark.expects_violations
def test_forged_form_changes_nothing(
    server: Gatehouse,
    context: BrowserContext,
    page: Page,
    alice: Person,
    mallory: Person,
    evil: str,
    attacker_pages: tuple[dict[str, str], int],
) -> None:
    """A form that posts itself, with cookies where the browser sends them, is 403 in every form."""
    steps.sign_in(page, alice)
    steps.let_time_pass(server, steps.sessions_of(server, alice)[0], 60)
    before = everything(server, context, alice, mallory)
    forms = {}
    for path, body in bodies(mallory).items():
        plain = json.dumps(body)[:-1] + (", " if body else "") + '"x": "'
        fields = {name: str(value) for name, value in body.items()} | {"csrfmiddlewaretoken": ""}
        for enctype, inputs in (("text/plain", {plain: '"}'}), ("multipart/form-data", fields)):
            forms[f"{path}?{enctype}"] = FORM % {
                "enctype": enctype,
                "action": f"{server.url}{path}",
                "fields": "".join(
                    f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
                    for name, value in inputs.items()
                ),
            }
    pages, _ = attacker_pages

    statuses = {}
    for name, form in forms.items():
        pages["/form"] = form
        victim = context.new_page()
        victim.goto(f"{evil}/form")
        with victim.expect_response(lambda response: response.request.method == "POST") as heard:
            victim.get_by_role("button", name="Win").click(no_wait_after=True)
        statuses[name] = heard.value.status
        victim.close()

    # 401 where the cookies stayed behind.
    assert set(statuses.values()) <= {401, 403}, statuses
    assert everything(server, context, alice, mallory) == before
    page.reload()
    steps.expect_signed_in(page, alice)


@pytest.mark.expects_violations
def test_forged_fetch_changes_nothing(
    server: Gatehouse,
    context: BrowserContext,
    page: Page,
    alice: Person,
    mallory: Person,
    evil: str,
) -> None:
    """Script on the attacker's page, with our own CSRF token where it can read it, gets nowhere."""
    steps.sign_in(page, alice)
    steps.let_time_pass(server, steps.sessions_of(server, alice)[0], 60)
    before = everything(server, context, alice, mallory)
    victim = context.new_page()
    victim.goto(evil)
    can_read = "__Host-csrftoken" in victim.evaluate("document.cookie")
    assert can_read == evil.startswith("http://localhost")

    for path, body in bodies(mallory).items():
        sent = steps.count_requests(context, "POST", path)
        readable = victim.evaluate(FETCHES, [f"{server.url}{path}", json.dumps(body)])
        assert sent() >= 3, path
        assert set(readable) <= {"opaque"}, path

    assert everything(server, context, alice, mallory) == before
    page.reload()
    steps.expect_signed_in(page, alice)


@pytest.mark.expects_violations
def test_other_origin_cannot_read_what_is_private(
    server: Gatehouse, context: BrowserContext, page: Page, alice: Person, evil: str
) -> None:
    """No answer is shared across origins, and no page of ours appears in a frame."""
    steps.give_note(server, alice, "Private", "hers alone")
    steps.sign_in(page, alice)
    victim = context.new_page()
    victim.goto(evil)

    read = victim.evaluate(
        """async (app) => {
            const texts = [];
            for (const path of ['/api/notes', '/auth/session', '/auth/sessions', '/notes']) {
                for (const credentials of ['include', 'omit']) {
                    await fetch(app + path, {credentials})
                        .then((answer) => answer.text()).then((text) => texts.push(text), () => {});
                }
            }
            const frame = document.createElement('iframe');
            frame.src = `${app}/notes`;
            const loaded = new Promise((resolve) => { frame.onload = resolve; });
            document.body.append(frame);
            await loaded;
            return texts;
        }""",
        server.url,
    )

    assert read == []
    [frame] = [frame for frame in victim.frames if frame != victim.main_frame]
    assert frame.locator("main").count() == 0


@pytest.mark.parametrize("path", ["/", "/notes", "/account", "/login"])
def test_link_on_another_site_opens_a_working_page(
    server: Gatehouse,
    context: BrowserContext,
    page: Page,
    alice: Person,
    attacker_pages: tuple[dict[str, str], int],
    path: str,
) -> None:
    """Strict cookies stay behind on that navigation: nothing may be lost or replaced by it."""
    steps.sign_in(page, alice)
    before = sorted((kept["name"], kept["value"]) for kept in context.cookies(server.url))
    pages, port = attacker_pages
    pages["/link"] = f'<!doctype html><title>News</title><a href="{server.url}{path}">Read on</a>'
    visitor = context.new_page()
    visitor.goto(f"http://127.0.0.1:{port}/link")

    visitor.get_by_role("link", name="Read on").click()

    expect(visitor.locator("[data-user-name]")).to_have_text(alice.name)
    assert visitor.url == f"{server.url}{path}"
    assert sorted((kept["name"], kept["value"]) for kept in context.cookies(server.url)) == before
    visitor.goto("/notes")
    steps.write_note(visitor, "Arrived")
    steps.save_note(visitor)
    assert steps.notes_of(server, alice) == [("Arrived", "")]


def test_first_visit_ever_by_a_link_on_another_site_can_sign_in(
    server: Gatehouse,
    page: Page,
    alice: Person,
    attacker_pages: tuple[dict[str, str], int],
) -> None:
    """The page that came without a CSRF cookie fetches one before it posts."""
    pages, port = attacker_pages
    pages["/link"] = f'<!doctype html><title>News</title><a href="{server.url}/login">Sign in</a>'
    page.goto(f"http://127.0.0.1:{port}/link")

    page.get_by_role("link", name="Sign in").click()
    page.wait_for_url(f"{server.url}/login")
    steps.fill_sign_in(page, alice)

    page.wait_for_url(f"{server.url}/notes")
    steps.expect_signed_in(page, alice)
