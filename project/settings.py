"""Make all settings from the environment (docs/reference/settings.md), in this one file."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from project import database, demo, env, logs, rest
from project.mail import mail_settings

BASE_DIR = Path(__file__).resolve().parent.parent

env.refuse_unknown()
MODE = env.text("GATEHOUSE_MODE")
if MODE not in {"demo", "class", "production"}:
    raise ImproperlyConfigured(f"GATEHOUSE_MODE must be demo, class or production, not {MODE!r}.")
DEMO = MODE == "demo"
CLASS = MODE == "class"
DEMO_PEOPLE = demo.PEOPLE if DEMO else ()

DATA_DIR = env.folder("GATEHOUSE_DATA_DIR", BASE_DIR)

# Everywhere: the demo shows what production does, and debug pages would show cookies.
DEBUG = False

SECRET_KEY = env.secret("GATEHOUSE_SECRET_KEY")
SECRET_KEY_FALLBACKS = list(filter(None, env.secret("GATEHOUSE_SECRET_KEY_FALLBACKS").split(",")))
ISSUER = env.text("GATEHOUSE_ISSUER")
EMAIL_URL = env.secret("GATEHOUSE_EMAIL_URL") or ("file:" if DEMO or CLASS else "")
SIGNING_KEYS = env.alone("GATEHOUSE_SIGNING_KEYS")
# A file of keys is not read here: running servers notice when it changes (tokens.key_store).
SIGNING_KEYS_FILE = Path(env.text("GATEHOUSE_SIGNING_KEYS_FILE") or DATA_DIR / "signing-keys.json")
if DEMO or CLASS:
    SECRET_KEY = SECRET_KEY or env.kept_secret(DATA_DIR / "secret-key")
if DEMO:
    ISSUER = ISSUER or "http://localhost:8000"
elif CLASS:
    env.require(GATEHOUSE_ISSUER=ISSUER, GATEHOUSE_HOSTS=env.text("GATEHOUSE_HOSTS"))
else:
    env.require(
        GATEHOUSE_SECRET_KEY=SECRET_KEY,
        GATEHOUSE_ISSUER=ISSUER,
        GATEHOUSE_SIGNING_KEYS=SIGNING_KEYS or env.text("GATEHOUSE_SIGNING_KEYS_FILE"),
        GATEHOUSE_HOSTS=env.text("GATEHOUSE_HOSTS"),
    )

# Three kinds of host that are never mixed: see project.hosts.
APP_HOSTS = env.hosts("GATEHOUSE_HOSTS")
LAB_HOSTS = env.hosts("GATEHOUSE_LAB_HOSTS")
HOSTILE_HOSTS = env.hosts("GATEHOUSE_HOSTILE_HOSTS")
# Django compares names alone; project.hosts looks at the port where one is given.
ALLOWED_HOSTS = [re.sub(r":\d+$", "", host) for host in (*APP_HOSTS, *LAB_HOSTS, *HOSTILE_HOSTS)]
LAB = bool(LAB_HOSTS and HOSTILE_HOSTS) and (BASE_DIR / "lab" / "__init__.py").exists()

INSTALLED_APPS = [
    # Not the app's own configuration: accounts.staff.admin registers with a site of its own.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    *(["drf_spectacular_sidecar"] if DEMO else []),  # project.docs
    "accounts",
    "accounts.users",
    "accounts.audit",
    "accounts.people",
    "accounts.factors",
    "accounts.programs",
    "accounts.binding",
    "accounts.metrics",
    "accounts.federation",
    "accounts.staff",
    "api",
    "project",
]

MIDDLEWARE = [
    "project.logs.RequestId",
    "project.middleware.SecurityHeaders",
    "accounts.web.middleware.ClientAddress",
    "project.middleware.DemoStaysLocal",
    "django.middleware.security.SecurityMiddleware",
    "project.hosts.HostKinds",
    "project.middleware.HttpsOnly",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "project.middleware.ContentLength",
    "accounts.web.middleware.CookieHygiene",
    "django.middleware.csrf.CsrfViewMiddleware",
    "project.staff.AdminPolicy",
    "project.staff.AdminSessions",
    "project.staff.AdminUser",
    "project.staff.AdminMessages",
]

if LAB:
    INSTALLED_APPS.append("lab")
    # What reads token cookies must already read them under the lab's names.
    before = MIDDLEWARE.index("accounts.web.middleware.CookieHygiene")
    MIDDLEWARE.insert(before, "lab.middleware.Lab")
    if CLASS:
        MIDDLEWARE.insert(before, "lab.classroom.middleware.Classroom")

ROOT_URLCONF = "project.urls"
# What the other kinds of host serve: without the lab, the app's address and no more.
OTHER_URLCONFS = {
    "lab": "lab.sites.victim" if LAB else "project.elsewhere",
    "hostile": "lab.sites.hostile" if LAB else "project.elsewhere",
}
APPEND_SLASH = False
WSGI_APPLICATION = "project.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "project.hosts.context",
            ]
        },
    }
]

DATABASE_URL = env.secret("GATEHOUSE_DATABASE_URL")
DATABASES = {
    "default": database.from_url(DATABASE_URL)
    if DATABASE_URL
    else database.from_path(DATA_DIR / "db.sqlite3")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "gatehouse_users.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
if LAB:
    AUTHENTICATION_BACKENDS.insert(0, "lab.people.LabPeople")
PASSWORD_HASHERS = [
    "project.hashing.Argon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accounts.people.password_rules.LengthLimit"},
    {"NAME": "accounts.people.password_rules.Guessable"},
]

GATEHOUSE = {
    **env.options(),
    "ISSUER": ISSUER,
    "SCOPES": ["notes:read", "notes:write"],
    "STAFF_SCOPES": ["audit:read"],
    "SIGNING_KEYS": SIGNING_KEYS,
    "SIGNING_KEYS_FILE": SIGNING_KEYS_FILE,
    # Two threads of each process are left to everything that is no sign-in.
    "HASHING_PLACES": max(1, env.number("GATEHOUSE_THREADS", least=1) - 2),
    "DATA_DIR": DATA_DIR,
    "EXPORTS": {"notes": "api.notes.exported"},
    "MAIL": bool(EMAIL_URL),
    "EXPLAIN_CSRF": DEMO,  # nobody else reaches it
}

# The administration's session: never the tokens, and gone within the hour.
SESSION_COOKIE_NAME = "__Host-admin_session"
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_AGE = 3600
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

CSRF_COOKIE_NAME = "__Host-csrftoken"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "project.pages.csrf_failure"
# A certificate that this machine has made must stay one that a person can accept.
SECURE_HSTS_SECONDS = 0 if DEMO or CLASS else 365 * 86400
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_SECONDS > 0
# project.middleware.SecurityHeaders sends these, outside of all other middleware.
SECURE_CONTENT_TYPE_NOSNIFF = False
SECURE_REFERRER_POLICY = None
SECURE_CROSS_ORIGIN_OPENER_POLICY = None
SILENCED_SYSTEM_CHECKS = [
    "security.W002",  # project.middleware.SecurityHeaders sends X-Frame-Options,
    "security.W006",  # X-Content-Type-Options
    "security.W022",  # and Referrer-Policy
    "security.W008",  # project.middleware.HttpsOnly redirects pages, and refuses all else
    "security.W021",  # preloading binds the whole domain: whoever owns that decides
]
if GATEHOUSE["TRUSTED_PROXIES"]:
    # ClientAddress drops the header unless one of these proxies sent the request.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

PIN = env.flag("GATEHOUSE_PIN")  # project.cores

# For forms. Each endpoint of the API has a limit of its own (accounts.web.base, api.notes).
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024

REST_FRAMEWORK = rest.REST_FRAMEWORK
SPECTACULAR_SETTINGS = rest.SPECTACULAR | {"SERVERS": [{"url": ISSUER}]}

DEFAULT_FROM_EMAIL = f"Gatehouse <no-reply@{urlsplit(ISSUER).hostname}>"
# EMAIL_BACKEND and what it needs.
globals().update(mail_settings(EMAIL_URL, DATA_DIR / "mail"))

USE_I18N = False
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False  # nobody else loads our files: no CORS anywhere

LOGGING = logs.LOGGING
