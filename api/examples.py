"""What each operation takes and answers, as an example for whoever reads the description.

Tests hold every example against the schema beside it (tests/api/test_examples.py). No token
stands here, nor anything that looks like one. Leaves out: failures (api.openapi).
"""

from typing import Any

EMAIL = {"email": "alice@example.com"}
CREDENTIALS = {**EMAIL, "password": "alice walks the long way home"}
USER = {"id": "v1YhTnKq7w0bX3mE5sRz2A", **EMAIL, "name": "Alice", "is_staff": False}
SESSION_ID = "m8Jx4cQe0uLw6PzN1dTfKg"
STATE = {
    "authenticated": True,
    "user": USER,
    "session": {
        "id": SESSION_ID,
        "created_at": "2026-11-02T08:00:00Z",
        "access_expires_at": "2026-11-02T08:05:00Z",
        "refresh_expires_at": "2026-11-09T08:00:00Z",
        "expires_at": "2026-12-02T08:00:00Z",
    },
}
DEVICE = {
    "id": SESSION_ID,
    "current": True,
    "client": "web",
    "method": "password",
    "device": "Firefox on Linux",
    "address": "192.0.2.7",
    "created_at": "2026-11-02T08:00:00Z",
    "last_used_at": "2026-11-02T09:30:00Z",
    "ended_at": None,
    "end_reason": None,
    "bound": True,
}
BOUND = {
    "session_identifier": f"{SESSION_ID}.key.mark",
    "refresh_url": "/auth/binding/refresh",
    "scope": {
        "origin": "https://app.example",
        "include_site": False,
        "scope_specification": [
            {"type": "exclude", "domain": "app.example", "path": "/"},
            {"type": "include", "domain": "app.example", "path": "/api"},
            {"type": "include", "domain": "app.example", "path": "/auth"},
        ],
    },
    "credentials": [
        {
            "type": "cookie",
            "name": "__Host-bound",
            "attributes": "Path=/; Secure; HttpOnly; SameSite=Strict",
        }
    ],
}
EVENT = {
    "id": "4711",
    "kind": "signed_in",
    "at": "2026-11-02T08:00:00Z",
    "address": "192.0.2.7",
    "device": "Firefox on Linux",
    "session_id": SESSION_ID,
}
NOTE = {
    "id": "Zk3bW9sQxE6tV0yHc2LmJA",
    "title": "Groceries",
    "body": "Bread, plums",
    "created_at": "2026-11-02T08:01:00Z",
    "updated_at": "2026-11-02T08:01:00Z",
}
PAIR = {
    "access_token": "header.claims.signature",
    "refresh_token": "header.claims.signature",
    "token_type": "Bearer",
    "expires_in": 300,
    "refresh_expires_in": 604800,
    "scope": "notes:read notes:write",
}
TOKEN_ROW = {
    "id": "Wq7dN2sXb9kLr4VtJ0cZyA",
    "name": "Backup script",
    "scopes": ["notes:read"],
    "created_at": "2026-11-02T08:00:00Z",
    "expires_at": "2027-01-31T08:00:00Z",
    "last_used_on": None,
}
OWN_TOKENS = {"tokens": [TOKEN_ROW], "scopes": ["notes:read", "notes:write"], "most_days": 365}
NEW_TOKEN = {"name": TOKEN_ROW["name"], "scopes": TOKEN_ROW["scopes"], "days": 90}
ME = {
    "id": USER["id"],
    "session_id": SESSION_ID,
    "client_id": "web",
    "scope": ["notes:read", "notes:write"],
    "expires_at": "2026-11-02T08:05:00Z",
}
KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    "kid": "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s",
    "alg": "ES256",
    "use": "sig",
}
NEW_PASSWORD = "violet harbour lantern seventeen"  # noqa: S105  (an example)
LINK = {"token": "from-the-fragment-of-the-link"}
TITLE = {"title": NOTE["title"], "body": NOTE["body"]}
OWNER = {name: USER[name] for name in ("id", "email")}
TRIP = {"trip": "5f1c0a9b7d3e2468"}
WAITING = {**EMAIL, "provider": "your organisation", "ways": ["password"]}

CODE = {"code": "492039"}
CREDENTIAL_ID = "VdzM3bkqRkOqyVZq1mxJ4A"
RECOVERY = "7qyn4o-urmia3-tzz37m-ohofhf"
# What the browser's `toJSON()` returns, but for the long texts.
ANSWER = {
    "id": CREDENTIAL_ID,
    "rawId": CREDENTIAL_ID,
    "type": "public-key",
    "clientExtensionResults": {},
    "response": {"clientDataJSON": "...", "authenticatorData": "...", "signature": "..."},
}
MADE = ANSWER | {"response": {"clientDataJSON": "...", "attestationObject": "..."}}
CHALLENGE = "zRauo-o_WFBYOFnMYhEPNAAAAABrCzUWn8E6c8iiUVa1LpPIZUpZwTvHtqIfDDRFA7GgNPkTuMo"
ASKED = {"challenge": CHALLENGE, "timeout": 300_000, "userVerification": "required"}
ASKED_FOR_NEW = {
    "challenge": CHALLENGE,
    "rp": {"id": "localhost", "name": "Gatehouse"},
    "user": {"id": "djFZaFRuS3E3dzBiWDNtRTVzUnoyQQ", "name": EMAIL["email"]},
    "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
    "excludeCredentials": [],
    "authenticatorSelection": {"residentKey": "required", "userVerification": "required"},
    "attestation": "none",
}
PASSKEY = {
    "id": CREDENTIAL_ID,
    "name": "My phone",
    "created_at": "2026-11-02T08:00:00Z",
    "last_used_at": None,
    "synced": True,
}
FACTORS = {
    "passkeys": [PASSKEY],
    "totp": {"confirmed_at": "2026-11-02T08:00:00Z", "locked": False},
    "recovery_codes_left": 10,
}
SECRET = "RWNUSEJ5FMN2BAGV3XZQ5GCWQVI7T4SP"  # noqa: S105  (an example)
APP = {
    "secret": SECRET,
    "otpauth": f"otpauth://totp/Gatehouse:alice%40example.com?secret={SECRET}&issuer=Gatehouse",
    "qr": "data:image/svg+xml;charset=utf-8,%3Csvg...",
}


def page(of: dict[str, Any]) -> dict[str, Any]:
    return {"count": 1, "next": None, "previous": None, "results": [of]}


# For each operation with a body in or out: the two of them, None where there is none.
EXAMPLES: dict[str, tuple[Any, Any]] = {
    "GET /.well-known/jwks.json": (None, {"keys": [KEY]}),
    "GET /.well-known/oauth-authorization-server": (
        None,
        {
            "issuer": "https://app.example.com",
            "jwks_uri": "https://app.example.com/.well-known/jwks.json",
            "response_types_supported": [],
            "grant_types_supported": [],
            "dpop_signing_alg_values_supported": ["ES256"],
        },
    ),
    "GET /healthz": (None, {"status": "ok"}),
    "GET /readyz": (None, {"status": "ok"}),
    "GET /api/me": (None, ME),
    "GET /api/notes": (None, page(NOTE)),
    "POST /api/notes": (TITLE, NOTE),
    "GET /api/notes/{id}": (None, NOTE),
    "PUT /api/notes/{id}": (TITLE, NOTE),
    "PATCH /api/notes/{id}": ({"body": NOTE["body"]}, NOTE),
    "GET /api/audit": (None, page({**EVENT, "user": OWNER})),
    "GET /auth/session": (None, STATE),
    "POST /auth/login": ({**CREDENTIALS, "remember": True}, STATE),
    "POST /auth/refresh": (None, STATE),
    "POST /auth/reauthenticate": ({"password": CREDENTIALS["password"]}, STATE),
    "POST /auth/login/factor": (CODE, STATE),
    "POST /auth/login/passkey/options": (
        None,
        {"publicKey": {**ASKED, "rpId": "localhost", "allowCredentials": []}},
    ),
    "POST /auth/login/passkey": ({"credential": ANSWER, "remember": True}, STATE),
    "GET /auth/factors": (None, FACTORS),
    "POST /auth/binding": (None, BOUND),
    "POST /auth/binding/refresh": (None, BOUND),
    "POST /auth/passkeys/options": (None, {"publicKey": ASKED_FOR_NEW}),
    "POST /auth/passkeys": ({"credential": MADE, "name": PASSKEY["name"]}, PASSKEY),
    "PATCH /auth/passkeys/{passkey_id}": ({"name": PASSKEY["name"]}, PASSKEY),
    "POST /auth/totp": (None, APP),
    "POST /auth/totp/confirm": (CODE, None),
    "POST /auth/recovery-codes": (None, {"codes": [RECOVERY] * 10}),
    "GET /auth/sessions": (None, page(DEVICE)),
    "GET /auth/events": (None, page(EVENT)),
    "POST /auth/register": ({**EMAIL, "name": "Alice"}, None),
    "POST /auth/email/verify": ({**LINK, "password": CREDENTIALS["password"]}, None),
    "POST /auth/email/change": ({"email": "alice@example.org"}, None),
    "POST /auth/password/change": (
        {"current_password": CREDENTIALS["password"], "new_password": NEW_PASSWORD},
        None,
    ),
    "POST /auth/password/reset": (EMAIL, None),
    "POST /auth/password/reset/confirm": ({**LINK, "new_password": NEW_PASSWORD}, None),
    "GET /auth/account": (None, USER),
    "PATCH /auth/account": ({"name": "Alice"}, USER),
    "GET /auth/account/export": (None, {"account": USER, "sessions": [DEVICE], "notes": [NOTE]}),
    "GET /auth/oidc/link": (None, WAITING),
    "POST /auth/oidc/link": ({**TRIP, "password": CREDENTIALS["password"]}, STATE),
    "POST /auth/oidc/link/mail": (TRIP, None),
    "POST /auth/oidc/link/confirm": (LINK, STATE),
    "GET /auth/personal-tokens": (None, OWN_TOKENS),
    "POST /auth/personal-tokens": (NEW_TOKEN, {**TOKEN_ROW, "token": "gatehouse_pat_..."}),
    "POST /auth/token": (CREDENTIALS, PAIR),
    "POST /auth/token/refresh": ({"refresh_token": PAIR["refresh_token"]}, PAIR),
    "POST /auth/token/revoke": ({"refresh_token": PAIR["refresh_token"]}, {}),
}


def add(operation: dict[str, Any], label: str) -> None:
    """Put the examples of this operation beside the schemas of its bodies."""
    request, answer = EXAMPLES.get(label, (None, None))
    if request is not None:
        operation["requestBody"]["content"]["application/json"]["example"] = request
    if answer is not None:
        success = min(operation["responses"])
        operation["responses"][success]["content"]["application/json"]["example"] = answer
