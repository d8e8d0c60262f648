"""A server process in a project whose SIMPLE_JWT says the oddest things.

Reads an access token from its input and says what it is worth, then issues a pair for a session.
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import django
from django.conf import settings

# Each setting of simplejwt 5.5.1, with a value that would change tokens if anything asked for it.
ODD: dict[str, Any] = {
    "ACCESS_TOKEN_LIFETIME": timedelta(days=365),
    "REFRESH_TOKEN_LIFETIME": timedelta(seconds=1),
    "ROTATE_REFRESH_TOKENS": False,
    "BLACKLIST_AFTER_ROTATION": True,
    "UPDATE_LAST_LOGIN": True,
    "ALGORITHM": "HS256",
    "SIGNING_KEY": "a secret that many know, of more than thirty-two bytes",
    "VERIFYING_KEY": "a secret that many know, of more than thirty-two bytes",
    "AUDIENCE": "another-api",
    "ISSUER": "https://elsewhere.example",
    "JSON_ENCODER": "no.such.Encoder",
    "JWK_URL": "https://evil.example/jwks.json",
    "LEEWAY": timedelta(days=365),
    "AUTH_HEADER_TYPES": ("JWT",),
    "AUTH_HEADER_NAME": "HTTP_X_ACCESS_TOKEN",
    "USER_ID_FIELD": "email",
    "USER_ID_CLAIM": "email",
    "USER_AUTHENTICATION_RULE": "no.such.rule",
    "AUTH_TOKEN_CLASSES": ("no.such.Token",),
    "TOKEN_TYPE_CLAIM": "kind",
    "JTI_CLAIM": "id",
    "TOKEN_USER_CLASS": "no.such.User",
    "SLIDING_TOKEN_REFRESH_EXP_CLAIM": "exp",
    "SLIDING_TOKEN_LIFETIME": timedelta(days=365),
    "SLIDING_TOKEN_REFRESH_LIFETIME": timedelta(days=365),
    "TOKEN_OBTAIN_SERIALIZER": "no.such.Serializer",
    "TOKEN_REFRESH_SERIALIZER": "no.such.Serializer",
    "TOKEN_VERIFY_SERIALIZER": "no.such.Serializer",
    "TOKEN_BLACKLIST_SERIALIZER": "no.such.Serializer",
    "SLIDING_TOKEN_OBTAIN_SERIALIZER": "no.such.Serializer",
    "SLIDING_TOKEN_REFRESH_SERIALIZER": "no.such.Serializer",
    "CHECK_REVOKE_TOKEN": True,
    "REVOKE_TOKEN_CLAIM": "sid",
    "CHECK_USER_IS_ACTIVE": False,
}


def main() -> None:
    settings.SIMPLE_JWT = ODD
    settings.GATEHOUSE["SIGNING_KEYS_FILE"] = sys.argv[1]
    django.setup()

    from accounts import tokens
    from accounts.models import Session, Subject
    from accounts.users.models import User

    tokens.verify_access(sys.stdin.readline().strip())
    now = datetime.now(UTC)
    ends = now + timedelta(days=1)
    alice = User(email="alice@example.com")
    Subject(user=alice)  # without a database: `alice` knows it from here
    session = Session(
        user=alice,
        client="web",
        authenticated_at=now,
        idle_expires_at=ends,
        absolute_expires_at=ends,
    )
    issued = tokens.issue(session, "a session's key", now)
    tokens.verify_refresh(issued.refresh)
    print(json.dumps([issued.access, issued.refresh]))


if __name__ == "__main__":
    main()
