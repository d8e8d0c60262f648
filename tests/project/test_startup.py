"""Production: what it refuses to start on, and what it does with http."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from accounts.tokens import keys
from accounts.users.models import User
from tests.clients import BrowserClient
from tests.servers import ROOT


@pytest.fixture
def production(tmp_path: Path) -> dict[str, str]:
    """An environment that production accepts."""
    inherited = {name: value for name, value in os.environ.items() if "GATEHOUSE" not in name}
    del inherited["DJANGO_SETTINGS_MODULE"]
    return {
        **inherited,
        "GATEHOUSE_MODE": "production",
        "GATEHOUSE_DATA_DIR": str(tmp_path),
        "GATEHOUSE_SECRET_KEY": secrets.token_urlsafe(50),
        "GATEHOUSE_SIGNING_KEYS": keys.Ring([keys.new_key("active")]).dump(),
        "GATEHOUSE_ISSUER": "https://app.example",
        "GATEHOUSE_HOSTS": "app.example",
        "GATEHOUSE_EMAIL_URL": "smtp://localhost:25",
        "GATEHOUSE_SECOND_FACTOR": "staff",
    }


def start(environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    """Load the application as a server process does, or run a command."""
    command = command or ("-c", "import project.wsgi")
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,  # one that is not refused would serve
    )


def test_production_starts_on_safe_settings(production: dict[str, str]) -> None:
    """Otherwise every refusal below would be vacuous."""
    done = start(production)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("threads", "places"), [("64", 62), ("3", 1), ("20", 18)])
def test_sign_ins_leave_two_threads_to_everybody_else(
    production: dict[str, str], threads: str, places: int
) -> None:
    """Whatever number of threads the server has: a flood of guesses does not hold them all."""
    question = "import project.wsgi; from accounts.conf import conf; print(conf.hashing_places)"

    done = start(production | {"GATEHOUSE_THREADS": threads}, "-c", question)

    assert done.stdout.strip() == str(places), done.stderr


@pytest.mark.parametrize(("mode", "found"), [("production", False), ("demo", True)])
def test_api_is_described_in_demo_mode_alone(
    production: dict[str, str], mode: str, found: bool
) -> None:
    """ASVS 13.4.5: nobody is handed a map; nor are the files of Swagger UI there."""
    question = (
        "import project.wsgi; from django.contrib.staticfiles.finders import find;"
        "from django.urls import get_resolver as root, Resolver404\n"
        "def served(path):\n"
        "    try: return bool(root().resolve(path))\n"
        "    except Resolver404: return False\n"
        "print([served('/api/docs'), served('/api/schema'),"
        " bool(find('drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js'))])"
    )

    done = start(production | {"GATEHOUSE_MODE": mode}, "-c", question)

    assert done.stdout.strip() == str([found] * 3), done.stderr


@pytest.mark.parametrize("mode", ["production", "demo"])
def test_passwords_of_the_demo_stand_in_no_page_of_another_mode(
    production: dict[str, str], mode: str
) -> None:
    """Each page that asks for a password offers those of the demo, in the demo alone."""
    question = (
        "import project.wsgi; from django.template.loader import render_to_string;"
        "from django.test import RequestFactory; from project.pages import Page\n"
        "pages = 'login account link link-confirm notes'.split()\n"
        "for page in pages:\n"
        "    text = Page.as_view(page=page)(RequestFactory().get('/')).render().content.decode()\n"
        "    print(text.count('data-demo-password'), text.count('alice walks the long way home'))"
    )

    done = start(production | {"GATEHOUSE_MODE": mode}, "-c", question)

    counts = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    # In its own place, and in the dialogue that every page has.
    demo = [(6, 2), (6, 2), (6, 2), (6, 2), (3, 1)]
    assert counts == (demo if mode == "demo" else [(0, 0)] * 5), done.stderr


def test_production_names_everything_that_is_missing(production: dict[str, str]) -> None:
    """ASVS 13.3.1: no secret has a default, and one look tells all that is needed."""
    names = ["SECRET_KEY", "SIGNING_KEYS", "ISSUER", "HOSTS"]
    for name in names:
        del production[f"GATEHOUSE_{name}"]

    done = start(production)

    assert done.returncode != 0
    assert all(f"GATEHOUSE_{name}" in done.stderr.splitlines()[-1] for name in names)


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("GATEHOUSE_SECRET_KEY", "short", "GATEHOUSE_SECRET_KEY"),
        ("GATEHOUSE_SECRET_KEY", "a" * 60, "GATEHOUSE_SECRET_KEY"),
        ("GATEHOUSE_ISSUER", "http://app.example", "GATEHOUSE_ISSUER"),
        ("GATEHOUSE_ISSUER", "https://app.example/", "ISSUER"),
        ("GATEHOUSE_ISSUER", "https://elsewhere.example", "the host of GATEHOUSE_ISSUER"),
        ("GATEHOUSE_HOSTS", "*", "GATEHOUSE_HOSTS"),
        ("GATEHOUSE_LAB_HOSTS", "lab.example", "GATEHOUSE_HOSTILE_HOSTS"),
        ("GATEHOUSE_SIGNING_KEYS", "{}", "signing keys"),
        ("GATEHOUSE_SIGNING_KEYS", '{"keys": []}', "signing keys"),
        ("GATEHOUSE_TRUSTED_PROXIES", "anywhere", "TRUSTED_PROXIES"),
        ("GATEHOUSE_TRUSTED_PROXIES", "0.0.0.0/0", "GATEHOUSE_TRUSTED_PROXIES"),
        ("GATEHOUSE_TRUSTED_PROXIES", "0.0.0.0/1,128.0.0.0/1", "GATEHOUSE_TRUSTED_PROXIES"),
        ("GATEHOUSE_EMAIL_URL", "smtp://mail.example", "GATEHOUSE_EMAIL_URL"),
        ("GATEHOUSE_EMAIL_URL", "smtp://mail.example/?tls=true", "GATEHOUSE_EMAIL_URL"),
        ("GATEHOUSE_EMAIL_URL", "file:", "GATEHOUSE_EMAIL_URL"),
        ("GATEHOUSE_EMAIL_URL", "console:", "GATEHOUSE_EMAIL_URL"),
        ("GATEHOUSE_ACCESS_SECONDS", "9999999", "ACCESS_SECONDS"),
        ("GATEHOUSE_ACCESS_SECONDS", "soon", "GATEHOUSE_ACCESS_SECONDS"),
        ("GATEHOUSE_GRACE_SECONDS", "3600", "GRACE_SECONDS"),
        ("GATEHOUSE_API_CLIENTS", "maybe", "GATEHOUSE_API_CLIENTS"),
        ("GATEHOUSE_THREADS", "2", "GATEHOUSE_THREADS must be 3 or more"),
        ("GATEHOUSE_MODE", "debug", "GATEHOUSE_MODE"),
    ],
)
def test_production_refuses_each_unsafe_setting(
    production: dict[str, str], name: str, value: str, complaint: str
) -> None:
    """Section 19.2: a server that must not run does not, and says which setting it is."""
    production[name] = value

    done = start(production)

    assert done.returncode != 0
    assert complaint in done.stderr


def test_deployment_check_is_clean(production: dict[str, str]) -> None:
    """Django's own list of deployment mistakes, at its strictest."""
    done = start(production, "manage.py", "check", "--deploy", "--fail-level", "WARNING")

    assert done.returncode == 0, done.stderr


def test_secret_is_read_from_its_file(production: dict[str, str], tmp_path: Path) -> None:
    """Every secret also reads from NAME_FILE; both at once is an error."""
    file = tmp_path / "secret"
    file.write_text(production["GATEHOUSE_SECRET_KEY"] + "\n")
    production["GATEHOUSE_SECRET_KEY_FILE"] = str(file)

    assert "not both" in start(production).stderr
    del production["GATEHOUSE_SECRET_KEY"]
    assert start(production).returncode == 0


def test_http_in_production_is_refused_for_programs_and_redirected_for_pages(
    production: dict[str, str],
) -> None:
    """ASVS 4.1.2: a redirect after a password has travelled in the clear would only hide that."""
    script = """
from project.wsgi import application
from django.test import Client
import json
client = Client(SERVER_NAME="app.example")
page, probe = client.get("/login"), client.get("/healthz")
api = client.post("/auth/login", "{}", content_type="application/json")
spoofed = client.get("/login", headers={"X-Forwarded-Proto": "https"})
safe = client.get("/login", secure=True)
print(json.dumps([
    [page.status_code, page.headers["Location"], page.headers["Content-Security-Policy"][:19]],
    [api.status_code, api.json()["code"]],
    [probe.status_code, spoofed.status_code, safe.status_code],
    safe.headers["Strict-Transport-Security"],
]))
"""
    done = start(production, "-c", script)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [
        [301, "https://app.example/login", "default-src 'none';"],
        [400, "invalid_request"],
        [200, 301, 200],
        "max-age=31536000; includeSubDomains",
    ]


def test_new_secret_key_signs_nobody_out(
    browser_client: BrowserClient, alice: User, settings
) -> None:
    """Section 14.3: SECRET_KEY signs no token."""
    browser_client.sign_in(alice)

    settings.SECRET_KEY = secrets.token_urlsafe(50)

    assert browser_client.get("/api/me").status_code == 200
