"""Three projects that existed before, each with people, rows, permissions and a sign-in of its own.

They are written here, after what is usual: a tutorial's API on Django's users, a shop with a user
model of its own, and a diary with groups, pages and API keys. Olga owns the first row of each.
"""

from dataclasses import dataclass, field
from typing import Any

# In each project a person may have a password and a way to sign in that is older than ours.
PASSWORD = "the password of before"


@dataclass
class Existing:
    """A project, and what its API answers to whom."""

    app: str
    files: dict[str, str]
    settings: str
    people: str  # code that adds them and their rows
    names: tuple[str, str]  # who may write, and somebody who may less
    named_by: str  # the user model's USERNAME_FIELD
    sign_in: str  # the page of the old sign-in
    path: str  # of the API
    body: dict[str, Any]
    # What they get, in the order of `judged`.
    expected: dict[str, list[int]]
    pages: list[str] = field(default_factory=list)  # behind Django's sessions


# Quicker than PBKDF2, and no default of ours.
HASHERS = """
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
"""

LOGIN_PAGE = '<form method="post">{% csrf_token %}{{ form }}<button>Sign in</button></form>\n'

# --- a tutorial's API: Django's users, owners, everybody may read -----------------------------

SNIPPETS = Existing(
    app="snippets",
    settings=HASHERS
    + """
INSTALLED_APPS += ["rest_framework", "snippets"]
REST_FRAMEWORK = {
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 10,
}
""",
    files={
        "snippets/__init__.py": "",
        "snippets/models.py": """
from django.db import models


class Snippet(models.Model):
    code = models.TextField()
    owner = models.ForeignKey("auth.User", related_name="snippets", on_delete=models.CASCADE)
""",
        "snippets/permissions.py": """
from rest_framework import permissions


class IsOwner(permissions.BasePermission):
    def has_object_permission(self, request, view, obj):
        return request.method in permissions.SAFE_METHODS or obj.owner == request.user
""",
        "snippets/views.py": """
from rest_framework import permissions, serializers, viewsets

from snippets.models import Snippet
from snippets.permissions import IsOwner


class SnippetSerializer(serializers.ModelSerializer):
    owner = serializers.ReadOnlyField(source="owner.username")

    class Meta:
        model = Snippet
        fields = ["id", "code", "owner"]


class SnippetViewSet(viewsets.ModelViewSet):
    queryset = Snippet.objects.order_by("id")
    serializer_class = SnippetSerializer
    permission_classes = [permissions.IsAuthenticatedOrReadOnly, IsOwner]

    def perform_create(self, serializer):
        serializer.save(owner=self.request.user)
""",
        "mysite/urls.py": """
from django.contrib import admin
from django.urls import include, path
from rest_framework.routers import DefaultRouter

from snippets.views import SnippetViewSet

router = DefaultRouter()
router.register("snippets", SnippetViewSet)

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include(router.urls)),
    path("api-auth/", include("rest_framework.urls")),
]
""",
    },
    people=f"""
from django.contrib.auth.models import User
from snippets.models import Snippet
for name in ("olga", "ann", "ben"):
    User.objects.create_user(name, password="{PASSWORD}")
Snippet.objects.create(code="print(1)", owner=User.objects.get(username="olga"))
""",
    names=("ann", "ben"),
    named_by="username",
    sign_in="/api-auth/login/",
    path="/snippets/",
    body={"code": "print(2)"},
    expected={
        "": [403, 200, 200, 403, 403],
        "ann": [201, 200, 200, 403, 403, 200, 204],
        "ben": [201, 200, 200, 403, 403, 200, 204],
    },
)

# --- a shop: a user model of its own with UUIDs, sign-in by e-mail, errors of its own -----------

SHOP = Existing(
    app="shop",
    settings=HASHERS
    + """
INSTALLED_APPS += ["rest_framework", "shop"]
AUTH_USER_MODEL = "shop.Customer"
LOGIN_REDIRECT_URL = "/orders/"
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "EXCEPTION_HANDLER": "shop.views.handler",
}
""",
    files={
        "shop/__init__.py": "",
        "shop/models.py": """
import uuid

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models


class CustomerManager(BaseUserManager):
    def create_user(self, email, password=None, **fields):
        customer = self.model(email=self.normalize_email(email), **fields)
        customer.set_password(password)
        customer.save()
        return customer


class Customer(AbstractBaseUser, PermissionsMixin):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    USERNAME_FIELD = "email"
    objects = CustomerManager()


class Order(models.Model):
    title = models.CharField(max_length=50)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
""",
        "shop/views.py": """
from rest_framework import serializers, viewsets
from rest_framework.views import exception_handler

from shop.models import Order


class OrderSerializer(serializers.ModelSerializer):
    owner = serializers.ReadOnlyField(source="owner.email")

    class Meta:
        model = Order
        fields = ["id", "title", "owner"]


class OrderViewSet(viewsets.ModelViewSet):
    serializer_class = OrderSerializer

    def get_queryset(self):
        return Order.objects.filter(owner=self.request.user).order_by("id")

    def perform_create(self, serializer):
        serializer.save(owner=self.request.user)


def handler(exc, context):
    answer = exception_handler(exc, context)
    if answer is not None:
        answer.data = {"shop_says": str(exc)}
    return answer
""",
        "shop/templates/registration/login.html": LOGIN_PAGE,
        "mysite/urls.py": """
from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.urls import include, path
from rest_framework.routers import DefaultRouter

from shop.views import OrderViewSet

router = DefaultRouter()
router.register("orders", OrderViewSet, basename="order")

urlpatterns = [
    path("admin/", admin.site.urls),
    path("sign-in/", LoginView.as_view()),
    path("", include(router.urls)),
]
""",
    },
    people=f"""
from shop.models import Customer, Order
for name in ("olga", "ann", "ben"):
    Customer.objects.create_user(name + "@example.com", "{PASSWORD}")
Order.objects.create(title="Milk", owner=Customer.objects.get(email="olga@example.com"))
""",
    names=("ann@example.com", "ben@example.com"),
    named_by="email",
    sign_in="/sign-in/",
    path="/orders/",
    body={"title": "Bread"},
    expected={
        "": [403, 403, 403, 403, 403],
        "ann@example.com": [201, 200, 404, 404, 404, 200, 204],
        "ben@example.com": [201, 200, 404, 404, 404, 200, 204],
    },
)

# --- a diary: user names, groups, permissions of models and rows, pages, API keys ---------------

DIARY = Existing(
    app="diary",
    settings=HASHERS
    + """
INSTALLED_APPS += ["rest_framework", "rest_framework.authtoken", "diary"]
LOGIN_REDIRECT_URL = "/pages/entries/"
SESSION_COOKIE_AGE = 86400
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": (
        "rest_framework.authentication.SessionAuthentication",
        "rest_framework.authentication.TokenAuthentication",
    ),
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.DjangoModelPermissions"],
}
""",
    files={
        "diary/__init__.py": "",
        "diary/models.py": """
from django.conf import settings
from django.db import models


class Entry(models.Model):
    text = models.TextField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
""",
        "diary/admin.py": """
from django.contrib import admin

from diary.models import Entry

admin.site.register(Entry)
""",
        "diary/views.py": """
from django.contrib.auth.mixins import LoginRequiredMixin
from django.views.generic import ListView
from rest_framework import permissions, serializers, viewsets

from diary.models import Entry


class EntrySerializer(serializers.ModelSerializer):
    owner = serializers.ReadOnlyField(source="owner.username")

    class Meta:
        model = Entry
        fields = ["id", "text", "owner"]


class IsAuthor(permissions.BasePermission):
    def has_object_permission(self, request, view, obj):
        return request.method in permissions.SAFE_METHODS or obj.owner_id == request.user.pk


class EntryViewSet(viewsets.ModelViewSet):
    queryset = Entry.objects.order_by("id")
    serializer_class = EntrySerializer
    permission_classes = [permissions.DjangoModelPermissions, IsAuthor]

    def perform_create(self, serializer):
        serializer.save(owner=self.request.user)


class EntryPage(LoginRequiredMixin, ListView):
    model = Entry
""",
        "diary/templates/diary/entry_list.html": "<h1>Entries of {{ user.username }}</h1>\n",
        "diary/templates/registration/login.html": LOGIN_PAGE,
        "mysite/urls.py": """
from django.contrib import admin
from django.urls import include, path
from rest_framework.routers import DefaultRouter

from diary.views import EntryPage, EntryViewSet

router = DefaultRouter()
router.register("entries", EntryViewSet)

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("django.contrib.auth.urls")),
    path("pages/entries/", EntryPage.as_view()),
    path("api/", include(router.urls)),
]
""",
    },
    people=f"""
from django.contrib.auth.models import Group, Permission, User
from diary.models import Entry
from rest_framework.authtoken.models import Token
authors = Group.objects.create(name="authors")
authors.permissions.set(Permission.objects.filter(content_type__model="entry"))
for name in ("olga", "ann", "ben"):
    user = User.objects.create_user(name, password="{PASSWORD}")
    Token.objects.create(user=user, key=name)
    if name != "ben":
        user.groups.add(authors)
Entry.objects.create(text="Dear diary", owner=User.objects.get(username="olga"))
""",
    names=("ann", "ben"),
    named_by="username",
    sign_in="/accounts/login/",
    path="/api/entries/",
    body={"text": "Today"},
    expected={
        "": [403, 403, 403, 403, 403],
        "ann": [201, 200, 200, 403, 403, 200, 204],
        "ben": [403, 200, 200, 403, 403],
    },
    pages=["/pages/entries/"],
)
