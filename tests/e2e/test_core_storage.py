"""Step 5 in the browser: the tokens are in its cookie jar, out of every script's reach."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect

from accounts.tests.presenting import holds_jwt
from tests.e2e import steps
from tests.e2e.steps import Person
from tests.servers import Gatehouse

# How every JSON Web Token begins: the encoded `{"`.
JWT = "eyJ"
# Everywhere a page's script could keep or find a text.
READABLE = """
    async () => {
        const stores = [];
        for (const {name, version} of await indexedDB.databases?.() ?? []) {
            const database = await new Promise((resolve, reject) => {
                const opening = indexedDB.open(name, version);
                opening.onsuccess = () => resolve(opening.result);
                opening.onerror = () => reject(opening.error);
            });
            for (const store of database.objectStoreNames) {
                const reading = database.transaction(store).objectStore(store).getAll();
                await new Promise((resolve) => { reading.onsuccess = resolve; });
                stores.push([name, store, JSON.stringify(reading.result)]);
            }
        }
        return {
            documentCookie: document.cookie,
            cookieStore: await globalThis.cookieStore?.getAll().then((all) => JSON.stringify(all)),
            localStorage: JSON.stringify(localStorage),
            sessionStorage: JSON.stringify(sessionStorage),
            indexedDB: JSON.stringify(stores),
            caches: JSON.stringify(await caches.keys()),
            history: JSON.stringify(history.state),
            windowName: window.name,
            address: location.href,
            requests: JSON.stringify(performance.getEntriesByType('resource')),
            html: document.documentElement.outerHTML,
        };
    }
"""

# Hands on every answer before the page gets it, while the page cannot have left yet.
OVERHEAR = """
    const fetchIt = globalThis.fetch;
    globalThis.fetch = async (path, options) => {
        const answer = await fetchIt(path, options);
        const text = [...answer.headers].join() + await answer.clone().text();
        await globalThis.overheard(`${options?.method ?? 'GET'} ${answer.url}`, text);
        return answer;
    };
"""


@pytest.fixture
def alice(server: Gatehouse) -> Person:
    """Somebody with tokens."""
    return steps.new_person(server, "Alice")


def test_signed_in_reload_keeps_the_session_and_the_note(page: Page, alice: Person) -> None:
    """Sign in, write a note, reload: still signed in, and the note is there."""
    steps.sign_in(page, alice)
    steps.write_note(page, "Milk", "and bread")
    steps.save_note(page)

    page.reload()

    steps.expect_signed_in(page, alice)
    expect(steps.note(page, "Milk")).to_contain_text("and bread")


def test_signed_in_no_script_finds_a_token_anywhere(
    context: BrowserContext, page: Page, alice: Person
) -> None:
    """Not in cookies, storage, history, address or markup of any page, nor after a refresh."""
    steps.sign_in(page, alice)
    assert str(steps.cookie(context, steps.ACCESS)).startswith(JWT)
    assert str(steps.cookie(context, steps.REFRESH)).startswith(JWT)

    found = []
    for path in ("/notes", "/account", "/", "/login"):
        page.goto(path)
        expect(page.locator("[data-user-name]")).to_have_text(alice.name)
        found.append(page.evaluate(READABLE))
    steps.lose_access(context)
    steps.call(page, "POST", "/auth/refresh")
    found.append(page.evaluate(READABLE))

    assert [
        name for places in found for name, text in places.items() if holds_jwt(text or "")
    ] == []
    assert all("_token" not in places["documentCookie"] for places in found)
    assert [places["localStorage"] for places in found] == ["{}"] * len(found)
    assert [places["sessionStorage"] for places in found] == ["{}"] * len(found)
    assert [places["indexedDB"] for places in found] == ["[]"] * len(found)


def test_whole_visit_no_response_carries_a_token_but_in_set_cookie(
    context: BrowserContext, page: Page, alice: Person
) -> None:
    """All that script may read from first page to sign-out, with a refresh and refusals."""
    bodies: dict[str, str] = {}
    delivered: list[str] = []

    def overheard(name: str, text: str) -> None:
        bodies[name] = bodies.get(name, "") + text

    def read(request: Request) -> None:
        response = request.response()
        assert response
        headers = response.headers_array()
        delivered.extend(h["value"] for h in headers if h["name"].lower() == "set-cookie")
        if request.resource_type in {"document", "script"}:
            overheard(f"{request.method} {request.url}", response.text())

    context.expose_function("overheard", overheard)
    context.add_init_script(OVERHEAR)
    context.on("requestfinished", read)
    page.goto("/login")
    steps.fill_sign_in(page, Person(alice.email, alice.name, "not her password"))
    expect(page.locator("[data-form-error]")).not_to_be_empty()
    steps.sign_in(page, alice)
    steps.write_note(page, "Milk")
    steps.lose_access(context)
    steps.save_note(page)
    page.goto("/account")
    expect(page.locator("[data-devices] li")).to_have_count(1)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login?*")

    asked = {name.split(" ")[0] + " /" + name.split("/", 3)[3].split("?")[0] for name in bodies}
    assert {"POST /auth/login", "POST /auth/refresh", "POST /api/notes", "GET /notes"} <= asked
    assert {"GET /auth/session", "GET /auth/sessions", "GET /static/gatehouse/session.js"} <= asked
    assert [name for name, text in bodies.items() if holds_jwt(text)] == []
    assert any(holds_jwt(line) and "HttpOnly" in line for line in delivered)


@pytest.mark.expects_violations
def test_script_cannot_plant_or_overwrite_a_token_cookie(
    context: BrowserContext, page: Page, alice: Person
) -> None:
    """The name's prefix makes the browser refuse what did not come from a server (RFC 6265bis)."""
    steps.sign_in(page, alice)
    good = steps.cookie(context, steps.REFRESH)

    page.evaluate(
        """async (name) => {
            document.cookie = `${name}=planted; Secure; Path=/; SameSite=Strict`;
            document.cookie = `${name}=; Secure; Path=/; Max-Age=0`;
            await globalThis.cookieStore?.set(name, 'planted').catch(() => {});
            await globalThis.cookieStore?.delete(name).catch(() => {});
        }""",
        steps.REFRESH,
    )

    assert steps.cookie(context, steps.REFRESH) == good


def test_copied_cookie_jar_is_refused_after_sign_out(
    context: BrowserContext,
    page: Page,
    alice: Person,
    new_context: Callable[..., BrowserContext],
) -> None:
    """What mallory copied works until alice signs out, and never again after that."""
    steps.sign_in(page, alice)
    mallory = new_context()
    mallory.add_cookies(context.cookies())  # type: ignore[arg-type]
    thief = mallory.new_page()
    thief.goto("/")
    assert steps.call(thief, "GET", "/api/notes")["status"] == 200

    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login?*")
    answers = [
        steps.call(thief, "GET", "/api/notes"),
        steps.call(thief, "GET", "/api/me"),
        steps.call(thief, "POST", "/api/notes", {"title": "Mallory was here"}),
        steps.call(thief, "POST", "/auth/refresh"),
        steps.call(thief, "GET", "/auth/session"),
    ]

    assert [answer["status"] for answer in answers] == [401, 401, 401, 401, 200]
    assert answers[3]["body"]["code"] == "session_ended"
    assert answers[4]["body"] == {"authenticated": False, "user": None, "session": None}
    assert steps.cookie(context, steps.REFRESH) is None
