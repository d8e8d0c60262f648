"""Settings: a new Django project with one peer in it, as the peer's documentation says.

BENCH_PEER names the peer, BENCH_DATA_DIR the folder of its database.
"""

import os
from pathlib import Path
from typing import Any

from bench.stacks.peers import REST_AUTH as REST_AUTH

PEER = os.environ["BENCH_PEER"]
DATA_DIR = Path(os.environ["BENCH_DATA_DIR"])

# What `django-admin startproject` writes.
SECRET_KEY = "bench " * 10
DEBUG = False
ALLOWED_HOSTS = ["localhost"]
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "bench.stacks.documented_urls"
WSGI_APPLICATION = "bench.stacks.documented_wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DATABASES: dict[str, Any] = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA_DIR / "db.sqlite3"}
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
STATIC_URL = "static/"

if PEER == "dj-rest-auth":
    INSTALLED_APPS += ["rest_framework.authtoken", "dj_rest_auth"]
if PEER.startswith("simplejwt"):
    INSTALLED_APPS += ["rest_framework_simplejwt.token_blacklist"]
    SIMPLE_JWT: dict[str, Any] = {"ROTATE_REFRESH_TOKENS": True, "BLACKLIST_AFTER_ROTATION": True}
if PEER == "allauth":
    from bench.stacks.keys import rsa_pem

    INSTALLED_APPS += ["allauth", "allauth.account", "allauth.headless"]
    MIDDLEWARE += ["allauth.account.middleware.AccountMiddleware"]
    AUTHENTICATION_BACKENDS = [
        "django.contrib.auth.backends.ModelBackend",
        "allauth.account.auth_backends.AuthenticationBackend",
    ]
    ACCOUNT_EMAIL_VERIFICATION = "none"
    HEADLESS_ONLY = True
    HEADLESS_TOKEN_STRATEGY = "allauth.headless.tokens.strategies.jwt.JWTTokenStrategy"
    HEADLESS_JWT_PRIVATE_KEY = rsa_pem(DATA_DIR)
    HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN = 7200  # as all others here: longer than the bench
if PEER == "jwt-allauth":
    INSTALLED_APPS += ["jwt_allauth", "allauth", "allauth.account"]
if PEER == "modern-rest":
    INSTALLED_APPS += ["dmr"]
    ROOT_URLCONF = "bench.stacks.modern_rest"
if PEER.startswith("ninja-jwt"):
    INSTALLED_APPS += ["ninja_extra", "ninja_jwt"]
    ROOT_URLCONF = "bench.stacks.ninja"
if PEER == "bolt":
    INSTALLED_APPS += ["django_bolt"]
    ROOT_URLCONF = "bench.stacks.bolt"
    BOLT_API = ["bench.stacks.bolt:api"]
