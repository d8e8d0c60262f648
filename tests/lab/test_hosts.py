"""Three kinds of host, never mixed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client, override_settings

from lab.checks import hosts_are_apart
from tests.servers import ROOT

HOSTILE = "127.0.0.1"
LAB = "app.demo.localhost"


@pytest.mark.parametrize("host", [HOSTILE, "evil.demo.localhost", LAB])
@pytest.mark.parametrize("path", ["/", "/login", "/notes", "/account", "/learn"])
def test_app_page_on_another_host_names_and_links_the_apps_address(host: str, path: str) -> None:
    """Somebody who typed 127.0.0.1 is shown the way, and gets no app page there."""
    response = Client(SERVER_NAME=host).get(path)

    assert response.status_code == 404
    assert f'href="http://localhost{path}"' in response.text
    assert "data-sign-out" not in response.text


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/auth/session", "/auth/login", "/api/me", "/learn/api/watch"])
def test_endpoint_on_a_hostile_host_does_not_exist(path: str) -> None:
    """An attackers' site has no way into the app, not even a refusal of the app's."""
    for response in (Client(SERVER_NAME=HOSTILE).get(path), Client(SERVER_NAME=HOSTILE).post(path)):
        assert response.status_code == 404
        assert not response.cookies


@pytest.mark.django_db
def test_token_clients_and_real_data_on_a_lab_host_do_not_exist() -> None:
    """The lab serves its own part of the authentication server, and none of the app's data."""
    for path in ("/api/notes", "/api/audit", "/auth/token", "/auth/password/reset", "/admin/"):
        assert Client(SERVER_NAME=LAB).get(path).status_code == 404, path


def test_lab_api_on_an_app_host_does_not_exist() -> None:
    """What attacks or expires anything is served where nothing real lives."""
    assert Client(SERVER_NAME="localhost").post("/lab/expire").status_code == 404


def test_lab_host_that_is_also_an_app_host_is_refused() -> None:
    """A system check names hosts that are two things at once."""
    with override_settings(APP_HOSTS=["localhost"], LAB_HOSTS=["localhost"]):
        assert "lab.E001" in [found.id for found in hosts_are_apart(None)]


@pytest.mark.parametrize("host", [".example.net", "*"])
@pytest.mark.parametrize("kind", ["LAB_HOSTS", "HOSTILE_HOSTS"])
def test_lab_host_that_stands_for_many_is_refused(kind: str, host: str) -> None:
    """A pattern could take in a host of the app's, and nobody would see it in the settings."""
    with override_settings(**{kind: [host]}):
        assert "lab.E002" in [found.id for found in hosts_are_apart(None)]


def test_hostile_sibling_of_a_real_app_is_refused() -> None:
    """In production an attackers' page must not share the app's site: SameSite would let it in."""
    hosts = {"APP_HOSTS": ["app.example.org"], "HOSTILE_HOSTS": ["evil.example.org"]}
    with override_settings(DEMO=False, **hosts):
        assert "lab.E003" in [found.id for found in hosts_are_apart(None)]


def test_host_that_settings_write_with_capitals_is_of_its_own_kind(tmp_path: Path) -> None:
    """Names of hosts know no capitals: Django serves them all, and so must we tell them apart."""
    environment = {
        **{name: value for name, value in os.environ.items() if "GATEHOUSE" not in name},
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "GATEHOUSE_MODE": "demo",
        "GATEHOUSE_DATA_DIR": str(tmp_path),
        "GATEHOUSE_HOSTS": "App.test",
        "GATEHOUSE_LAB_HOSTS": "Victim.test",
        "GATEHOUSE_HOSTILE_HOSTS": "Other.test,evil.Victim.test",
    }
    code = (
        "import django; django.setup()\n"
        "from django.test import Client\n"
        "for host in ('Other.test', 'evil.victim.test', 'victim.test', 'app.test'):\n"
        "    answer = Client().get('/login', headers={'Host': host})\n"
        "    print(host, answer.wsgi_request.host_kind, answer.status_code)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )

    assert done.stdout.splitlines() == [
        "Other.test hostile 404",
        "evil.victim.test hostile 404",
        "victim.test lab 404",
        "app.test app 200",
    ], done.stderr


def test_production_without_lab_hosts_has_no_lab(tmp_path: Path) -> None:
    """The lab is off by default where it matters."""
    from accounts.tokens import keys

    environment = {
        **{name: value for name, value in os.environ.items() if "GATEHOUSE" not in name},
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "GATEHOUSE_MODE": "production",
        "GATEHOUSE_DATA_DIR": str(tmp_path),
        "GATEHOUSE_SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
        "GATEHOUSE_SIGNING_KEYS": keys.Ring([keys.new_key("active")]).dump(),
        "GATEHOUSE_ISSUER": "https://app.example.org",
        "GATEHOUSE_HOSTS": "app.example.org",
        "GATEHOUSE_EMAIL_URL": "smtps://mail.example.org",
    }
    code = (
        "import django; django.setup()\n"
        "from django.conf import settings\n"
        "from django.urls import NoReverseMatch, reverse\n"
        "assert not settings.LAB and 'lab' not in settings.INSTALLED_APPS\n"
        "assert settings.ALLOWED_HOSTS == ['app.example.org']\n"
        "try: reverse('learn')\n"
        "except NoReverseMatch: print('no lab')\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )

    assert done.stdout.strip() == "no lab", done.stderr
