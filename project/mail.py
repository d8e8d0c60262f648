"""Read GATEHOUSE_EMAIL_URL as Django's mail settings."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

BACKENDS = "django.core.mail.backends"
FORMS = "smtp://user:password@host:587/?tls=1, smtps://user:password@host, file:, or console:"


def mail_settings(url: str, folder: Path) -> dict[str, Any]:
    """Return what the URL says: a mail server, files in `folder`, the console, or (empty) no mail.

    Raise ImproperlyConfigured for any other URL.
    """
    if not url:
        return {"EMAIL_BACKEND": f"{BACKENDS}.dummy.EmailBackend"}
    # Errors do not quote the URL: it holds a password.
    try:
        parts = urlsplit(url)
        port, options = parts.port, options_of(parts.query)
    except ValueError:
        raise ImproperlyConfigured(f"GATEHOUSE_EMAIL_URL must be {FORMS}.") from None
    if parts.scheme == "file":
        return {"EMAIL_BACKEND": f"{BACKENDS}.filebased.EmailBackend", "EMAIL_FILE_PATH": folder}
    if parts.scheme == "console":
        return {"EMAIL_BACKEND": f"{BACKENDS}.console.EmailBackend"}
    # A password with a slash that is not percent-encoded ends up here too.
    stray = parts.path not in {"", "/"} or parts.fragment
    twice = parts.scheme == "smtps" and "tls" in options
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or stray or twice:
        raise ImproperlyConfigured(f"GATEHOUSE_EMAIL_URL must be {FORMS}.")
    found = {
        "EMAIL_BACKEND": f"{BACKENDS}.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or (465 if parts.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": options.get("tls") == "1",
        "EMAIL_TIMEOUT": 10,
    }
    if "from" in options:
        found["DEFAULT_FROM_EMAIL"] = options["from"]
    return found


def options_of(query: str) -> dict[str, str]:
    """Return `tls` and `from`, as far as they are given.

    Raise ValueError for any other name, for one that stands twice, and for a value without sense.
    Read as "no", a misspelt `tls=true` would send passwords and mails in the clear.
    """
    pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    options = dict(pairs)
    if len(options) < len(pairs) or not {"tls", "from"}.issuperset(options):
        raise ValueError("unknown, or twice")
    if options.get("tls", "0") not in {"0", "1"} or options.get("from") == "":
        raise ValueError("no such value")
    return options
