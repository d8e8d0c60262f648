"""All settings, read from the environment (the table in README.md) by this one file."""

from pathlib import Path

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from project import env

BASE_DIR = Path(__file__).resolve().parent.parent

MODE = env.text("GATEHOUSE_MODE", "production")
if MODE not in {"demo", "production"}:
    raise ImproperlyConfigured(f"GATEHOUSE_MODE must be demo or production, not {MODE!r}.")
DEMO = MODE == "demo"

DATA_DIR = (BASE_DIR / env.text("GATEHOUSE_DATA_DIR", "var")).resolve()
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

# Error pages and answers are the production ones everywhere: what you see in the demo is what
# runs. Django's debug pages would show cookies and settings.
DEBUG = False

SECRET_KEY = env.secret("GATEHOUSE_SECRET_KEY")
if not SECRET_KEY:
    if not DEMO:
        raise ImproperlyConfigured("GATEHOUSE_SECRET_KEY is required in production.")
    SECRET_KEY = env.kept_secret(DATA_DIR / "secret-key")

ALLOWED_HOSTS = env.names("GATEHOUSE_HOSTS", "localhost")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "accounts",
    "api",
    "project",
]

MIDDLEWARE = [
    "project.logs.RequestId",
    "project.middleware.SecurityHeaders",
    "accounts.middleware.ClientAddress",
    "project.middleware.DemoStaysLocal",
    "project.middleware.HttpsOnly",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "accounts.middleware.CookieHygiene",
    "django.middleware.csrf.CsrfViewMiddleware",
]

ROOT_URLCONF = "project.urls"
APPEND_SLASH = False
WSGI_APPLICATION = "project.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]

DATABASE_URL = env.secret("GATEHOUSE_DATABASE_URL") or f"sqlite:///{DATA_DIR / 'db.sqlite3'}"
DATABASES = {
    "default": dj_database_url.parse(DATABASE_URL, conn_max_age=60, conn_health_checks=True)
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE removes "database is locked" from read-then-write transactions; full sync
        # because a sign-out that was answered must survive a power cut.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
else:
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 3,
        # The revocation feed reads a fixed period back: no transaction may commit later than that.
        "options": "-c statement_timeout=30s -c idle_in_transaction_session_timeout=30s",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]

ISSUER = env.text("GATEHOUSE_ISSUER")
if not ISSUER:
    if not DEMO:
        raise ImproperlyConfigured("GATEHOUSE_ISSUER is required in production.")
    ISSUER = "http://localhost:8000"

SIGNING_KEYS = env.secret("GATEHOUSE_SIGNING_KEYS")
if not SIGNING_KEYS and not DEMO:
    raise ImproperlyConfigured("GATEHOUSE_SIGNING_KEYS is required in production.")

GATEHOUSE = {
    "ISSUER": ISSUER,
    "AUDIENCE": env.text("GATEHOUSE_AUDIENCE", "gatehouse-api"),
    "ACCESS_SECONDS": env.number("GATEHOUSE_ACCESS_SECONDS", 300, least=1),
    "IDLE_SECONDS": env.number("GATEHOUSE_IDLE_SECONDS", 7 * 86400, least=1),
    "ABSOLUTE_SECONDS": env.number("GATEHOUSE_ABSOLUTE_SECONDS", 30 * 86400, least=1),
    "GRACE_SECONDS": env.number("GATEHOUSE_GRACE_SECONDS", 10),
    "REVOCATION_POLL_SECONDS": env.number("GATEHOUSE_REVOCATION_POLL_SECONDS", 1),
    "API_CLIENTS": env.flag("GATEHOUSE_API_CLIENTS", True),
    "TRUSTED_PROXIES": env.names("GATEHOUSE_TRUSTED_PROXIES"),
    "SIGNING_KEYS": SIGNING_KEYS,
    "SIGNING_KEYS_FILE": DATA_DIR / "signing-keys.json",
    "DATA_DIR": DATA_DIR,
    "DEMO": DEMO,
}
LAB_HOSTS = env.names("GATEHOUSE_LAB_HOSTS", "app.demo.localhost" if DEMO else "")
HOSTILE_HOSTS = env.names(
    "GATEHOUSE_HOSTILE_HOSTS", "127.0.0.1,evil.demo.localhost" if DEMO else ""
)

CSRF_COOKIE_NAME = "__Host-csrftoken"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "project.pages.csrf_failure"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 0 if DEMO else 365 * 86400
SECURE_HSTS_INCLUDE_SUBDOMAINS = not DEMO
if GATEHOUSE["TRUSTED_PROXIES"]:
    # ClientAddress drops the header unless one of these proxies sent the request.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# The largest body anywhere; the authentication endpoints allow far less (accounts.wire).
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.permissions.SignedIn"],
    "DEFAULT_PARSER_CLASSES": ["accounts.wire.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["accounts.wire.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "accounts.wire.AlwaysJSON",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "accounts.problems.answer",
    "PAGE_SIZE": 20,
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Gatehouse",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
}

EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = DATA_DIR / "mail"
DEFAULT_FROM_EMAIL = "Gatehouse <no-reply@localhost>"

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
WHITENOISE_USE_FINDERS = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "project.logs.JSONFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
}
