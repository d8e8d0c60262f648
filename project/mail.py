"""GATEHOUSE_EMAIL_URL as Django's mail settings."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

BACKENDS = "django.core.mail.backends"
FORMS = "smtp://user:password@host:587/?tls=1, smtps://user:password@host, file:, or console:"


def mail_settings(url: str, folder: Path) -> dict[str, Any]:
    """What the URL says: a mail server, files in `folder`, the console, or (empty) no mail."""
    if not url:
        return {"EMAIL_BACKEND": f"{BACKENDS}.dummy.EmailBackend"}
    # Errors do not quote the URL: it holds a password.
    try:
        parts = urlsplit(url)
        port, query = parts.port, parse_qs(parts.query, strict_parsing=bool(parts.query))
    except ValueError as error:
        raise ImproperlyConfigured(f"GATEHOUSE_EMAIL_URL must be {FORMS}.") from error
    if parts.scheme == "file":
        return {"EMAIL_BACKEND": f"{BACKENDS}.filebased.EmailBackend", "EMAIL_FILE_PATH": folder}
    if parts.scheme == "console":
        return {"EMAIL_BACKEND": f"{BACKENDS}.console.EmailBackend"}
    unknown = set(query) - {"tls", "from"}
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or unknown:
        raise ImproperlyConfigured(f"GATEHOUSE_EMAIL_URL must be {FORMS}.")
    found = {
        "EMAIL_BACKEND": f"{BACKENDS}.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or (465 if parts.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": query.get("tls", ["0"]) == ["1"],
        "EMAIL_TIMEOUT": 10,
    }
    if "from" in query:
        found["DEFAULT_FROM_EMAIL"] = query["from"][0]
    return found
