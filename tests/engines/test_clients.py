"""docs/clients.md: each snippet is taken from the page and run against a running server."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page

from tests.docs import named_blocks
from tests.engines import npm
from tests.engines.people import PASSWORDS, fetch_tokens
from tests.servers import Gatehouse, free_port
from tools import programs

EMAIL, BOB = "alice@example.com", "bob@example.com"
SNIPPETS = {info.split()[1]: text for info, text in named_blocks("docs/clients.md")}
PROGRAMS = {
    "client.sh": lambda: (programs.ensure("curl"), programs.ensure("jq"), "/bin/sh")[-1],
    "client.py": lambda: sys.executable,
    "client.mjs": lambda: programs.ensure("node"),
}
# Node's snippet is for one process with a store; there its requests run at once.
AT_ONCE = {"client.sh": (6, 1), "client.py": (6, 1), "client.mjs": (1, 6)}


class Program:
    """One snippet in a folder of its own, and its store."""

    def __init__(self, name: str, folder: Path, url: str) -> None:
        self.name, self.folder, self.url = name, folder, url
        self.store = folder / "tokens.json"
        self.interpreter = PROGRAMS[name]()
        (folder / name).write_text(SNIPPETS[name])

    def run(self, *paths: str, **env: str) -> subprocess.CompletedProcess[str]:
        own = {"URL": self.url, "STORE": str(self.store)}
        own |= {"EMAIL": EMAIL, "PASSWORD": PASSWORDS[EMAIL]}
        return subprocess.run(
            [self.interpreter, self.name, *paths],
            cwd=self.folder,
            env=os.environ | own | env,
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def spoil(self) -> str:
        """The access token is no longer good, as after its five minutes; the refresh token."""
        kept = json.loads(self.store.read_text())
        text = json.dumps(kept | {"access_token": "expired"}, separators=(",", ":"))
        self.store.write_text(text)
        return str(kept["refresh_token"])


@pytest.fixture(scope="module")
def strict(
    prepared_data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gatehouse]:
    """A server without a grace window: whoever refreshes twice with one token is found out."""
    data_dir = tmp_path_factory.mktemp("strict") / "data"
    shutil.copytree(prepared_data_dir, data_dir)
    with Gatehouse(data_dir, GATEHOUSE_GRACE_SECONDS=0) as app:
        yield app


@pytest.fixture(params=PROGRAMS)
def program(request: pytest.FixtureRequest, strict: Gatehouse, tmp_path: Path) -> Program:
    """Each of the snippets, signed in."""
    found = Program(request.param, tmp_path, strict.url)
    done = found.run("/api/me")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["client_id"] == "cli"
    return found


@pytest.mark.parametrize("name", PROGRAMS)
def test_password_with_signs_of_other_syntaxes_signs_in(
    name: str, strict: Gatehouse, tmp_path: Path
) -> None:
    """Quotation marks, backslashes and what shells, formats and JSON read otherwise."""
    odd = f"""{name} "says" \\ \n 'x' $HOME `id` %s {{"a":1}} é"""
    program = Program(name, tmp_path, strict.url)
    bearer = fetch_tokens(strict.url, BOB).json()["access_token"]
    changed = httpx.post(
        f"{strict.url}/auth/password/change",
        json={"current_password": PASSWORDS[BOB], "new_password": odd},
        headers={"Authorization": f"Bearer {bearer}"},
    )
    assert changed.status_code == 204, changed.text

    done = program.run("/api/me", EMAIL=BOB, PASSWORD=odd)
    back = httpx.post(
        f"{strict.url}/auth/password/change",
        json={"current_password": odd, "new_password": PASSWORDS[BOB]},
        headers={"Authorization": f"Bearer {bearer}"},
    )

    assert done.returncode == 0, done.stderr
    assert back.status_code == 204


def test_tokens_are_kept_for_their_owner_alone(program: Program) -> None:
    """No other user of the machine can read them; nothing is left beside the store."""
    assert program.store.stat().st_mode & 0o777 == 0o600
    assert not list(program.folder.glob("*.new"))


def test_second_run_needs_no_password(program: Program) -> None:
    """The store is enough."""
    done = program.run("/api/me", PASSWORD="wrong")

    assert done.returncode == 0, done.stderr


def test_expired_access_token_is_renewed_and_the_request_repeated(program: Program) -> None:
    """The person notices nothing; the new pair is in the store."""
    before = program.spoil()

    done = program.run("/api/me")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["client_id"] == "cli"
    assert json.loads(program.store.read_text())["refresh_token"] != before
    assert program.store.stat().st_mode & 0o777 == 0o600


def test_many_at_once_refresh_once(program: Program) -> None:
    """A second use of the old refresh token would end the session of all of them."""
    processes, requests = AT_ONCE[program.name]
    program.spoil()

    with ThreadPoolExecutor(processes) as pool:
        runs = [pool.submit(program.run, *["/api/me"] * requests) for _ in range(processes)]
        answers = [line for run in runs for line in run.result().stdout.splitlines() if line]

    assert len(answers) == 6
    assert program.run("/api/me").returncode == 0


def test_ended_session_asks_for_a_new_sign_in(program: Program, strict: Gatehouse) -> None:
    """Tokens that are worth nothing any more are thrown away."""
    strict.manage("end_sessions", "--user", EMAIL)
    program.spoil()

    done = program.run("/api/me")

    assert done.returncode == 1
    assert "again" in done.stderr
    assert not program.store.exists()


def test_server_that_is_away_costs_no_sign_in(program: Program) -> None:
    """No answer is no refusal: the refresh token in the store may still be good."""
    refresh = program.spoil()

    done = program.run("/api/me", URL=f"http://127.0.0.1:{free_port()}")

    assert done.returncode != 0
    assert json.loads(program.store.read_text())["refresh_token"] == refresh
    assert program.run("/api/me").returncode == 0


SCRIPTS = {name: SNIPPETS[name] for name in SNIPPETS if name.startswith("note")}
INTERPRETERS = {".sh": "client.sh", ".py": "client.py", ".mjs": "client.mjs"}


@pytest.fixture(scope="module")
def personal_token(strict: Gatehouse) -> str:
    """A token that Alice has made for her scripts."""
    made = strict.manage("shell", "-c", MAKE_TOKEN)
    return made.split()[-1]


MAKE_TOKEN = f"""
from accounts import subjects
from accounts.programs import personal_tokens
scopes = ["notes:read", "notes:write"]
alice = subjects.find("{EMAIL}")
print(personal_tokens.make(alice, name="x", scopes=scopes, days=1, acr="1")[1])
"""


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_writes_a_note_by_a_personal_token(
    name: str, strict: Gatehouse, personal_token: str, tmp_path: Path
) -> None:
    """With a title that other syntaxes would read otherwise. A bad token is a failure."""
    title = f"""{name} "says" \\ 'x' $HOME `id` %s {{"a":1}} é"""
    folder = npm.HTTP_CLIENTS if name.endswith(".mjs") else tmp_path
    if folder != tmp_path:
        npm.ensure_packages(folder)
        # Node looks for packages beside the script, whatever the working directory is.
        (tmp_path / "node_modules").symlink_to(folder / "node_modules")
    (tmp_path / name).write_text(SCRIPTS[name])
    interpreter = PROGRAMS[INTERPRETERS[Path(name).suffix]]()

    def run(token: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [interpreter, name],
            cwd=tmp_path,
            env=os.environ | {"URL": strict.url, "TOKEN": token, "TITLE": title},
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )

    done = run(personal_token)

    assert done.returncode == 0, done.stderr
    headers = {"Authorization": f"Bearer {personal_token}"}
    note = httpx.get(f"{strict.url}/api/notes/{done.stdout.strip()}", headers=headers)
    assert note.json()["title"] == title
    assert run("gatehouse_pat_none").returncode != 0


def test_page_signs_in_renews_and_signs_out_without_a_token(server: Gatehouse, page: Page) -> None:
    """What it can read of the cookies is the CSRF token alone."""
    page.goto(f"{server.url}/login")

    def run(expression: str) -> object:
        return page.evaluate(f"{{{SNIPPETS['page.js']}; (async () => {expression})()}}")

    assert run(f"(await signIn('{EMAIL}', '{PASSWORDS[EMAIL]}')).status") == 200
    page.context.clear_cookies(name="__Host-Http-access_token")
    many = "(await Promise.all([1, 2, 3].map(() => call('GET', '/api/me')))).map((r) => r.status)"
    assert run(many) == [200, 200, 200]
    assert run("(await call('POST', '/api/notes', { title: 'from a snippet' })).status") == 201
    cookies = str(run("document.cookie"))
    assert re.fullmatch(r"__Host-csrftoken=\w+", cookies)
    assert run("(await signOut()).status") == 204
    assert run("(await call('GET', '/api/me')).status") == 401
