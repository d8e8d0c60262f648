"""A site with people in it goes from the last release to this tree, on each engine.

The old server keeps running on the new tables, beside the new one, as it does on a site with
several servers, and until a reload.
"""

import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.engines.people import Visitor, fetch_tokens
from tests.servers import ROOT, Gatehouse, Postgres

# Where no tag is. The migrations were cut anew in this commit, and its server runs on the packages
# of today. `git log --diff-filter=A` names the repository's first commit, whose tables are others.
CUT = "1ad009ff7b596baf05e637e0371ee47af2d27501"

REFRESH = "__Host-Http-refresh_token"
# `manage.py check` and `makemigrations --check`, in one process.
CHECKS = """
from django.core.management import call_command
call_command("check")
call_command("makemigrations", check=True)
"""
DORA = {"email": "dora@example.com", "password": "a long way home on foot"}


def git(repository: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", "-C", repository, *arguments], check=False, capture_output=True)


def last_release(repository: Path) -> str:
    """Return the last tag before this commit, or CUT if there is none.

    A clone that does not reach so far back gets the rest of its history from where it comes from.
    Fail if it cannot.
    """
    described = git(repository, "describe", "--tags", "--abbrev=0", "HEAD^")
    commit = described.stdout.decode().strip() or CUT
    wanted = ("cat-file", "-e", f"{commit}^{{tree}}")
    found = git(repository, *wanted)
    if found.returncode:
        git(repository, "fetch", "--quiet", "--unshallow", "--tags")
        found = git(repository, *wanted)
    if found.returncode:
        pytest.fail(
            f"This test needs the history back to {commit}: git fetch --unshallow --tags."
            f" Git says: {found.stderr.decode().strip()}",
            pytrace=False,
        )
    return commit


def export(commit: str, folder: Path) -> Path:
    """Put the tree of that commit into a folder of its own."""
    archive = git(ROOT, "archive", commit)
    assert archive.returncode == 0, archive.stderr.decode()
    folder.mkdir()
    subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
    return folder


class Released(Gatehouse):
    """The server of a release, which refuses variables that came later."""

    def _environment(self) -> dict[str, str]:
        return {k: v for k, v in super()._environment().items() if k != "GATEHOUSE_PIN"}


@dataclass
class Site:
    """Both servers, after the upgrade, and what people had before it."""

    old: Gatehouse
    new: Gatehouse
    alice: Visitor  # wrote a note
    bob: Visitor
    carol: Visitor
    rotated_away: str = ""  # a refresh token of Bob's
    session_id: str = ""  # of Alice
    program: dict[str, Any] = field(default_factory=dict)  # its tokens


def live_in(site: Site) -> None:
    """Do what people do, at the old server."""
    assert site.alice.sign_in("alice@example.com").status_code == 200
    assert site.bob.sign_in("bob@example.com").status_code == 200
    assert site.carol.sign_in("carol@example.com").status_code == 200
    site.session_id = site.alice.send("GET", "/auth/session").json()["session"]["id"]
    note = {"title": "written before", "body": "and not lost"}
    assert site.alice.send("POST", "/api/notes", note).status_code == 201
    site.rotated_away = site.bob.cookies[REFRESH]
    assert site.bob.send("POST", "/auth/refresh").status_code == 200
    assert site.bob.send("GET", "/api/me").status_code == 200  # he has the answer
    site.program = fetch_tokens(site.old.url).json()
    asked = {"email": DORA["email"], "name": "Dora"}
    assert site.alice.send("POST", "/auth/register", asked).status_code == 202


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The site after the commands that docs/deploy.md names. Nobody has stopped the old server."""
    folder = tmp_path_factory.mktemp("site")
    released = export(last_release(ROOT), folder / "released")
    with ExitStack() as stack:
        # Each refresh rotates, and what was rotated away is reuse at once.
        env: dict[str, object] = {"GATEHOUSE_GRACE_SECONDS": 0, "GATEHOUSE_WORKERS": 1}
        if request.param == "postgresql":
            env["GATEHOUSE_DATABASE_URL"] = stack.enter_context(Postgres()).url
        old = stack.enter_context(Released(folder / "data", root=released, **env))
        people = [stack.enter_context(closing(Visitor(old.url))) for _ in range(3)]
        new = Gatehouse(folder / "data", GATEHOUSE_ISSUER=old.url, **env)
        made = Site(old, new, *people)
        live_in(made)
        new.manage("migrate")
        stack.enter_context(new)
        yield made


def test_browser_is_still_signed_in(site: Site) -> None:
    """Its session is the same one, its refresh rotates, and the notes are there."""
    alice, new, before = site.alice, site.new.url, site.alice.cookies[REFRESH]
    assert alice.send("GET", f"{new}/auth/session").json()["session"]["id"] == site.session_id

    refreshed = alice.send("POST", f"{new}/auth/refresh")

    assert (refreshed.status_code, refreshed.json()["session"]["id"]) == (200, site.session_id)
    assert alice.cookies[REFRESH] != before
    again = {"title": "written after", "body": ""}
    assert alice.send("POST", f"{new}/api/notes", again).status_code == 201
    notes = alice.send("GET", f"{new}/api/notes").json()["results"]
    assert [note["title"] for note in notes] == ["written after", "written before"]
    assert notes[1]["body"] == "and not lost"


def test_token_that_was_rotated_away_before_is_reuse(site: Site) -> None:
    """The row still knows its generations: the copy is refused as reuse, and ends its session."""
    copy, refresh = Visitor(site.new.url), f"{site.new.url}/auth/refresh"
    copy.cookies = site.bob.cookies | {REFRESH: site.rotated_away}

    with closing(copy):
        refused = copy.send("POST", refresh)

    assert (refused.status_code, refused.json()["code"]) == (401, "session_ended")
    assert '"message": "refresh_reused"' in site.new.log
    assert site.bob.send("POST", refresh).json()["code"] == "session_ended"


def test_program_goes_on(site: Site) -> None:
    """Its refresh token of before brings tokens that the API takes."""
    body = {"refresh_token": site.program["refresh_token"]}

    refreshed = httpx.post(f"{site.new.url}/auth/token/refresh", json=body)

    assert refreshed.status_code == 200
    bearer = {"Authorization": f"Bearer {refreshed.json()['access_token']}"}
    assert httpx.get(f"{site.new.url}/api/me", headers=bearer).status_code == 200


def test_link_of_before_finishes_a_registration(site: Site) -> None:
    """The mail went out before the upgrade, and its link is used after it."""
    mails = httpx.get(f"{site.new.url}/mail/messages").json()["results"]
    [body] = [mail["body"] for mail in mails if mail["to"] == DORA["email"]]
    [token] = re.findall(r"#token=(\S+)", body)
    with closing(Visitor(site.new.url)) as dora:
        dora.send("GET", "/auth/session")
        given = {"token": token, "password": DORA["password"]}

        finished = dora.send("POST", "/auth/email/verify", given)

        assert finished.status_code == 204
        assert dora.send("POST", "/auth/login", DORA).status_code == 200


def test_checks_find_nothing(site: Site) -> None:
    """Nothing is wrong, and the models need no migration that is not there."""
    found = site.new.manage("shell", "-v0", "-c", CHECKS)

    assert "no issues" in found
    assert "No changes detected" in found


def test_old_server_goes_on_with_the_new_tables(site: Site) -> None:
    """Sessions are read, refreshed and begun between the migrations and the reload."""
    assert site.carol.send("GET", "/auth/session").json()["authenticated"]
    assert site.carol.send("POST", "/auth/refresh").status_code == 200
    note = {"title": "written by the old server", "body": ""}
    assert site.carol.send("POST", "/api/notes", note).status_code == 201
    assert site.carol.sign_in("carol@example.com").status_code == 200
    assert fetch_tokens(site.old.url, "carol@example.com").status_code == 200


def test_session_goes_from_one_server_to_the_other(site: Site) -> None:
    """One that the old server has begun on the new tables. A balancer sends people to both."""
    with closing(Visitor(site.old.url)) as alice:
        assert alice.sign_in().status_code == 200
        for url in (site.new.url, site.old.url, site.new.url):
            assert alice.send("POST", f"{url}/auth/refresh").status_code == 200
            assert alice.send("GET", f"{url}/api/me").status_code == 200


def test_start_is_the_last_tag(tmp_path: Path) -> None:
    """And the cut where there is none."""
    assert git(tmp_path, "clone", "-qn", "--no-tags", str(ROOT), "clone").returncode == 0
    clone = tmp_path / "clone"
    assert last_release(clone) == CUT

    assert git(clone, "tag", "v9.9.8", "HEAD^").returncode == 0
    assert git(clone, "tag", "v9.9.9").returncode == 0  # a release comes from the one before it

    assert last_release(clone) == "v9.9.8"


def test_clone_without_the_history_fetches_it_or_is_told_what_is_missing(tmp_path: Path) -> None:
    """It fails. A skipped test would promise what nobody has tried."""
    source = ROOT.as_uri()
    cloned = git(tmp_path, "clone", "-qn", "--no-tags", "--depth", "1", source, "shallow")
    assert cloned.returncode == 0
    clone = tmp_path / "shallow"
    assert git(clone, "config", "remote.origin.url", str(tmp_path / "gone")).returncode == 0

    with pytest.raises(pytest.fail.Exception, match=r"needs the history back to .*--unshallow"):
        last_release(clone)

    assert git(clone, "config", "remote.origin.url", source).returncode == 0
    assert last_release(clone) == CUT
