"""Two application servers, as on two machines, behind a TLS proxy on one PostgreSQL.

Each has two workers and a data directory of its own, so that nothing is shared but the database:
no counter file, and a copy each of the key file. Three proxies with the shipped configuration lead
to both, to A, and to B.
"""

import json
import secrets
import shutil
import signal
import threading
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from accounts.sessions import revocation
from tests.engines.beside import wait_until, working
from tests.engines.people import PASSWORDS, Visitor
from tests.engines.production import KEYS_FILE, Production
from tests.engines.proxies import Nginx
from tests.servers import Postgres, free_port

ACCESS = "__Host-Http-access_token"
POLL_SECONDS = 1
PREPARE = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
from project.demo import PEOPLE
from accounts.users.models import User
for person in PEOPLE:
    User.objects.create_user(person.email, person.password, name=person.name)
"""


@dataclass
class Fleet:
    """`url` leads to either server, `a_url` and `b_url` to one of them."""

    database: Postgres
    a: Production
    b: Production
    url: str
    a_url: str
    b_url: str

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Asks or changes the database behind the servers' backs."""
        where = {"host": str(self.database.folder), "user": "postgres", "dbname": "postgres"}
        with psycopg.connect(**where, autocommit=True) as connection:
            cursor = connection.execute(sql, values)
            return cursor.fetchall() if cursor.description else []

    def age_sessions(self) -> None:
        """As if the last refreshes had been a minute ago: the next ones rotate."""
        self.query(
            "UPDATE gatehouse_session SET rotated_at = rotated_at - interval '1 minute',"
            " confirmed_at = confirmed_at - interval '1 minute'"
        )


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("fleet")
    front = free_port()
    with ExitStack() as stack:
        database = stack.enter_context(Postgres())
        (folder / "a").mkdir()
        env = {
            "GATEHOUSE_DATABASE_URL": database.url,
            "GATEHOUSE_SECRET_KEY": "the same on both servers 0123456789 abcdefghijklmnop",
            "GATEHOUSE_REVOCATION_POLL_SECONDS": POLL_SECONDS,
        }
        a = Production(folder / "a", f"https://localhost:{front}", **env)
        (folder / "b").mkdir()
        shutil.copy(folder / "a" / KEYS_FILE, folder / "b" / KEYS_FILE)
        b = Production(folder / "b", f"https://localhost:{front}", **env)
        a.manage("shell", "-v0", "-c", PREPARE)
        for server in (a, b):
            stack.enter_context(server)
        both = stack.enter_context(Nginx(folder / "nginx", a.port, b.port, port=front))
        only_a = stack.enter_context(Nginx(folder / "nginx-a", a.port))
        only_b = stack.enter_context(Nginx(folder / "nginx-b", b.port))
        yield Fleet(database, a, b, both.url, only_a.url, only_b.url)


def sign_in(visitor: Visitor, at: str, email: str = "alice@example.com") -> None:
    visitor.send("GET", f"{at}/auth/session")
    credentials = {"email": email, "password": PASSWORDS[email], "remember": True}
    assert visitor.send("POST", f"{at}/auth/login", credentials).status_code == 200


@pytest.fixture
def alice(fleet: Fleet, visitor_of: Callable[[str], Visitor]) -> Visitor:
    """Alice's browser, signed in on A."""
    visitor = visitor_of(fleet.url)
    sign_in(visitor, fleet.a_url)
    return visitor


def copy_of(visitor: Visitor, stack: ExitStack) -> Visitor:
    """Another client with the same cookies: a copy, or one more tab."""
    other = stack.enter_context(closing(Visitor(visitor.url)))
    other.cookies = dict(visitor.cookies)
    return other


def session_of(visitor: Visitor) -> str:
    payload = visitor.cookies[ACCESS].split(".")[1]
    return str(json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sid"])


def kid_of(visitor: Visitor) -> str:
    header = visitor.cookies[ACCESS].split(".")[0]
    return str(json.loads(urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"])


def test_sign_in_on_one_server_counts_on_the_other(fleet: Fleet, alice: Visitor) -> None:
    """B verifies with the same keys, writes to the same database, and refreshes what A began."""
    assert alice.send("GET", f"{fleet.b_url}/api/me").status_code == 200
    note = alice.send("POST", f"{fleet.b_url}/api/notes", {"title": "written on B", "body": ""})
    assert note.status_code == 201
    assert alice.send("GET", f"{fleet.a_url}/api/notes/{note.json()['id']}").status_code == 200
    assert alice.send("POST", f"{fleet.b_url}/auth/refresh").status_code == 200
    assert alice.send("GET", f"{fleet.a_url}/api/me").status_code == 200


def test_sign_out_on_one_server_ends_the_session_on_the_other_within_the_poll(
    fleet: Fleet, alice: Visitor, capsys: Any
) -> None:
    """At once where it was asked, and on the other machine with its next look at the feed."""
    with ExitStack() as stack:
        thief, again = copy_of(alice, stack), copy_of(alice, stack)
        for _ in range(8):  # both workers of B know the token
            assert thief.send("GET", f"{fleet.b_url}/api/me").status_code == 200

        assert alice.send("POST", f"{fleet.a_url}/auth/logout").status_code == 204

        ended = time.monotonic()
        assert again.send("GET", f"{fleet.a_url}/api/me").status_code == 401
        accepted = 0.0
        while (now := time.monotonic() - ended) < 4 * POLL_SECONDS:
            if thief.send("GET", f"{fleet.b_url}/api/me").status_code == 200:
                accepted = now
    with capsys.disabled():
        print(f" refused on the other server after {accepted:.2f} s", end="")
    assert accepted < 2 * POLL_SECONDS


def test_parallel_refreshes_on_both_servers_move_the_generation_once(
    fleet: Fleet, alice: Visitor
) -> None:
    """One conditional UPDATE decides, whichever server sends it; everybody gets the same answer."""
    fleet.age_sessions()
    together = threading.Barrier(16, timeout=30)

    def refresh(tab: Visitor, url: str) -> httpx.Response:
        tab.send("GET", f"{url}/healthz")  # the connection stands
        together.wait()
        return tab.send("POST", f"{url}/auth/refresh")

    with ExitStack() as stack, ThreadPoolExecutor(16) as pool:
        tabs = [copy_of(alice, stack) for _ in range(16)]
        answers = list(pool.map(refresh, tabs, [fleet.a_url, fleet.b_url] * 8))

    rows = fleet.query(
        "SELECT generation, previous_generation, ended_at FROM gatehouse_session WHERE id = %s",
        session_of(alice),
    )
    assert [answer.status_code for answer in answers] == [200] * 16
    assert rows == [(2, 1, None)]
    expiries = {answer.json()["session"]["refresh_expires_at"] for answer in answers}
    assert len(expiries) == 1


class Worker:
    """Somebody who writes a note, reads and refreshes, again and again, until told to stop.

    An answer that did not come (502 from the proxy) is asked for again, as a browser page does.
    """

    def __init__(self, visitor: Visitor, mark: str) -> None:
        self.visitor, self.mark = visitor, mark
        self.statuses: list[int] = []
        self.written: list[str] = []
        self.tried = 0

    def run(self, over: threading.Event) -> None:
        while not over.is_set():
            self.tried += 1
            title = f"{self.mark}-{self.tried}"
            if self.ask("POST", "/api/notes", {"title": title, "body": "x" * 5000}) == 201:
                self.written.append(title)
            self.ask("GET", "/api/me")
            if self.ask("POST", "/auth/refresh") == 502:
                self.ask("POST", "/auth/refresh")

    def ask(self, method: str, path: str, body: Any = None) -> int:
        self.statuses.append(self.visitor.send(method, path, body).status_code)
        return self.statuses[-1]


@pytest.fixture
def people(fleet: Fleet, visitor_of: Callable[[str], Visitor]) -> list[Worker]:
    """Four who are signed in."""
    found = []
    for number in range(4):
        visitor = visitor_of(fleet.url)
        sign_in(visitor, fleet.url)
        found.append(Worker(visitor, f"{secrets.token_hex(4)}-{number}"))
    return found


def test_server_killed_under_load_signs_nobody_out(fleet: Fleet, people: list[Worker]) -> None:
    """SIGKILL in the middle of writes and rotations: B serves on, what was answered is there."""
    with working(*(person.run for person in people)):
        wait_until(lambda: all(person.tried > 1 for person in people))
        fleet.age_sessions()
        fleet.a.end(signal.SIGKILL)
        before = {person.mark: person.tried for person in people}
        wait_until(lambda: all(person.tried > before[person.mark] + 3 for person in people))
        fleet.age_sessions()
        again = {person.mark: person.tried for person in people}
        wait_until(lambda: all(person.tried > again[person.mark] + 1 for person in people))
    live = [session_of(person.visitor) for person in people]
    at_the_end = [person.ask("GET", "/api/me") for person in people]
    fleet.a.start()

    statuses = [status for person in people for status in person.statuses]
    assert set(statuses) <= {200, 201, 502}
    assert statuses.count(502) <= 2 * len(people)
    assert set(at_the_end) == {200}
    assert all(set(person.statuses[-6:]) <= {200, 201} for person in people)
    rows = fleet.query(
        "SELECT count(*), count(ended_at), min(generation) FROM gatehouse_session"
        " WHERE id = ANY(%s)",
        live,
    )
    assert rows[0][:2] == (len(people), 0)
    assert rows[0][2] > 2
    expect_whole_notes(fleet, people)


def expect_whole_notes(fleet: Fleet, people: list[Worker]) -> None:
    """Every note that was answered is there once; one whose answer was lost, once or not at all."""
    for person in people:
        notes = fleet.query(
            "SELECT title, length(body) FROM api_note WHERE title LIKE %s", f"{person.mark}-%"
        )
        titles = [title for title, _ in notes]
        assert {length for _, length in notes} == {5000}
        assert len(titles) == len(set(titles)) <= person.tried
        assert set(person.written) <= set(titles)


@dataclass
class Watch:
    """Asks one path four times a second: when each question and its answer were, and what."""

    url: str
    tab: Visitor

    def run(self, over: threading.Event) -> None:
        self.seen: list[tuple[float, float, int]] = []
        while not over.wait(0.25):
            asked = time.monotonic()
            status = self.tab.send("GET", self.url).status_code
            self.seen.append((asked, time.monotonic(), status))

    @property
    def statuses(self) -> set[int]:
        return {status for _, _, status in self.seen}


def test_database_gone_closes_protected_calls_and_opens_them_again(
    fleet: Fleet, alice: Visitor, capsys: Any
) -> None:
    """Twenty seconds without it: first believed, then closed (503), then open by themselves."""
    pause = threading.Event()
    with ExitStack() as stack:
        watches = [
            Watch(f"{url}{path}", copy_of(alice, stack))
            for url in (fleet.a_url, fleet.b_url)
            for path in ("/api/me", "/healthz")
        ]
        with working(*(watch.run for watch in watches)):
            pause.wait(1)
            fleet.database.stop()
            gone = time.monotonic()
            pause.wait(20)
            back = time.monotonic()
            fleet.database.start()
            wait_until(lambda: alice.send("GET", "/readyz").status_code == 200)
            pause.wait(5)

    for protected, health in zip(watches[::2], watches[1::2], strict=True):
        assert health.statuses == {200}
        assert protected.statuses == {200, 503}
        closed = max(at for _, at, status in protected.seen if status == 200 and at < back) - gone
        opened = min(at for _, at, status in protected.seen if status == 200 and at > back) - back
        refused = max(at for _, at, status in protected.seen if status == 503) - back
        with capsys.disabled():
            print(f" closed after {closed:.1f} s, open again after {opened:.1f} s", end="")
        assert closed < 1.5 * revocation.STALE_SECONDS
        assert refused < 1.5 * revocation.STALE_SECONDS
        assert protected.seen[-1][2] == 200
    assert alice.send("POST", "/auth/refresh").status_code == 200


def copy_keys(source: Path, target: Path, over: threading.Event) -> None:
    """What carries a changed key file to the next machine: whole, some time later."""
    while not over.wait(0.5):
        if source.read_bytes() != target.read_bytes():
            shutil.copy(source, target.with_suffix(".new"))
            target.with_suffix(".new").replace(target)


def test_key_rotated_under_load_fails_no_request_on_either_server(
    fleet: Fleet, people: list[Worker]
) -> None:
    """A signs with the new key while B may still take it for the next one: both verify it."""
    old = kid_of(people[0].visitor)
    files = [server.data_dir / KEYS_FILE for server in (fleet.a, fleet.b)]

    with working(*(person.run for person in people), partial(copy_keys, *files)):
        fleet.a.manage("rotate_signing_key", "--wait", "5")
        wait_until(lambda: all(kid_of(person.visitor) != old for person in people))
        tried = {person.mark: person.tried for person in people}
        wait_until(lambda: all(person.tried > tried[person.mark] + 2 for person in people))

    assert {status for person in people for status in person.statuses} == {200, 201}
    for url in (fleet.a_url, fleet.b_url):
        shown = people[0].visitor.send("GET", f"{url}/.well-known/jwks.json").json()["keys"]
        assert {key["kid"] for key in shown} >= {old, kid_of(people[0].visitor)}
        assert people[0].visitor.send("GET", f"{url}/api/me").status_code == 200
