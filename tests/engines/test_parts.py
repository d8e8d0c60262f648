"""Any part can be left out: its app, its paths and its folder. The core's own tests pass without."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import ROOT

PARTS = (
    "programs",
    "metrics",
    "audit",
    "users",
    "people",
    "factors",
    "binding",
    "federation",
    "staff",
)
# What cannot be without it goes with it.
NEEDED_BY = {"users": ("people", "federation"), "people": ("federation",)}

SETTINGS = """
SECRET_KEY = "a key of this project's tests, and of nothing else at all"
INSTALLED_APPS = [
    "{admin}", "django.contrib.auth", "django.contrib.contenttypes",
    "django.contrib.messages", "django.contrib.sessions", "rest_framework",
    "accounts", *{apps},
]
AUTH_USER_MODEL = "{user}"
MIDDLEWARE = [
    "accounts.web.middleware.ClientAddress",
    "accounts.web.middleware.CookieHygiene",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [{{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "OPTIONS": {{"context_processors": [
        "django.template.context_processors.request",
        "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]}},
}}]
CSRF_COOKIE_NAME = "__Host-csrftoken"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_SAMESITE = "Strict"
ROOT_URLCONF = "urls"
USE_TZ = True
DATABASES = {{"default": {{
    "ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3",
    "OPTIONS": {{"transaction_mode": "IMMEDIATE", "timeout": 20}},
}}}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
GATEHOUSE = {{
    "ISSUER": "http://localhost", "SIGNING_KEYS_FILE": "signing-keys.json", {more}
}}
"""

URLS = """
from django.contrib import admin
from django.urls import include, path

urlpatterns = [path("admin/", admin.site.urls), path("", include("accounts.urls"))]
urlpatterns += [path("", include(name)) for name in {paths}]
"""


def project(folder: Path, left_out: set[str]) -> Path:
    """Write a project with this package, but for the folders of these parts."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "accounts", folder / "accounts", ignore=ignored)
    for part in left_out:
        shutil.rmtree(folder / "accounts" / part)
    kept = [part for part in PARTS if part not in left_out]
    apps = [f"accounts.{part}" for part in kept]
    paths = [f"accounts.{part}.urls" for part in kept if has_paths(folder, part)]
    user = "gatehouse_users.User" if "users" in kept else "auth.User"
    admin = "accounts.staff.apps.Administration" if "staff" in kept else "django.contrib.admin"
    more = '"MAIL": False' if "people" in kept else ""
    settings = SETTINGS.format(admin=admin, apps=apps, user=user, more=more)
    (folder / "settings.py").write_text(settings)
    (folder / "urls.py").write_text(URLS.format(paths=paths))
    (folder / "pytest.ini").write_text("[pytest]\n")
    return folder


def has_paths(folder: Path, part: str) -> bool:
    return (folder / "accounts" / part / "urls.py").exists()


def run(folder: Path, *command: str) -> None:
    """Run Python in the project. Fail with what it printed if it fails."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("GATEHOUSE", "DJANGO"))}
    here = {"DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**inherited, **here, "GATEHOUSE_TEST_FORGERIES": "100"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


# Those of the core's tests that go through everything a part could be attached to.
THROUGH = ("csrf", "devices", "login", "logout", "lost_races", "refresh", "session_endpoint")


def chosen(left_out: set[str]) -> list[str]:
    """Return which tests to run: all of the core's without any part, these without one of them."""
    if left_out == set(PARTS):
        return ["accounts/tests"]
    return [f"accounts/tests/test_{name}.py" for name in THROUGH]


def without(part: str) -> set[str]:
    return {part, *NEEDED_BY.get(part, ())}


@pytest.mark.parametrize("left_out", [*map(without, PARTS), set(PARTS)], ids=[*PARTS, "all"])
def test_core_passes_its_tests_without_a_part(tmp_path: Path, left_out: set[str]) -> None:
    """No error is found and no migration is missing either."""
    folder = project(tmp_path, left_out)

    run(folder, "-m", "django", "create_signing_keys")
    run(folder, "-m", "django", "check")
    run(folder, "-m", "django", "makemigrations", "--check", "--dry-run")
    run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", *chosen(left_out))


@pytest.mark.parametrize("part", NEEDED_BY)
def test_part_that_others_need_is_named(tmp_path: Path, part: str) -> None:
    """Whoever forgets its line is told so before anything starts."""
    folder = project(tmp_path, {part})
    shutil.copytree(ROOT / "accounts" / part, folder / "accounts" / part)

    with pytest.raises(AssertionError, match=r"gatehouse\.E018|needs .*people"):
        run(folder, "-m", "django", "check")
