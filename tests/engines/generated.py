"""A fresh Django project with an app `accounts` of its own, and this package in it.

The package is installed from its wheel, or copied into the project under another name.
"""

import subprocess
import sys
import sysconfig
import time
from pathlib import Path

from tests.engines.adopting import Project
from tests.engines.people import Visitor
from tests.servers import ROOT

WHO = {"username": "Ada", "password": "a long way home on foot"}
ACCESS, REFRESH = "__Host-Http-access_token", "__Host-Http-refresh_token"

SETTINGS = """
import warnings

# A deprecated call of the package's is a failure. One of another package is not ours to mend.
for kind in (DeprecationWarning, PendingDeprecationWarning):
    warnings.filterwarnings("error", category=kind, module=r"{package}\\b")

INSTALLED_APPS.remove("django.contrib.admin")
INSTALLED_APPS += ["rest_framework", "accounts", "{package}"]
MIDDLEWARE = [
    "{package}.web.middleware.ClientAddress",
    "{package}.web.middleware.CookieHygiene",
    *MIDDLEWARE,
]
CSRF_COOKIE_NAME = "__Host-csrftoken"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_SAMESITE = "Strict"
DATABASES["default"]["OPTIONS"] = {{"transaction_mode": "IMMEDIATE"}}
GATEHOUSE = {{
    "ISSUER": "{url}",
    "SIGNING_KEYS_FILE": BASE_DIR / "var" / "signing-keys.json",
    "DATA_DIR": BASE_DIR / "var",
}}
"""

URLS = """
from django.urls import include, path

from accounts.views import BalanceView

urlpatterns = [
    path("balance", BalanceView.as_view()),
    path("", include("{package}.urls")),
]
"""

# What the project's own app holds: money, one row a person.
MODELS = """
from django.conf import settings
from django.db import models


class Account(models.Model):
    owner = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="account")
    cents = models.IntegerField(default=0)
"""

VIEWS = """
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Account
from {package}.web.authentication import TokenAuthentication


class BalanceView(APIView):
    authentication_classes = [TokenAuthentication]
    permission_classes = [IsAuthenticated]

    def get(self, request):
        account, _ = Account.objects.get_or_create(owner=request.user)
        return Response({{"owner": account.owner.get_username(), "cents": account.cents}})

    def post(self, request):
        Account.objects.filter(owner=request.user).update(cents=request.data["cents"])
        return self.get(request)
"""

PEOPLE_SETTINGS = """
INSTALLED_APPS += ["{package}.users", "{package}.people"]
AUTH_USER_MODEL = "gatehouse_users.User"
"""
PEOPLE_URLS = """
urlpatterns += [path("", include("{package}.people.urls"))]
"""

# Newer Djangos begin a project with `MAILERS`, which excludes these.
OLD_MAIL_SETTINGS = """
globals().pop("MAILERS", None)
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = BASE_DIR / "mail"
"""

MAILERS = """
MAILERS = {
    "default": {
        "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "OPTIONS": {"file_path": BASE_DIR / "mail"},
    }
}
"""


def wheel(folder: Path) -> Path:
    """Build the wheel into the folder, with nothing from a network, and return its path."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("gatehouse-*.whl"))


def environment_with(built: Path, folder: Path) -> None:
    """Make `.venv` in the folder: the wheel is installed there, and sees the packages of ours."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / ".venv"], check=True)
    python = folder / ".venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-index", built], check=True)
    theirs = next((folder / ".venv" / "lib").glob("python*")) / "site-packages"
    (theirs / "ours.pth").write_text(sysconfig.get_path("purelib"))


def write(project: Project, package: str, more: str = "", urls: str = "") -> None:
    """Write a project that uses the package under this name, with its database and keys.

    `more` is added to its settings, `urls` to its paths.
    """
    project.run(
        "mkdir -p mysite; django-admin startproject mysite .; python manage.py startapp accounts"
    )
    settings = project.folder / "mysite" / "settings.py"
    ours = SETTINGS.format(package=package, url=project.url)
    settings.write_text(f"{settings.read_text()}{ours}{more}")
    project.write(
        {
            "accounts/models.py": MODELS,
            "accounts/views.py": VIEWS.format(package=package),
            "mysite/urls.py": URLS.format(package=package) + urls,
        }
    )
    project.run(
        "mkdir -m 700 var; python manage.py create_signing_keys;"
        " python manage.py makemigrations accounts; python manage.py migrate"
    )


def add_person(project: Project) -> None:
    """Add `WHO` with the project's own user model."""
    code = f"from django.contrib.auth.models import User; User.objects.create_user(**{WHO!r})"
    project.python(code)


def walk_through(url: str) -> None:
    """Sign in, read and write in a protected view, refresh, sign out, and find the door closed."""
    visitor = Visitor(url)
    assert visitor.send("GET", "/balance").status_code == 401
    visitor.send("GET", "/auth/session")
    assert visitor.send("POST", "/auth/login", WHO | {"password": "not it"}).status_code == 401
    assert visitor.send("POST", "/auth/login", WHO).status_code == 200
    assert visitor.send("GET", "/balance").json() == {"owner": "Ada", "cents": 0}
    assert visitor.send("POST", "/balance", {"cents": 7}).json() == {"owner": "Ada", "cents": 7}

    before = dict(visitor.cookies)
    assert visitor.send("POST", "/auth/refresh").status_code == 200
    assert visitor.cookies[ACCESS] != before[ACCESS]
    assert visitor.send("GET", "/balance").json()["cents"] == 7

    after = dict(visitor.cookies)
    assert visitor.send("POST", "/auth/logout").status_code == 204
    visitor.cookies |= {name: after[name] for name in (ACCESS, REFRESH)}
    assert visitor.send("GET", "/balance").status_code == 401
    assert visitor.send("POST", "/auth/refresh").json()["code"] == "session_ended"
    visitor.close()


def wait_for_mail(folder: Path) -> None:
    """Return once a mail to Ada lies in the folder. Fail after ten seconds."""
    deadline = time.monotonic() + 10
    while not any("ada@example.com" in file.read_text() for file in folder.glob("*.log")):
        assert time.monotonic() < deadline, "no mail"
        time.sleep(0.1)
