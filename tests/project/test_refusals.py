"""What is said to whoever starts the server on variables that make no sense: a line, and no more."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from project import env, startup
from tests.project import test_startup
from tests.servers import free_port

production = test_startup.production

# Of ./run, in the demo.
REFUSED = [
    ("GATEHOUSE_TRUSTED_PROXIES", "abc"),
    ("GATEHOUSE_GRACE_SECONDS", "4000000"),
    ("GATEHOUSE_ACCESS_SECONDS", "99999999999"),
    ("GATEHOUSE_SIGNING_KEYS", '{"keys":[]}'),
    ("GATEHOUSE_OIDC_ISSUER", "http://127.0.0.1:1"),
    ("GATEHOUSE_DATABASE_URL", "mysql://somebody:secret@127.0.0.1/name"),
    ("GATEHOUSE_DATABASE_URL", "postgres://somebody:secret@127.0.0.1:1/name"),
    ("GATEHOUSE_DATABASE_URL", "postgres://somebody:secret@127.0.0.1:port/name"),
    ("GATEHOUSE_DATABASE_URL", "postgres://somebody:sec#ret@127.0.0.1/name"),
    ("GATEHOUSE_DATABASE_URL", "sqlite:////srv/secret#2/db.sqlite3"),
    ("GATEHOUSE_DATABASE_URL", "sqlite:////srv/secret?/db.sqlite3"),
    ("GATEHOUSE_DATA_DIR", "/dev/null/nope"),
]


@pytest.mark.parametrize(("name", "value"), REFUSED, ids=[f"{n}={v}" for n, v in REFUSED])
def test_start_on_a_senseless_value_ends_with_the_name_of_the_variable(
    production: dict[str, str], tmp_path: Path, name: str, value: str
) -> None:
    """Section 19.2: one line, before anything is served, and no secret in it."""
    inherited = {key: text for key, text in production.items() if "GATEHOUSE" not in key}
    demo = inherited | {"GATEHOUSE_DATA_DIR": str(tmp_path), name: value}

    done = test_startup.start(demo, "-m", "tools.serve", "--port", str(free_port()))

    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert name in done.stderr
    assert "secret" not in done.stderr


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"GATEHOUSE_HOSTS": ""}, "Required in production: GATEHOUSE_HOSTS."),
        (
            {"GATEHOUSE_ISSUER": "http://app.example"},
            "Gatehouse refuses to start: GATEHOUSE_ISSUER must be https. (project.E003)",
        ),
    ],
)
def test_serve_command_says_what_is_wrong_without_a_traceback(
    production: dict[str, str], change: dict[str, str], complaint: str
) -> None:
    """A service manager's log shows the cause as its last line, and as the only one."""
    done = test_startup.start(production | change, "manage.py", "serve")

    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{complaint}\n")


def test_keys_given_twice_stop_the_start(production: dict[str, str]) -> None:
    """One of the two would be ignored in silence."""
    production["GATEHOUSE_SIGNING_KEYS_FILE"] = "/somewhere/keys.json"

    done = test_startup.start(production, "manage.py", "serve")

    told = "Set GATEHOUSE_SIGNING_KEYS or GATEHOUSE_SIGNING_KEYS_FILE, not both.\n"
    assert (done.returncode, done.stderr) == (1, told)


def test_misspelt_variable_is_refused_with_the_name_that_is_near(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ignored in silence, it would leave its writer believing that it counts."""
    for name in ("ACESS_SECONDS", "HOSTS_FILE", "XYZ"):
        monkeypatch.setenv(f"GATEHOUSE_{name}", "1")

    with pytest.raises(ImproperlyConfigured) as refused:
        env.refuse_unknown()

    assert str(refused.value).splitlines() == [
        "GATEHOUSE_ACESS_SECONDS is unknown; did you mean GATEHOUSE_ACCESS_SECONDS?",
        "GATEHOUSE_HOSTS_FILE is unknown; did you mean GATEHOUSE_HOSTS?",
        "GATEHOUSE_XYZ is unknown.",
    ]


def test_misspelt_variable_stops_the_start(production: dict[str, str]) -> None:
    """Every process reads the settings, and with them the names."""
    production["GATEHOUSE_ACESS_SECONDS"] = "60"

    done = test_startup.start(production, "manage.py", "check")

    assert (done.returncode, "GATEHOUSE_ACCESS_SECONDS?" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    "name",
    [
        *("GRACE_SECONDS", "SECRET_KEY_FILE", "TEST_ENGINE"),
        *("SERVICE_HOST", "PORT", "PORT_80_TCP_ADDR", "DB_SERVICE_PORT"),
    ],
)
def test_known_variable_is_accepted(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Ours, the tests' own, and what Kubernetes sets for a Service that is called gatehouse."""
    monkeypatch.setenv(f"GATEHOUSE_{name}", "1")

    env.refuse_unknown()


def test_settings_are_called_by_their_variables() -> None:
    """The checks of `accounts` know no variables; whoever reads them knows nothing else."""
    text = "0 < ACCESS_SECONDS, SIGNING_KEYS_FILE, GATEHOUSE_HOSTS, MIDDLEWARE, ISSUER, CSRF_USE"

    assert startup.as_variables(text) == (
        "0 < GATEHOUSE_ACCESS_SECONDS, GATEHOUSE_SIGNING_KEYS_FILE, GATEHOUSE_HOSTS, MIDDLEWARE, "
        "GATEHOUSE_ISSUER, CSRF_USE"
    )
