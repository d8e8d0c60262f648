"""A project with a user model of its own, in a folder. Run there, it shows what people do in it.

Run as a program it is in that project's process: it prints what it found, step by step, as JSON.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

SETTINGS = """
from pathlib import Path

BASE_DIR = Path(__file__).parent
SECRET_KEY = "x" * 50
ALLOWED_HOSTS = ["localhost"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth", "django.contrib.contenttypes", "rest_framework", "shop", "accounts",
    "accounts.audit", "accounts.programs",
]
MIDDLEWARE = [
    "accounts.web.middleware.ClientAddress",
    "accounts.web.middleware.CookieHygiene",
    "django.middleware.csrf.CsrfViewMiddleware",
]
ROOT_URLCONF = "urls"
DATABASES = {"default": {
    "ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3",
    "OPTIONS": {"transaction_mode": "IMMEDIATE"},
}}
AUTH_USER_MODEL = "%(model)s"
USE_TZ = True
PASSWORD_HASHERS = ["shop.hashers.Quick", "django.contrib.auth.hashers.MD5PasswordHasher"]
CSRF_COOKIE_NAME = "__Host-csrftoken"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_AGE = 3600
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.web.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "EXCEPTION_HANDLER": "accounts.web.problems.answer",
}
GATEHOUSE = {
    "ISSUER": "http://localhost",
    "SIGNING_KEYS_FILE": BASE_DIR / "keys.json",
    "DATA_DIR": BASE_DIR,
    "SCOPES": "shop.rights.scopes",
    %(more)s
}
"""

MODELS = """
import uuid
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models


class Manager(BaseUserManager):
    def create_user(self, nickname, password=None, **fields):
        user = self.model(nickname=self.model.normalize_username(nickname), **fields)
        user.set_password(password)
        user.save()
        return user

    def get_by_natural_key(self, name):
        return self.get(nickname__iexact=name)


if settings.AUTH_USER_MODEL == "shop.Member":

    class Member(AbstractBaseUser, PermissionsMixin):
        id = models.UUIDField(primary_key=True, default=uuid.uuid4)
        nickname = models.CharField(max_length=40, unique=True)
        mail = models.EmailField(blank=True)
        is_active = models.BooleanField(default=True)
        is_staff = models.BooleanField(default=False)
        USERNAME_FIELD = "nickname"
        EMAIL_FIELD = "mail"
        objects = Manager()


if settings.AUTH_USER_MODEL == "shop.Guest":

    class Guest(AbstractBaseUser):
        nickname = models.CharField(max_length=300, unique=True)
        USERNAME_FIELD = "nickname"
        objects = Manager()


class Clerk(get_user_model()):
    class Meta:
        proxy = True


class Order(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    what = models.CharField(max_length=40)
"""

RIGHTS = """
def scopes(user):
    groups = user.groups.values_list("name", flat=True) if hasattr(user, "groups") else ()
    return ["orders", *groups]

def person(user):
    return {"called": user.get_username().title()}
"""

HASHERS = """
from django.contrib.auth.hashers import PBKDF2PasswordHasher

class Quick(PBKDF2PasswordHasher):
    algorithm = "quick"
    iterations = 10
"""

URLS = """
from django.urls import include, path
from rest_framework import generics, permissions, serializers
from rest_framework.response import Response
from rest_framework.views import APIView
from shop.models import Order


class OrderSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["id", "what"]


class Orders(generics.ListCreateAPIView):
    serializer_class = OrderSerializer

    def get_queryset(self):
        return Order.objects.filter(owner=self.request.user)

    def perform_create(self, serializer):
        serializer.save(owner=self.request.user)


class OneOrder(generics.RetrieveDestroyAPIView):
    serializer_class = OrderSerializer
    permission_classes = [permissions.DjangoModelPermissions]
    queryset = Order.objects.all()


class Who(APIView):
    def get(self, request):
        return Response({"pk": str(request.user.pk), "scope": sorted(request.auth.scope)})


urlpatterns = [
    path("", include("accounts.urls")),
    path("", include("accounts.audit.urls")),
    path("", include("accounts.programs.urls")),
    path("orders", Orders.as_view()),
    path("orders/<pk>", OneOrder.as_view()),
    path("who", Who.as_view()),
]
"""


def make(folder: Path, model: str, more: str = "") -> None:
    """Write the project."""
    shop = folder / "shop"
    (shop / "migrations").mkdir(parents=True)
    for name in ("__init__", "migrations/__init__"):
        (shop / f"{name}.py").write_text("")
    for name, text in (("models", MODELS), ("rights", RIGHTS), ("hashers", HASHERS)):
        (shop / f"{name}.py").write_text(text)
    (folder / "urls.py").write_text(URLS)
    (folder / "settings.py").write_text(SETTINGS % {"model": model, "more": more})


def run(folder: Path) -> dict[str, Any]:
    """Return what a process of the project found."""
    own = {
        "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]),
        "DJANGO_SETTINGS_MODULE": "settings",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.core.other_project"],
        cwd=folder, env=own, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


NAME, PASSWORD, OTHER = "Árpád", "a long way home on foot", "seven grey herons at noon"


def main() -> None:
    """Do what people do, and print what came of it."""
    import django

    django.setup()

    from django.core.management import call_command

    call_command("create_signing_keys", verbosity=0, stdout=sys.stderr)
    call_command("makemigrations", "shop", verbosity=0)
    call_command("migrate", verbosity=0)

    from django.apps import apps
    from django.contrib.auth import get_user_model
    from django.contrib.auth.hashers import make_password
    from django.core.checks import run_checks
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from accounts import subjects
    from accounts.models import Session, Subject
    from accounts.sessions import revocation
    from tests.clients import BearerClient, BrowserClient

    model = get_user_model()
    field = model.USERNAME_FIELD
    found: dict[str, Any] = {"checks": [message.id for message in run_checks()]}

    def browser(password: str = PASSWORD, name: str = NAME) -> tuple[BrowserClient, Any]:
        page = BrowserClient()
        page.get("/auth/session")
        return page, page.post("/auth/login", {field: name, "password": password})

    def program() -> BearerClient:
        client = BearerClient()
        client.tokens = client.post("/auth/token", {field: NAME, "password": PASSWORD}).json()
        return client

    user = model.objects.create_user(NAME, password=PASSWORD)
    if field == "username":
        model.objects.create_user("Else", password=PASSWORD)
    found["columns"] = sorted(f.name for f in model._meta.get_fields() if f.concrete)
    found["before"] = Subject.objects.count()

    page, answer = browser()
    found["signed in"] = (answer.status_code, answer.json()["user"])
    found["sub"] = subjects.of(user).sub
    found["wrong"] = browser("not it")[1].json()["code"]
    found["unknown"] = browser(name="nobody")[1].json()["code"]
    found["missing"] = BrowserClient.post(page, "/auth/login", {"password": "x"}).json()["errors"]
    found["session"] = page.get("/auth/session").json()["user"]["id"]
    with CaptureQueriesContext(connection) as queries:
        found["who"] = page.get("/who").json()
    found["queries of a row"] = len(queries)
    found["pk"] = str(user.pk)

    made = page.post("/orders", {"what": "milk"})
    found["order"] = (made.status_code, [one["what"] for one in page.get("/orders").json()])
    order = f"/orders/{made.json()['id']}"
    if hasattr(user, "groups"):
        from django.contrib.auth.models import Group, Permission

        group = Group.objects.create(name="packers")
        group.permissions.add(Permission.objects.get(codename="delete_order"))
        found["may not"] = page.delete(order).status_code
        group_side = [user.groups.add, user.groups.remove, user.groups.add]
        found["stale"] = []
        for change in group_side:
            change(group)
            found["stale"].append(page.get("/who").status_code)
            assert page.post("/auth/refresh").status_code == 200
        found["scope"] = page.get("/who").json()["scope"]
        found["may"] = page.delete(order).status_code

    found["devices"] = [one["current"] for one in page.get("/auth/sessions").json()["results"]]
    found["step-up"] = page.post("/auth/reauthenticate", {"password": PASSWORD}).status_code
    bearer = program()
    found["bearer"] = (bearer.get("/who").status_code, bearer.refresh().status_code)
    found["others"] = page.post("/auth/logout-others").status_code
    found["bearer after"] = bearer.get("/who").status_code

    before = dict(page.cookies)
    found["sign-out"] = page.post("/auth/logout").status_code
    page.cookies.update(before)
    found["old cookie"] = (page.get("/who").status_code, page.post("/auth/refresh").status_code)

    # The hash is renewed at a sign-in, which changes nothing.
    page, _ = browser()
    model.objects.filter(pk=user.pk).update(password=make_password(PASSWORD, hasher="md5"))
    again, _ = browser()
    found["renewed"] = model.objects.get(pk=user.pk).password.startswith("quick$")
    found["after renewal"] = (page.get("/who").status_code, again.get("/who").status_code)
    # By a proxy, as projects have them for pages of their administration.
    changed = apps.get_model("shop", "Clerk").objects.get(pk=user.pk)
    changed.set_password(OTHER)
    changed.save()
    found["new password"] = (page.get("/who").status_code, browser()[1].status_code)
    page, answer = browser(OTHER)
    found["with it"] = answer.status_code

    if subjects.has_field("is_active"):
        model.objects.filter(pk=user.pk).update(is_active=False)
        revocation.reset()
        found["inactive in bulk"] = page.get("/who").status_code
        model.objects.filter(pk=user.pk).update(is_active=True)
        revocation.reset()
        changed = model.objects.get(pk=user.pk)
        changed.is_active = False
        changed.save()
        found["inactive"] = (page.get("/who").status_code, browser(OTHER)[1].json()["code"])
        found["ended"] = sorted({s.end_reason for s in Session.objects.exclude(ended_at=None)})
    page.get("/auth/session")
    found["no registration"] = page.post("/auth/register", {"email": "a@b.example"}).status_code
    model.objects.get(pk=user.pk).delete()
    found["deleted"] = (
        page.get("/who").status_code,
        Subject.objects.filter(sub=found["sub"]).count(),
    )
    print(json.dumps(found))


if __name__ == "__main__":
    main()
