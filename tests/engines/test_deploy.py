"""What deploy/ ships and docs/deploy.md says: settings, units, container, backup and restore."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.engines.people import Visitor
from tests.engines.production import Production
from tests.engines.proxies import Nginx
from tests.servers import ROOT, Postgres, free_port
from tools import programs

DEPLOY = ROOT / "deploy"
UNITS = ["gatehouse.service", "gatehouse-purge.service", "gatehouse-purge.timer"]


def page() -> str:
    return (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")


def blocks(heading: str) -> list[str]:
    """The blocks of commands below a heading of docs/deploy.md."""
    section = re.split(r"^#+ ", page(), flags=re.MULTILINE)
    [found] = [part for part in section if part.startswith(f"{heading}\n")]
    return re.findall(r"^```\n(.*?)^```$", found, re.MULTILINE | re.DOTALL)


def install(folder: Path) -> Path:
    """This clone as opt/gatehouse: its own path may hold what shells and systemd read as syntax."""
    (folder / "opt").mkdir()
    (folder / "opt" / "gatehouse").symlink_to(ROOT)
    return folder / "opt" / "gatehouse"


@dataclass
class Machine:
    """A machine as the page sets it up: its folders are in a temporary one."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("etc/gatehouse", "var/lib/gatehouse", "var/backups"):
            (self.folder / name).mkdir(parents=True)
        install(self.folder)
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True)
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("GATE", "DJANGO"))}
        self.env = {
            **inherited,
            **self.env,
            "ENV_FILE": str(self.etc / "env"),
            "SERVICE_USER": user.stdout.strip(),
        }
        (self.etc / "env").write_text(self.here((DEPLOY / ".env.example").read_text()))

    @property
    def etc(self) -> Path:
        return self.folder / "etc" / "gatehouse"

    @property
    def data(self) -> Path:
        return self.folder / "var" / "lib" / "gatehouse"

    def here(self, text: str) -> str:
        """The text with this machine's folders instead of the real ones."""
        for name in ("/etc/gatehouse", "/var/lib/gatehouse", "/var/backups", "/opt/gatehouse"):
            text = text.replace(name, f"{self.folder}{name}")
        return text

    def run(self, script: str) -> str:
        """The script's output; it must not fail."""
        done = subprocess.run(
            ["bash", "-euc", self.here(script)],
            cwd=ROOT,
            env=self.env,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """With the secrets that the page makes."""
    made = Machine(tmp_path / "machine")
    made.run("\n".join(blocks("Secrets")))
    return made


def test_shipped_settings_pass_djangos_deployment_check(machine: Machine) -> None:
    """`manage.py check --deploy` at its strictest, under the very file that people copy."""
    assert "no issues" in machine.run("deploy/manage check --deploy --fail-level WARNING")


def test_secrets_can_be_read_by_nobody_else(machine: Machine) -> None:
    """The page's commands make files for the service alone."""
    assert len((machine.etc / "secret-key").read_text().strip()) >= 50
    for path in (machine.etc / "secret-key", machine.data / "signing-keys.json"):
        assert path.stat().st_mode & 0o007 == 0, path


def test_every_variable_of_the_shipped_settings_has_a_value_that_starts(machine: Machine) -> None:
    """The lines that stand there as comments work as well, once they are taken out."""
    (machine.etc / "database-url").write_text("postgres://gatehouse:x@127.0.0.1:1/gatehouse\n")
    (machine.etc / "email-url").write_text("smtp://user:password@mail.example.com:587/?tls=1\n")
    env = machine.etc / "env"
    env.write_text(re.sub(r"^#(?=GATEHOUSE_)", "", env.read_text(), flags=re.MULTILINE))

    assert "no issues" in machine.run("deploy/manage check --deploy --fail-level WARNING")


def test_signs_of_the_shell_in_the_settings_are_data(machine: Machine) -> None:
    """systemd takes them as they are: an address with & and $ must not end there, nor be run."""
    plain = "smtp://user:pa$HOME%22;touch@mail.example.com:587/?tls=1&from=a@example.com"
    with (machine.etc / "env").open("a") as file:
        file.write(f'GATEHOUSE_EMAIL_URL={plain}\nGATEHOUSE_AUDIENCE="two words"')
    script = "import os; print(os.environ['GATEHOUSE_EMAIL_URL'], os.environ['GATEHOUSE_AUDIENCE'])"

    told = machine.run(f'deploy/manage shell -v0 -c "{script}"')

    assert told.strip() == f"{plain} two words"


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The units with the folder of this clone in place of /opt/gatehouse."""
    folder = tmp_path_factory.mktemp("units")
    clone = str(install(folder))
    for name in UNITS:
        text = (DEPLOY / name).read_text(encoding="utf-8")
        (folder / name).write_text(text.replace("/opt/gatehouse", clone), encoding="utf-8")
    return folder


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = programs.ensure("systemd-analyze")
    return subprocess.run([program, *arguments], check=False, capture_output=True, text=True)


@pytest.mark.parametrize("name", UNITS)
def test_unit_is_what_systemd_expects(units: Path, name: str) -> None:
    """Nothing misspelt, nothing missing."""
    done = analyze("verify", str(units / name))

    assert done.stdout + done.stderr == ""
    assert done.returncode == 0


@pytest.mark.parametrize("name", UNITS[:2])
def test_unit_is_hardened(units: Path, name: str) -> None:
    """systemd's own score of exposure: below 2 of 10, where an empty unit has more than 9."""
    done = analyze("security", "--offline=true", "--threshold=20", str(units / name))

    score = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    assert score
    assert float(score[1]) < 2
    assert done.returncode == 0


def test_container_starts_what_the_unit_starts() -> None:
    """One command serves everywhere; and what the image copies exists."""
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    unit = (DEPLOY / "gatehouse.service").read_text(encoding="utf-8")
    [command] = re.findall(r"^CMD (.+)$", dockerfile, re.MULTILINE)
    [started] = re.findall(r"^ExecStart=/opt/gatehouse/(.+)$", unit, re.MULTILINE)

    assert " ".join(json.loads(command)) == started.replace("127.0.0.1", "0.0.0.0")  # noqa: S104
    assert started in page()
    for copied in re.findall(r"^COPY (\S+) ", dockerfile, re.MULTILINE):
        assert (ROOT / copied).exists(), copied


VISIT = """
from project.wsgi import application
from django.test import Client
client = Client(SERVER_NAME="app.example.com")
for path in ("/", "/login", "/static/css/base.css", "/.well-known/jwks.json", "/healthz"):
    answer = client.get(path, secure=True)
    assert answer.status_code == 200, path
    answer.close()
"""


def test_container_holds_all_that_the_application_needs(machine: Machine, tmp_path: Path) -> None:
    """Nothing but what the Dockerfile copies: pages, files and keys are served from that."""
    image = tmp_path / "image"
    image.mkdir()
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    for copied in re.findall(r"^COPY (\S+) ", dockerfile, re.MULTILINE):
        machine.run(f"cp -r {copied} {image}/")

    (tmp_path / "visit.py").write_text(VISIT)
    machine.run(
        f"set -a; . /etc/gatehouse/env; cd {image};"
        f" PYTHONPATH={image} {shlex.quote(sys.executable)} {tmp_path}/visit.py"
    )


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def backed_up(
    request: pytest.FixtureRequest, machine: Machine, tmp_path: Path
) -> Iterator[tuple[str, Machine, Production, str]]:
    """A deployment on each engine, with the page's names for what belongs to it."""
    front = free_port()
    with ExitStack() as stack:
        env: dict[str, object] = {}
        if request.param == "PostgreSQL":
            database = stack.enter_context(Postgres())
            env["GATEHOUSE_DATABASE_URL"] = database.url
            (machine.etc / "database-url").write_text(database.url)
            machine.env["PATH"] = f"{database.programs}:{machine.env['PATH']}"
            with (machine.etc / "env").open("a") as file:
                file.write(f"GATEHOUSE_DATABASE_URL_FILE={machine.etc}/database-url\n")
        app = Production(machine.data, f"https://localhost:{front}", **env)
        machine.run("deploy/manage migrate --verbosity=0")
        machine.run(f"deploy/manage shell -v0 -c '{CREATE_ALICE}'")
        proxy = stack.enter_context(Nginx(tmp_path / "proxy", app.port, port=front))
        yield request.param, machine, app, proxy.url
        app.end()


CREATE_ALICE = (
    "from accounts.users.models import User; from project.demo import PEOPLE as people;"
    ' User.objects.create_user(people[0].email, people[0].password, name="Alice")'
)


def titles(visitor: Visitor) -> list[str]:
    return [note["title"] for note in visitor.send("GET", "/api/notes").json()["results"]]


def test_backup_restores_what_was_there_and_signs_everyone_out(
    backed_up: tuple[str, Machine, Production, str], visitor_of: Callable[[str], Visitor]
) -> None:
    """The page's own commands: taken while it serves, put back, and no old session revived."""
    engine, machine, app, url = backed_up
    backup, restore = blocks(engine)
    app.start()
    alice = visitor_of(url)
    assert alice.sign_in().status_code == 200
    assert alice.send("POST", "/api/notes", {"title": "before", "body": ""}).status_code == 201

    machine.run(backup)
    assert alice.send("POST", "/api/notes", {"title": "after", "body": ""}).status_code == 201
    app.end()
    machine.run(re.sub(r"^systemctl .*\n", "", restore, flags=re.MULTILINE))
    app.start()

    assert alice.send("GET", "/api/me").status_code == 401
    assert alice.send("POST", "/auth/refresh").json()["code"] == "session_ended"
    assert alice.sign_in().status_code == 200
    assert titles(alice) == ["before"]
