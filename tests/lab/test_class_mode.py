"""What `./run --class` opens, what it asks before, and what settings of a class are refused."""

import argparse
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import DisallowedHost

from lab.checks import hosts_are_apart
from project import checks
from project.hosts import kind_of
from tests.project import test_startup
from tests.servers import free_ports
from tools import certificate, classroom

ADDRESS = "10.0.0.5"
PLAN = classroom.Plan(ADDRESS, 8000, "[::ffff:a00:5]")


def environment(folder: Path) -> dict[str, str]:
    """What `./run --class` sets, and nothing of the tests'."""
    inherited = {n: v for n, v in os.environ.items() if "GATEHOUSE" not in n}
    return inherited | {
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "GATEHOUSE_MODE": "class",
        "GATEHOUSE_DATA_DIR": str(folder),
        "GATEHOUSE_ISSUER": f"https://{PLAN.app}",
        "GATEHOUSE_HOSTS": PLAN.app,
        "GATEHOUSE_LAB_HOSTS": PLAN.lab,
        "GATEHOUSE_HOSTILE_HOSTS": ",".join(PLAN.hostile),
    }


@pytest.fixture
def of_a_class(settings: Any) -> Any:
    """The settings of a class that nothing is wrong with."""
    settings.DEMO, settings.CLASS, settings.LAB = False, True, True
    settings.APP_HOSTS, settings.LAB_HOSTS = [PLAN.app], [PLAN.lab]
    settings.HOSTILE_HOSTS = PLAN.hostile
    settings.DATABASE_URL = ""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.GATEHOUSE = settings.GATEHOUSE | {"ISSUER": f"https://{PLAN.app}"}
    return settings


def found(settings: Any) -> list[str | None]:
    return [one.id for one in (*checks.production_is_safe(None), *hosts_are_apart(None))]


def test_class_starts_with_keys_of_its_own_and_without_the_demos_people(tmp_path: Path) -> None:
    """No debug pages, no HSTS that would outlive the lesson, nobody whose password is public."""
    program = (
        "import project.wsgi\n"
        "from django.conf import settings as s\n"
        "from django.urls import resolve\n"
        "print(s.DEBUG, s.DEMO_PEOPLE, s.SECURE_HSTS_SECONDS, s.GATEHOUSE['EXPLAIN_CSRF'])\n"
        "print(s.ALLOWED_HOSTS, s.MIDDLEWARE.count('lab.classroom.middleware.Classroom'))\n"
        "print(resolve('/class').route, resolve('/class/predictions', 'lab.sites.victim').route)\n"
    )

    done = test_startup.start(environment(tmp_path), "-c", program)

    assert done.stdout.splitlines() == [
        "False () 0 False",
        "['10.0.0.5', '10.0.0.5', '[::ffff:a00:5]', '10.0.0.5'] 1",
        "class class/predictions",
    ], done.stderr
    assert (tmp_path / "signing-keys.json").exists()


def test_settings_of_a_class_are_accepted(of_a_class: Any) -> None:
    """Otherwise the refusals below would be vacuous."""
    assert found(of_a_class) == []


@pytest.mark.parametrize(
    ("name", "value", "refusal"),
    [
        ("DATABASE_URL", "postgres://somebody@db/people", "project.E013"),
        ("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend", "project.E014"),
        ("TRUSTED_PROXIES", ["10.0.0.1"], "project.E015"),
        ("OIDC_ISSUER", "https://id.example", "project.E015"),
        ("LAB", False, "project.E016"),
        ("ISSUER", "https://8.8.8.8:8000", "project.E017"),
        ("ISSUER", "https://app.example:8000", "project.E017"),
        ("ISSUER", "http://10.0.0.5:8000", "project.E003"),
        ("LAB_HOSTS", [PLAN.app], "project.E007"),
        ("APP_HOSTS", ["*"], "project.E002"),
    ],
)
def test_class_with_something_of_another_server_is_refused(
    of_a_class: Any, name: str, value: Any, refusal: str
) -> None:
    """A class is wiped and open to a room: nothing that anybody needs may be in it."""
    if name in of_a_class.GATEHOUSE:
        of_a_class.GATEHOUSE = of_a_class.GATEHOUSE | {name: value}
    else:
        setattr(of_a_class, name, value)

    assert refusal in found(of_a_class)


def test_port_decides_what_an_address_serves(of_a_class: Any) -> None:
    """Where the settings name ports, no other port is of any kind."""
    assert [kind_of(host) for host in (PLAN.app, PLAN.lab, *PLAN.hostile)] == [
        *("app", "lab", "hostile", "hostile"),
    ]
    for host in ("10.0.0.5:9999", "10.0.0.5", "[::ffff:a00:5]:8000", "[::FFFF:A00:5]:8001"):
        with pytest.raises(DisallowedHost):
            kind_of(host)


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Callable[..., classroom.Plan]:
    """`./run --class` with these options, in an environment in which nothing is set."""
    kept = {name: text for name, text in os.environ.items() if "GATEHOUSE" not in name}
    monkeypatch.setattr(os, "environ", kept)

    def plan(**options: Any) -> classroom.Plan:
        usual = {"address": "127.0.0.1", "port": free_ports(3), "other_site": None, "yes": False}
        return classroom.plan(argparse.Namespace(**(usual | options)))

    return plan


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"address": "8.8.8.8"}, "not an address of one"),
        ({"address": "0.0.0.0"}, "not an address of one"),  # noqa: S104
        ({"address": "room"}, "must be an IPv4 address"),
        ({"address": "192.168.255.253"}, "cannot be opened"),
        ({"port": 443}, "1024 to 65533"),
        ({"port": 65534}, "1024 to 65533"),
        ({}, "Nobody is here to say yes"),
    ],
)
def test_class_that_must_not_be_opened_is_refused(
    ask: Callable[..., classroom.Plan], options: dict[str, Any], complaint: str
) -> None:
    """In one line, before anything is served. Without a terminal it wants --yes."""
    with pytest.raises(SystemExit, match=complaint):
        ask(**options)


def test_port_of_another_program_is_not_taken(ask: Callable[..., classroom.Plan]) -> None:
    """All three are looked at."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(SystemExit, match="cannot be opened"):
            ask(port=other.getsockname()[1] - 2, yes=True)


@pytest.mark.parametrize("answer", ["", "no", "y", "yes please"])
def test_only_yes_opens_a_class(
    ask: Callable[..., classroom.Plan],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answer: str,
) -> None:
    """It says what it opens, and to whom, before it asks."""
    teacher, terminal = os.openpty()
    os.write(teacher, f"{answer}\n".encode())
    with open(terminal, encoding="utf-8") as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        with pytest.raises(SystemExit, match=r"Nothing was opened\."):
            ask()
    os.close(teacher)

    told = capsys.readouterr().out
    assert "every machine that reaches 127.0.0.1" in told
    assert told.count("https://127.0.0.1:") == 3
    assert "GATEHOUSE_MODE" not in os.environ


def test_yes_opens_a_class_apart_from_the_demo(ask: Callable[..., classroom.Plan]) -> None:
    """Its folder is its own. The attacker on another site has the other spelling, or a name."""
    opened = ask(yes=True)

    assert opened.hostile == [
        f"{host}:{opened.port + 2}" for host in ("[::ffff:7f00:1]", "127.0.0.1")
    ]
    assert os.environ["GATEHOUSE_DATA_DIR"] == "var/class"
    assert os.environ["GATEHOUSE_HOSTILE_HOSTS"] == ",".join(opened.hostile)


def test_class_beside_another_servers_settings_is_refused(
    ask: Callable[..., classroom.Plan],
) -> None:
    """Whoever has set a mode or hosts means another server."""
    os.environ["GATEHOUSE_HOSTS"] = "app.example"

    with pytest.raises(SystemExit, match="unset GATEHOUSE_HOSTS"):
        ask(yes=True, other_site="Laptop.local")


def test_certificate_is_made_again_for_another_address(tmp_path: Path) -> None:
    """The same one as long as the room's address stays. Its fingerprint is what browsers show."""
    first = [certificate.ensure(tmp_path, [ADDRESS, "laptop.local"])[0].read_bytes() for _ in "12"]
    path, _ = certificate.ensure(tmp_path, ["10.0.0.6"])

    assert first[0] == first[1] != path.read_bytes()
    assert len(certificate.fingerprint(path)) == 32 * 3 - 1
