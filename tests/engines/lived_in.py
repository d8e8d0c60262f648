"""A project that existed before: its own users, groups, API keys, views, and settings of its own.

The folder `shop` is what a project has that never heard of us. `people` is there where it has a
user model of its own; otherwise its users are Django's.
"""

SETTINGS = """
import os

BASE_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SECRET_KEY = "kept through the move, or everybody would have to sign in again"
DEBUG = True
ROOT_URLCONF = "mysite.urls"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
INSTALLED_APPS = (
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework.authtoken",
    "shop",
    {app}
)
MIDDLEWARE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
)
TEMPLATES = [
    {{
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [os.path.join(BASE_DIR, "pages")],
        "APP_DIRS": True,
        "OPTIONS": {{
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        }},
    }}
]
DATABASES = {{"default": {database}}}
{model}
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
STATIC_URL = "/static/"
STATIC_ROOT = os.path.join(BASE_DIR, "static")
REST_FRAMEWORK = {{
    "DEFAULT_AUTHENTICATION_CLASSES": (
        "rest_framework.authentication.SessionAuthentication",
        "rest_framework.authentication.TokenAuthentication",
    ),
    "DEFAULT_PERMISSION_CLASSES": ("rest_framework.permissions.DjangoModelPermissions",),
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 2,
    "EXCEPTION_HANDLER": "shop.views.handler",
}}
"""

URLS = """
from django.contrib import admin
from django.urls import include, path
from rest_framework.routers import DefaultRouter

from shop.views import Orders, members

router = DefaultRouter()
router.register("orders", Orders, basename="order")

urlpatterns = [
    path("admin/", admin.site.urls),
    path("members/", members),
    path("api/", include(router.urls)),
]
"""

MODELS = """
from django.conf import settings
from django.db import models


class Order(models.Model):
    title = models.CharField(max_length=50)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)


class Card(models.Model):
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True
    )
    points = models.IntegerField(default=0)


class Stamp(models.Model):
    card = models.ForeignKey(Card, on_delete=models.CASCADE)


class Team(models.Model):
    name = models.CharField(max_length=50)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL)
"""

VIEWS = """
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from rest_framework import serializers, viewsets
from rest_framework.views import exception_handler

from shop.models import Order


class OrderSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ("id", "title", "owner")
        read_only_fields = ("owner",)


class Orders(viewsets.ModelViewSet):
    queryset = Order.objects.order_by("id")
    serializer_class = OrderSerializer

    def perform_create(self, serializer):
        serializer.save(owner=self.request.user)


@login_required
def members(request):
    return HttpResponse(f"members: {request.user.email}")


def handler(exc, context):
    answer = exception_handler(exc, context)
    if answer is not None:
        answer.data = {"shop_says": str(exc)}
    return answer
"""

ADMIN = """
from django.contrib import admin

from shop.models import Order

admin.site.register(Order)
"""

PERSON = """
from django.contrib.auth.models import AbstractUser
from django.db import models


class Person(AbstractUser):
    phone = models.CharField(max_length=20, blank=True)
"""


def files(database: object, *, own_model: bool) -> dict[str, str]:
    """The files of the project, by their paths."""
    settings = SETTINGS.format(
        database=repr(database),
        app='"people",' if own_model else "",
        model='AUTH_USER_MODEL = "people.Person"' if own_model else "",
    )
    shop = {
        "mysite/settings.py": settings,
        "mysite/urls.py": URLS,
        "shop/__init__.py": "",
        "shop/models.py": MODELS,
        "shop/views.py": VIEWS,
        "shop/admin.py": ADMIN,
    }
    people = {"people/__init__.py": "", "people/models.py": PERSON}
    return shop | people if own_model else shop


# Olga reads orders, as a member of a group; Rita is the superuser; Nomail and Twin are left out.
PEOPLE = """
from django.contrib.admin.models import LogEntry, ADDITION
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from rest_framework.authtoken.models import Token
from shop.models import Card, Order, Stamp, Team

User = get_user_model()
readers = Group.objects.create(name="readers")
readers.permissions.add(Permission.objects.get(codename="view_order"))
olga = User.objects.create_user("olga", "Olga@Example.com", "the password of before",
                                first_name="Olga", last_name="Old")
olga.groups.add(readers)
olga.user_permissions.add(Permission.objects.get(codename="add_order"))
rita = User.objects.create_superuser("rita", "rita@example.com", "rita runs the shop")
User.objects.create_user("gone", "gone@example.com", "soon to be deleted")
nomail = User.objects.create_user("nomail", "", "signs in by name")
User.objects.create_user("twin", "olga@example.com", "another password")
for number in range(3):
    Order.objects.create(title=f"order {number}", owner=olga)
Order.objects.create(title="left", owner=nomail)
Stamp.objects.create(card=Card.objects.create(user=olga, points=7))
Team.objects.create(name="first").members.add(olga, rita)
LogEntry.objects.create(user=rita, action_flag=ADDITION, object_repr="x",
                        content_type=ContentType.objects.get_for_model(Order))
print(*(Token.objects.create(user=user).key for user in (olga, rita)))
"""
