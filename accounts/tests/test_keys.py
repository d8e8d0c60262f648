"""The ring of signing keys: how it is read, how it changes, and what the world sees of it."""

import fcntl
import io
import json
import logging
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection

from .. import sessions, tokens
from ..conf import conf
from ..errors import InvalidToken, RevokedSession, SessionEnded
from ..models import Session
from ..sessions import revocation
from ..tokens import key_store, keys
from ..tokens.claims import Issued
from .clients import BrowserClient
from .conftest import PACKAGE
from .happenings import Happenings

KEEP = 30 * 86_400
NOW = 2_000_000_000
PICKED_UP_SECONDS = 5


@pytest.fixture(autouse=True)
def key_file(settings: Any, tmp_path: Path) -> Path:
    """A key file of the test's own, with one key."""
    path = tmp_path / "signing-keys.json"
    key_store.create(path)
    settings.GATEHOUSE = {**settings.GATEHOUSE, "SIGNING_KEYS_FILE": path}
    key_store.reset()
    return path


@pytest.fixture
def no_keys(key_file: Path) -> Path:
    """Where the key file would be: nobody has made it yet."""
    key_file.unlink()
    return key_file


def statuses(ring: keys.Ring) -> dict[str, str]:
    return {kid: key.status for kid, key in ring.by_kid.items()}


def sign_in(user: Any) -> Issued:
    return sessions.start(user, evidence=sessions.BY_PASSWORD, client="web", remember=True)


def kid_of(token: str) -> str:
    return str(json.loads(keys.unb64(token.split(".")[0]))["kid"])


def command(**options: Any) -> tuple[str, str]:
    """What rotate_signing_key prints, without its wait."""
    out, err = io.StringIO(), io.StringIO()
    call_command("rotate_signing_key", stdout=out, stderr=err, **{"wait": 0, **options})
    return out.getvalue(), err.getvalue()


def awaited(condition: Callable[[], bool]) -> bool:
    """Whether it comes true within the time that running servers may take."""
    deadline = time.monotonic() + PICKED_UP_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_jwks_shows_public_members_only(browser_client: BrowserClient, key_file: Path) -> None:
    """Neither the private number nor our own members leave the server, whatever the status."""
    ring = keys.Ring([keys.new_key("active"), keys.new_key("next")]).activated(NOW, KEEP)
    key_store.write(ring.with_next(), key_file)
    key_store.reset()

    response = browser_client.get("/.well-known/jwks.json")

    shown = response.json()["keys"]
    assert {jwk["kid"] for jwk in shown} == set(key_store.ring().by_kid)
    assert len(shown) == 3
    for jwk in shown:
        assert set(jwk) == {"kty", "crv", "x", "y", "kid", "alg", "use"}
        assert (jwk["kty"], jwk["crv"], jwk["alg"], jwk["use"]) == ("EC", "P-256", "ES256", "sig")
    for key in key_store.ring().by_kid.values():
        assert key.private_jwk()["d"] not in response.content.decode()
    assert "max-age" in response["Cache-Control"]


def test_ring_survives_its_file_unchanged(key_file: Path) -> None:
    """Every status and time of retirement is there again."""
    ring = keys.Ring([keys.new_key("active"), keys.new_key("next")]).activated(NOW, KEEP)
    ring = ring.with_next()

    again = keys.Ring.parse(ring.dump())

    assert statuses(again) == statuses(ring)
    assert sorted(statuses(again).values()) == ["active", "next", "retired"]
    assert again.dump() == ring.dump()


def test_key_goes_from_next_to_active_to_retired_to_gone() -> None:
    """Each step keeps what tokens may still need; the last is taken when none can be live."""
    ring = keys.Ring([keys.new_key("active")])
    (first,) = ring.by_kid

    published = ring.with_next()
    (second,) = set(published.by_kid) - {first}
    assert statuses(published) == {first: "active", second: "next"}

    activated = published.activated(NOW, KEEP)
    assert statuses(activated) == {first: "retired", second: "active"}

    at_the_edge = activated.with_next().activated(NOW + KEEP, KEEP)
    assert statuses(at_the_edge)[first] == "retired"

    after_it = activated.with_next().activated(NOW + KEEP + 1, KEEP)
    assert first not in after_it.by_kid
    assert statuses(after_it)[second] == "retired"


def test_publishing_twice_makes_one_next_key() -> None:
    """A rotation that was interrupted goes on with the key that it published."""
    ring = keys.Ring([keys.new_key("active")]).with_next()

    assert ring.with_next() is ring


def test_next_key_verifies_before_it_signs(alice: Any, key_file: Path) -> None:
    """Servers that have read the file later than others take one another's tokens."""
    ring = key_store.ring().with_next()
    key_store.write(ring, key_file)
    key_store.reset()
    old = sign_in(alice)
    key_store.write(ring.activated(NOW, KEEP), key_file)
    key_store.reset()
    new = sign_in(alice)

    key_store.write(ring, key_file)  # as a server that has not yet seen the activation
    key_store.reset()

    assert kid_of(old.access) != kid_of(new.access)
    tokens.verify_access(new.access)
    tokens.verify_access(old.access)


def test_rotation_signs_with_a_new_key_and_signs_nobody_out(alice: Any, key_file: Path) -> None:
    """Tokens of the retired key verify and refresh; what they bring has the new one."""
    old = sign_in(alice)
    before = key_store.ring().active_kid

    printed, _ = command()
    key_store.reset()
    Session.objects.update(rotated_at=old.issued_at.replace(year=2020))
    new = sessions.rotate(old.refresh, client="web")

    assert key_store.ring().by_kid[before].status == "retired"
    assert f"signing with {key_store.ring().active_kid}" in printed
    assert kid_of(old.access) == before
    assert kid_of(new.access) == kid_of(new.refresh) == key_store.ring().active_kid != before
    tokens.verify_access(old.access)
    assert set(Session.objects.get().signing_kids.split()) == {before, key_store.ring().active_kid}


def test_repeated_answer_signed_with_a_new_key_is_noted_too(alice: Any, key_file: Path) -> None:
    """The key changed within the window: whoever drops it must find this session."""
    pair = sign_in(alice)
    before = key_store.ring().active_kid
    command()
    key_store.reset()

    answer = sessions.rotate(pair.refresh, client="web")

    assert answer.session.generation == 1
    assert kid_of(answer.refresh) != before
    assert set(Session.objects.get().signing_kids.split()) == {before, kid_of(answer.refresh)}


def test_running_server_picks_up_a_changed_file_within_five_seconds(
    alice: Any, key_file: Path
) -> None:
    """Written by another process; no request fails meanwhile."""
    pair = sign_in(alice)
    before = key_store.ring().active_kid
    program = (
        f"import sys, pathlib, django; django.setup(); from {PACKAGE}.tokens import key_store, keys;"
        "path = pathlib.Path(sys.argv[1]);"
        "ring = keys.Ring.parse(path.read_text()).with_next().activated(1, 2);"
        "key_store.write(ring, path)"
    )

    subprocess.run([sys.executable, "-c", program, str(key_file)], check=True)

    assert awaited(
        lambda: tokens.verify_access(pair.access) and key_store.ring().active_kid != before
    )
    assert before in key_store.ring().by_kid


def test_dropped_key_ends_its_sessions_and_no_others(
    alice: Any, bob: Any, key_file: Path, happened: Happenings
) -> None:
    """Both of them: access and refresh token are worthless once the command has answered."""
    leaked = sign_in(alice)
    kid = key_store.ring().active_kid
    command()
    key_store.reset()
    other = sign_in(bob)

    _, told = command(drop=kid)
    key_store.reset()

    assert kid not in key_store.ring().by_kid
    assert "ended 1 sessions" in told
    with pytest.raises(InvalidToken):
        tokens.verify_access(leaked.access)
    with pytest.raises(SessionEnded):
        sessions.rotate(leaked.refresh, client="web")
    assert Session.objects.get(user=alice).end_reason == "key_dropped"
    assert Session.objects.get(user=bob).ended_at is None
    tokens.verify_access(other.access)
    (event,) = happened.of("key_dropped")
    assert event["detail"] == {"kid": kid, "sessions": 1}


def test_dropped_active_key_is_replaced_at_once(alice: Any, key_file: Path) -> None:
    """By the next one where there is one, otherwise by a fresh one."""
    kid = key_store.ring().active_kid
    command(drop=kid)
    key_store.reset()
    fresh = key_store.ring().active_kid
    key_store.write(key_store.ring().with_next(), key_file)
    key_store.reset()
    (waiting,) = set(key_store.ring().by_kid) - {fresh}

    command(drop=fresh)
    key_store.reset()

    assert statuses(key_store.ring()) == {waiting: "active"}


def test_running_server_refuses_a_dropped_key_within_five_seconds(
    alice: Any, key_file: Path
) -> None:
    """Also tokens that it has verified before and remembers."""
    pair = sign_in(alice)
    tokens.verify_access(pair.access)

    key_store.write(key_store.ring().without(key_store.ring().active_kid), key_file)

    def refused() -> bool:
        try:
            tokens.verify_access(pair.access)
        except InvalidToken:
            return True
        return False

    assert awaited(refused)


Meanwhile = Callable[[Callable[[], object]], None]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch, key_file: Path) -> Meanwhile:
    """Has something done once in a rotation's wait, which does not hold others up."""

    def put_up(work: Callable[[], object]) -> None:
        def wait(seconds: float) -> None:
            monkeypatch.undo()
            with key_file.with_name(f"{key_file.name}.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            work()

        monkeypatch.setattr(time, "sleep", wait)

    return put_up


def test_leaked_key_is_dropped_while_a_rotation_waits(
    alice: Any, key_file: Path, meanwhile: Meanwhile
) -> None:
    """At once, and it stays away: the rotation does not bring back what it read before."""
    leaked = sign_in(alice)
    kid = kid_of(leaked.access)
    meanwhile(lambda: command(drop=kid))

    printed, _ = command(wait=3600)
    key_store.reset()

    assert kid not in key_store.ring().by_kid
    assert statuses(key_store.ring()) == {key_store.ring().active_kid: "active"}
    assert f"signing with {key_store.ring().active_kid}" in printed
    assert Session.objects.get().end_reason == "key_dropped"


def test_rotation_whose_own_key_is_dropped_stops(
    db: None, key_file: Path, meanwhile: Meanwhile
) -> None:
    """It says so, and the key that signed goes on."""
    before = key_store.ring().active_kid

    def drop_the_next() -> None:
        published = keys.Ring.parse(key_file.read_text()).by_kid
        command(drop=next(kid for kid in published if kid != before))

    meanwhile(drop_the_next)

    with pytest.raises(CommandError, match=f"withdrawn during the wait.*{before} signs"):
        command(wait=3600)
    key_store.reset()

    assert statuses(key_store.ring()) == {before: "active"}


def test_rotation_that_another_one_overtook_stops(
    db: None, key_file: Path, meanwhile: Meanwhile
) -> None:
    """A key that has signed and retired does not sign again."""
    meanwhile(lambda: [command(), command()])

    with pytest.raises(CommandError, match="retired during the wait"):
        command(wait=3600)
    key_store.reset()

    assert sorted(statuses(key_store.ring()).values()) == ["active", "retired", "retired"]


def test_drop_of_an_unknown_key_changes_nothing(db: None, key_file: Path) -> None:
    """A mistyped kid is an error, and no session is ended for it."""
    before = key_store.ring().dump()

    with pytest.raises(CommandError, match="No key has the kid"):
        command(drop="mistyped")

    assert key_file.read_text() == before


BROKEN: dict[str, Callable[[Path], Any]] = {
    "not JSON": lambda path: path.write_text("{"),
    "not text": lambda path: path.write_bytes(b"\xff\xfe\x00"),
    "empty": lambda path: path.write_text(""),
    "no key": lambda path: path.write_text('{"keys": []}'),
    "half a key": lambda path: path.write_text('{"keys": [{"kty": "EC"}]}'),
    "of another form": lambda path: path.write_text("[1, 2]"),
    "gone": lambda path: path.unlink(),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("how", BROKEN)
def test_key_file_that_breaks_while_running_leaves_the_old_keys(
    alice: Any, key_file: Path, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Requests go on, the log says it once, and a mended file is read again."""
    pair = sign_in(alice)
    before = key_store.ring()

    BROKEN[how](key_file)
    with caplog.at_level(logging.ERROR, "gatehouse"):
        assert awaited(lambda: key_store.ring() is before and "signing keys" in caplog.text)
        for _ in range(3):
            look_again()

    assert key_store.ring() is before
    tokens.verify_access(pair.access)
    assert [record.levelname for record in caplog.records].count("ERROR") == 1
    assert before.active.private_jwk()["d"] not in caplog.text

    if key_file.is_dir():
        key_file.rmdir()
    key_store.write(before.with_next(), key_file)
    look_again()
    assert len(key_store.ring().by_kid) == 2


def look_again() -> None:
    """As if the time between two looks at the file had passed."""
    for source in key_store.sources.values():
        source.checked_at -= key_store.CHECK_SECONDS
    key_store.ring()


@pytest.mark.parametrize("how", [how for how in BROKEN if how != "gone"])
def test_key_file_that_is_broken_at_the_start_stops_it(key_file: Path, how: str) -> None:
    """Nothing to go on with: a clear refusal, which does not quote the file."""
    key_store.write(keys.Ring([keys.new_key("active")]), key_file)
    secret = json.loads(key_file.read_text())["keys"][0]["d"]
    BROKEN[how](key_file)
    key_store.reset()

    with pytest.raises(ImproperlyConfigured) as raised:
        key_store.ring()

    assert secret not in str(raised.value)


def test_two_active_keys_or_none_are_refused() -> None:
    """Which one signs must not depend on the order in a file."""
    active, another = keys.new_key("active"), keys.new_key("active")

    for wrong in ([active, another], [keys.new_key("next")], [active, active]):
        with pytest.raises(ImproperlyConfigured, match="one active key"):
            keys.Ring(wrong)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("kid", "another"),
        ("alg", "HS256"),
        ("crv", "P-384"),
        ("gatehouse_status", "revoked"),
        ("d", "AAAA"),
        ("x", "AAAA"),
        ("d", 7),
    ],
)
def test_key_with_a_wrong_member_is_refused(member: str, value: Any) -> None:
    """A key that is not exactly one of ours is a mistake to be told, not worked around."""
    jwk = keys.new_key("active").private_jwk() | {member: value}

    with pytest.raises(ImproperlyConfigured):
        keys.Ring.parse(json.dumps({"keys": [jwk]}))


def test_first_keys_are_made_once_and_for_their_owner_alone(no_keys: Path) -> None:
    """What is there stays, and nothing but the lock is left beside it."""
    key_store.create(no_keys)
    kid = key_store.ring().active_kid
    key_store.create(no_keys)
    key_store.reset()

    assert key_store.ring().active_kid == kid
    assert stat.S_IMODE(no_keys.stat().st_mode) == 0o600
    names = {path.name for path in no_keys.parent.iterdir()}
    assert names == {no_keys.name, f"{no_keys.name}.lock"}


def test_key_file_stays_its_owners_when_root_rotates(key_file: Path) -> None:
    """A file that the server cannot read signs everyone out at its next start."""
    key_store.write(keys.Ring([keys.new_key("active")]), key_file)
    if os.geteuid() == 0:  # nobody else can give a file away, or replace another's
        os.chown(key_file, 12345, 23456)
    before = key_file.stat()

    key_store.write(keys.Ring([keys.new_key("active")]), key_file)

    after = key_file.stat()
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)
    assert stat.S_IMODE(after.st_mode) == 0o600
    assert after.st_ino != before.st_ino


def test_missing_keys_are_not_made_on_the_way(no_keys: Path) -> None:
    """Keys that appear by themselves differ between servers."""
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        key_store.ring()
    assert not no_keys.exists()


def test_two_that_make_the_first_keys_at_once_share_one_file(no_keys: Path) -> None:
    """Two that make the first keys at once go on with the same, whole file."""

    meeting = Barrier(2)

    def make() -> str:
        meeting.wait(10)
        key_store.create(no_keys)
        return no_keys.read_text()

    with ThreadPoolExecutor(2) as pool:
        seen = [run.result() for run in [pool.submit(make) for _ in range(2)]]

    assert seen == [no_keys.read_text()] * 2
    assert keys.Ring.parse(seen[0]).active
    assert stat.S_IMODE(no_keys.stat().st_mode) == 0o600
    assert {path.name for path in no_keys.parent.iterdir()} <= {
        no_keys.name,
        f"{no_keys.name}.lock",
    }


@pytest.fixture
def environment(settings: Any) -> Callable[[str], None]:
    """Keys from the environment, as a restart with another value brings them."""

    def restart(text: str) -> None:
        settings.GATEHOUSE = {**settings.GATEHOUSE, "SIGNING_KEYS": text}
        key_store.reset()

    restart(keys.Ring([keys.new_key("active")]).dump())
    return restart


def test_rotation_of_keys_from_the_environment_prints_each_step(
    db: None, environment: Callable[[str], None], no_keys: Path
) -> None:
    """First the set with a next key, then, given that, the set in which it signs; no file."""
    first = key_store.ring().active_kid

    published, advice = command()
    environment(published)
    (second,) = set(key_store.ring().by_kid) - {first}
    assert statuses(key_store.ring()) == {first: "active", second: "next"}
    assert "GATEHOUSE_SIGNING_KEYS" in advice

    activated, _ = command()
    environment(activated)
    assert statuses(key_store.ring()) == {first: "retired", second: "active"}
    assert not no_keys.exists()


def test_drop_of_a_key_from_the_environment_ends_its_sessions_at_once(
    alice: Any, environment: Callable[[str], None]
) -> None:
    """The sessions end before the servers restart with the set that it prints."""
    pair = sign_in(alice)
    kid = key_store.ring().active_kid

    printed, told = command(drop=kid)

    assert "ended 1 sessions" in told
    assert kid not in keys.Ring.parse(printed).by_kid
    with pytest.raises(RevokedSession):
        revocation.check(tokens.verify_access(pair.access))
    with pytest.raises(SessionEnded):
        sessions.rotate(pair.refresh, client="web")


def test_rotation_right_after_another_loses_no_key(db: None, key_file: Path) -> None:
    """This process read the file just before the other one changed it."""
    before = key_store.ring()
    other = before.with_next().activated(int(time.time()), KEEP)
    key_store.write(other, key_file)

    command()
    key_store.reset()

    assert set(other.by_kid) < set(key_store.ring().by_kid)


def test_retired_key_is_kept_as_long_as_any_refresh_token_can_live() -> None:
    """The command counts from the absolute end of a session that keeps its people signed in."""
    from ..management.commands.rotate_signing_key import activated

    ring = activated(keys.Ring([keys.new_key("active")]).with_next())
    (retired,) = [key for key in ring.by_kid.values() if key.status == "retired"]
    longest = conf.lifetimes(remember=True)[1]

    assert retired.retired_at is not None
    for age, kept in ((longest - 60, True), (longest + 60, False)):
        aged = keys.SigningKey(retired.private, "retired", int(time.time()) - age)
        after = activated(keys.Ring([ring.active, aged]).with_next())
        assert (retired.kid in after.by_kid) is kept


def test_database_holds_no_key(alice: Any) -> None:
    """A session names its keys by thumbprint only."""
    sign_in(alice)

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT signing_kids FROM {Session._meta.db_table}")
        (row,) = cursor.fetchall()
    assert row == (key_store.ring().active_kid,)
