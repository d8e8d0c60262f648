"""The commands for whoever runs the service."""

import subprocess
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.db.models.functions import Now

from accounts.conf import conf
from accounts.models import FailureCount, Session
from accounts.people import links
from accounts.people.models import LinkToken
from accounts.sessions import revocation
from accounts.tokens import key_store, keys
from accounts.users.models import User
from tests.clients import BrowserClient

pytestmark = pytest.mark.django_db(transaction=True)

LONG_AGO = timedelta(days=31)


class Terminal(StringIO):
    """Somebody is looking."""

    def isatty(self) -> bool:
        return True


def run(name: str, *arguments: str) -> str:
    out = StringIO()
    call_command(name, *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_purge_ends_what_has_expired_and_deletes_what_ended_long_ago(alice: User) -> None:
    """Live sessions stay; a second run finds nothing to do."""
    clients = [BrowserClient() for _ in range(3)]
    for client in clients:
        client.sign_in(alice)
    expired, old, live = Session.objects.order_by("created_at")
    Session.objects.filter(id=expired.id).update(idle_expires_at=Now() - timedelta(seconds=1))
    Session.objects.filter(id=old.id).update(ended_at=Now() - LONG_AGO, end_reason="signed_out")

    first = run("purge_sessions", "--batch", "1")
    second = run("purge_sessions", "--batch", "1")

    assert "ended 1 expired sessions\ndeleted 1 sessions" in first
    assert "ended 0 expired sessions\ndeleted 0 sessions" in second
    expired.refresh_from_db()
    assert expired.end_reason == "expired"
    assert {row.id for row in Session.objects.all()} == {expired.id, live.id}


def test_purge_at_once_leaves_what_still_has_to_be_refused(alice: User) -> None:
    """With --days 0 too, a row stays for as long as the access tokens of its session verify."""
    client = BrowserClient()
    client.sign_in(alice)
    stolen = client.cookies.copy()
    client.post("/auth/logout")

    run("purge_sessions", "--days", "0")

    revocation.reset()
    client.cookies = stolen
    assert client.get("/api/notes").status_code == 401
    Session.objects.update(ended_at=Now() - revocation.period())
    assert "deleted 1 sessions" in run("purge_sessions", "--days", "0")


def test_purge_deletes_dead_links_and_old_counters(
    alice: User, browser_client: BrowserClient
) -> None:
    """What can have no effect any more need not be kept."""
    for _ in range(2):
        links.make("reset", alice.email, user=alice)
    old = LinkToken.objects.first()
    LinkToken.objects.filter(pk=old.pk).update(created_at=Now() - timedelta(hours=25))
    browser_client.sign_in(alice, "wrong, but long enough")
    one = FailureCount.objects.first()
    FailureCount.objects.filter(pk=one.pk).update(started_at=F("started_at") - 90_000)
    counters = FailureCount.objects.count()

    run("purge_sessions")

    assert LinkToken.objects.count() == 1
    assert FailureCount.objects.count() == counters - 1


def test_report_counts_what_happened(alice: User, browser_client: BrowserClient) -> None:
    """Kinds in plain words, and where trouble came from; no secret."""
    browser_client.sign_in(alice, "wrong, but long enough")
    browser_client.sign_in(alice)
    browser_client.post("/auth/reauthenticate", {"password": "wrong, but long enough"})

    report = " ".join(run("security_report").split())

    assert "(1 live sessions)" in report
    assert "Signed in 1" in report
    assert "A sign-in failed 1" in report
    assert "127.0.0.1 2" in report
    assert "alice@example.com 2" in report


def test_report_of_a_quiet_day_says_so(db: None) -> None:
    """An empty table is still a table."""
    assert "nothing" in run("security_report", "--hours", "1")


def test_sessions_of_one_user_end(alice: User, bob: User) -> None:
    """`--user` takes an address in any spelling; others are not touched."""
    mine, theirs = BrowserClient(), BrowserClient()
    mine.sign_in(alice)
    theirs.sign_in(bob)

    assert "ended 1 sessions" in run("end_sessions", "--user", " Alice@Example.com")

    assert mine.get("/api/me").status_code == 401
    assert theirs.get("/api/me").status_code == 200


def test_sessions_of_everyone_end(alice: User, bob: User) -> None:
    """`--all` leaves nobody signed in."""
    clients = [BrowserClient(), BrowserClient()]
    for client, person in zip(clients, (alice, bob), strict=True):
        client.sign_in(person)
    assert "ended 2 sessions" in run("end_sessions", "--all")
    assert [client.get("/api/me").status_code for client in clients] == [401, 401]


def test_sessions_of_nobody_cannot_end(db: None) -> None:
    """A mistyped address is told."""
    with pytest.raises(CommandError, match="No user"):
        run("end_sessions", "--user", "nobody@example.com")


def test_first_signing_key_is_made_for_its_owner_alone(settings: Any, tmp_path: Path) -> None:
    """A new server needs one before anything else starts; the file is nobody else's to read."""
    path = tmp_path / "signing-keys.json"
    settings.GATEHOUSE = settings.GATEHOUSE | {"SIGNING_KEYS_FILE": path}

    call_command("create_signing_keys", stdout=StringIO())

    assert path.stat().st_mode & 0o777 == 0o600
    key_store.reset()
    assert key_store.ring().active


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", folder, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.parametrize("ignored", [None, "*.pyc", "*.pyc\n", "/signing-keys.json\n"])
def test_git_adds_neither_the_private_key_nor_what_lies_beside_it(
    settings: Any, tmp_path: Path, ignored: str | None
) -> None:
    """`git add -A` is what people type; what the folder ignored before stays ignored."""
    home, var = tmp_path / "keys", tmp_path / "var"
    for folder in (home, var):
        folder.mkdir()
        if ignored is not None:
            (folder / ".gitignore").write_text(ignored)
    here = {"SIGNING_KEYS_FILE": home / "signing-keys.json", "DATA_DIR": var}
    settings.GATEHOUSE = settings.GATEHOUSE | here
    git(tmp_path, "init", "--quiet")

    call_command("create_signing_keys", stdout=StringIO())
    for left in ("signing-keys.json.lock", ".signing-keys.json.4711.1", "other.pyc"):
        (home / left).write_text("private")
    conf.revocation_counter.write_text("x")

    git(tmp_path, "add", "-A")
    kept = {"keys/.gitignore", "var/.gitignore"}
    seen = {"keys/other.pyc"} if ignored is None or "pyc" not in ignored else set()
    assert set(git(tmp_path, "ls-files").split()) == kept | seen


def test_what_git_leaves_out_already_is_not_named_again(settings: Any, tmp_path: Path) -> None:
    """A second server on the machine, or a second try, changes no file of git's."""
    ignored = tmp_path / ".gitignore"
    here = {"SIGNING_KEYS_FILE": tmp_path / "keys.json", "DATA_DIR": tmp_path}
    settings.GATEHOUSE = settings.GATEHOUSE | here
    call_command("create_signing_keys", stdout=StringIO())
    before = ignored.read_text()
    (tmp_path / "keys.json").unlink()

    call_command("create_signing_keys", stdout=StringIO())

    assert ignored.read_text() == before
    assert before.splitlines() == ["/keys.json", "/keys.json.lock", "/.keys.json.*", "/revocations"]


def test_signing_keys_need_no_folder_for_the_counter_yet(settings: Any, tmp_path: Path) -> None:
    """It may be made later; a check names it then."""
    path = tmp_path / "signing-keys.json"
    here = {"SIGNING_KEYS_FILE": path, "DATA_DIR": tmp_path / "later"}
    settings.GATEHOUSE = settings.GATEHOUSE | here

    call_command("create_signing_keys", stdout=StringIO())

    assert path.exists()
    assert not (tmp_path / "later").exists()


def test_signing_keys_that_exist_are_left_alone(settings: Any, tmp_path: Path) -> None:
    """Replacing them would sign everyone out: that is what rotation is for."""
    path = tmp_path / "signing-keys.json"
    path.write_text("kept")
    settings.GATEHOUSE = settings.GATEHOUSE | {"SIGNING_KEYS_FILE": path}

    call_command("create_signing_keys", stdout=StringIO())

    assert path.read_text() == "kept"


def test_signing_keys_without_a_folder_say_so(settings: Any) -> None:
    """The command names the folder that is missing."""
    settings.GATEHOUSE = settings.GATEHOUSE | {"SIGNING_KEYS_FILE": "/nowhere/keys.json"}

    with pytest.raises(CommandError, match="/nowhere"):
        call_command("create_signing_keys")


def test_signing_keys_for_the_environment_are_printed() -> None:
    """GATEHOUSE_SIGNING_KEYS takes what is printed."""
    printed = StringIO()

    call_command("create_signing_keys", "--print", stdout=printed)

    assert len(keys.Ring.parse(printed.getvalue()).by_kid) == 1


def test_purge_shows_its_progress_to_whoever_looks(alice: User) -> None:
    """One line, written over again; a log file gets none of it."""
    links.make("reset", alice.email, user=alice)
    LinkToken.objects.update(created_at=Now() - timedelta(hours=25))
    looking = Terminal()

    call_command("purge_sessions", stdout=StringIO(), stderr=looking)

    assert "deleted 1 dead links\r" in looking.getvalue()


def test_ending_the_sessions_of_somebody_without_any_is_an_event(alice: User) -> None:
    """A sign-in to the administration, which is not counted, may have ended."""
    assert run("end_sessions", "--user", alice.email) == "ended 0 sessions\n"
    assert alice.gatehouse_events.get().detail == {"count": 0, "by": "admin"}


@pytest.mark.parametrize(
    ("command", "value"),
    [
        *(("rotate_signing_key --wait", "-1"), ("rotate_signing_key --wait", "86401")),
        *(("security_report --hours", "-5"), ("security_report --hours", "999999999999")),
        *(("purge_sessions --batch", "0"), ("purge_sessions --batch", "10001")),
        *(("purge_sessions --batch", "many"), ("purge_sessions --days", "36501")),
    ],
)
def test_senseless_number_is_refused_before_anything_is_done(
    db: None, command: str, value: str
) -> None:
    """A key that is published and never signs, or a purge that deletes nothing, helps nobody."""
    before = key_store.ring().by_kid.keys()

    with pytest.raises(CommandError, match=f"must be a whole number from .*, not {value}$"):
        run(*command.split(), value)

    key_store.reset()
    assert key_store.ring().by_kid.keys() == before
