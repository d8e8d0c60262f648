"""Steps that many browser tests take: people, what they do on the pages, and a look at the server.

Each test brings a person of its own, so that tests can share one server. What a test needs and a
browser cannot do (a session that is older, thirty notes) is written into the server's database.
"""

import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Locator, Page, Request, Route, expect

from tests.clients import PASSWORDS
from tests.servers import Gatehouse

ACCESS = "__Host-Http-access_token"
REFRESH = "__Host-Http-refresh_token"
CSRF = "__Host-csrftoken"

# One request of a page's script, with the CSRF token that it can read as ours does.
CALL = """
    async ([method, path, body]) => {
        const found = document.cookie.split('; ').find((pair) => pair.startsWith('%s='));
        const headers = found ? {'X-CSRFToken': found.slice(found.indexOf('=') + 1)} : {};
        if (body !== null) headers['Content-Type'] = 'application/json';
        const answer = await fetch(path, {
            method, headers, body: body === null ? undefined : JSON.stringify(body),
        });
        const text = await answer.text();
        return {status: answer.status, body: text ? JSON.parse(text) : null};
    }
"""


@dataclass(frozen=True)
class Person:
    """Somebody with an account; the password is alice's, whose hash new people share."""

    email: str
    name: str
    password: str = PASSWORDS["alice@example.com"]


def query(server: Gatehouse, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """What the server's database holds, or a change to it that a test needs."""
    with closing(sqlite3.connect(server.data_dir / "db.sqlite3", timeout=20)) as database:
        found = database.execute(sql, values).fetchall()
        database.commit()
        return found


def newcomer(name: str = "Dora") -> Person:
    """Somebody with an address of their own and no account yet."""
    return Person(f"{name}.{secrets.token_hex(4)}@example.com".lower(), name)


def new_person(server: Gatehouse, name: str = "Dora") -> Person:
    """A new account: a copy of alice's row, without the time a new hash takes."""
    person = newcomer(name)
    columns = [row[1] for row in query(server, "PRAGMA table_info(gatehouse_users_user)")]
    own = {"id": "NULL", "email": f"'{person.email}'", "name": f"'{name}'"}
    values = ", ".join(own.get(column, column) for column in columns)
    query(
        server,
        f"INSERT INTO gatehouse_users_user SELECT {values} FROM gatehouse_users_user WHERE email = ?",  # noqa: S608
        "alice@example.com",
    )
    return person


def sessions_of(server: Gatehouse, person: Person, live: bool = True) -> list[str]:
    """The ids of this person's sessions, by when they began."""
    found = query(
        server,
        "SELECT s.id, s.ended_at FROM gatehouse_session s JOIN gatehouse_users_user u ON s.user_id = u.id"
        " WHERE u.email = ? ORDER BY s.created_at",
        person.email,
    )
    return [session_id for session_id, ended_at in found if (ended_at is None) == live]


def generation_of(server: Gatehouse, session_id: str) -> int:
    """How often this session has been refreshed, counted from 1."""
    return int(
        query(server, "SELECT generation FROM gatehouse_session WHERE id = ?", session_id)[0][0]
    )


def let_time_pass(server: Gatehouse, session_id: str, seconds: int) -> None:
    """Makes the session's past that much longer ago."""
    times = ("rotated_at", "confirmed_at", "authenticated_at")
    moved = ", ".join(f"{name} = datetime({name}, '-{seconds} seconds')" for name in times)
    query(server, f"UPDATE gatehouse_session SET {moved} WHERE id = ?", session_id)  # noqa: S608


def forget_step_up(server: Gatehouse, person: Person) -> None:
    """As if this person had last entered the password six minutes ago."""
    for session_id in sessions_of(server, person):
        let_time_pass(server, session_id, 360)


def notes_of(server: Gatehouse, person: Person) -> list[tuple[str, str]]:
    """Title and text of each of this person's notes, the first written first."""
    return query(  # type: ignore[return-value]
        server,
        "SELECT n.title, n.body FROM api_note n JOIN gatehouse_users_user u ON n.owner_id = u.id"
        " WHERE u.email = ? ORDER BY n.created_at",
        person.email,
    )


def give_note(server: Gatehouse, person: Person, title: str, body: str = "", age: int = 0) -> None:
    """A note that this person wrote `age` minutes ago."""
    query(
        server,
        "INSERT INTO api_note (id, owner_id, title, body, created_at, updated_at)"
        " SELECT ?, id, ?, ?, datetime('now', ?), datetime('now', ?)"
        " FROM gatehouse_users_user WHERE email = ?",
        secrets.token_urlsafe(16),
        title,
        body,
        f"-{age} minutes",
        f"-{age} minutes",
        person.email,
    )


def fill_sign_in(page: Page, person: Person) -> None:
    """Types into the sign-in form, and presses its button."""
    email = page.get_by_label("E-mail")
    if email.input_value():  # by BiDi, fill() adds to what an e-mail field of Firefox holds
        email.press("ControlOrMeta+a")
        email.press("Backspace")
    email.fill(person.email)
    page.get_by_label("Password", exact=True).fill(person.password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_in(page: Page, person: Person, path: str = "/notes") -> None:
    """Signs in as people do, and waits until the page at `path` knows them."""
    page.goto("/login" if path == "/notes" else f"/login?next={path}")
    fill_sign_in(page, person)
    arrive(page, path)
    expect_signed_in(page, person)


def arrive(page: Page, path: str) -> None:
    """Waits for this page itself, not for the sign-in page whose `next` it is."""
    page.wait_for_url(lambda url: urlsplit(url).path == path)


def expect_signed_in(page: Page, person: Person) -> None:
    """The header names this person, and the list that the page shows has arrived."""
    expect(page.locator("[data-user-name]")).to_have_text(person.name)
    if page.url.endswith("/notes"):
        expect(page.locator("[data-count]")).not_to_have_text("Loading your notes…")


def write_note(page: Page, title: str, body: str = "") -> None:
    """Opens a new note and types, without saving it."""
    page.get_by_role("button", name="New note").click()
    page.get_by_label("Title").fill(title)
    page.get_by_label("Text", exact=True).fill(body)


def save_note(page: Page) -> None:
    """Presses Save and waits until the page says that it is done."""
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[data-saved]")).to_have_text("Saved")


def note(page: Page, title: str) -> Locator:
    """The row of a note in the list."""
    return page.locator("[data-list] [data-open]").filter(has_text=title)


def expect_focus(element: Locator) -> None:
    """The keyboard is there, also while another window lies in front of this one."""
    element.page.wait_for_function(
        "(wanted) => wanted === document.activeElement", arg=element.element_handle()
    )


def call(page: Page, method: str, path: str, body: Any = None) -> dict[str, Any]:
    """One request from a page on the app's origin: `{"status", "body"}`."""
    return dict(page.evaluate(CALL % CSRF, [method, path, body]))


def cookie(context: BrowserContext, name: str) -> str | None:
    """The value of a cookie in this browser."""
    found = [kept["value"] for kept in context.cookies() if kept["name"] == name]
    return found[0] if found else None


def put_cookie(context: BrowserContext, name: str, value: str) -> None:
    """Plants a cookie as the server would set it."""
    planted = {"name": name, "value": value, "domain": "localhost", "path": "/"}
    secure = {"secure": True, "httpOnly": name != CSRF, "sameSite": "Strict"}
    context.add_cookies([{**planted, **secure}])  # type: ignore[typeddict-item]


def lose_access(context: BrowserContext) -> None:
    """What the end of an access token's life leaves in the browser: the refresh token alone."""
    context.clear_cookies(name=ACCESS)


def count_requests(context: BrowserContext, method: str, path: str) -> Callable[[], int]:
    """Starts counting what all tabs of this browser send; returns the way to read the count."""
    seen: list[Request] = []

    def keep(request: Request) -> None:
        if request.method == method and request.url.split("?")[0].endswith(path):
            seen.append(request)

    context.on("request", keep)
    return lambda: len(seen)


def hold(page: Page, address: str) -> list[Route]:
    """The next request to this address waits in the list until `continue_()` lets it go."""
    waiting: list[Route] = []
    page.route(address, lambda route: waiting.append(route), times=1)
    return waiting
