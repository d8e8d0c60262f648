"""How each operation is called in the description, and under which heading it stands.

Generated clients make function names of the ids, so an id stays once it is published. A test wants
an entry here for every operation. Leaves out: what operations take and answer (api.examples).
"""

from typing import Any

# Heading and what stands below it, in the order in which a reader needs them.
TAGS: list[dict[str, str]] = [
    {"name": "Session", "description": "A page signs in, stays signed in, and signs out."},
    {"name": "Second factor", "description": "Passkeys, authenticator app, recovery codes."},
    {"name": "Devices", "description": "Where somebody is signed in, and what happened."},
    {"name": "Account", "description": "Registration, password, profile, data."},
    {"name": "Identity provider", "description": "Sign-in through OpenID Connect."},
    {"name": "Programs", "description": "Tokens for whoever is no browser."},
    {"name": "API", "description": "The example of an API that tokens open."},
    {"name": "Servers", "description": "For resource servers, proxies and monitors."},
]

# For each operation: its id, its summary, its tag.
OPERATIONS: dict[str, tuple[str, str, str]] = {
    "GET /auth/session": ("getSession", "Who is signed in", "Session"),
    "POST /auth/login": ("signIn", "Sign in with e-mail and password", "Session"),
    "POST /auth/refresh": ("refreshSession", "Renew both tokens", "Session"),
    "POST /auth/logout": ("signOut", "Sign out", "Session"),
    "POST /auth/reauthenticate": ("reauthenticate", "Enter the password again", "Session"),
    "POST /auth/login/factor": ("finishSignIn", "Complete a sign-in", "Second factor"),
    "POST /auth/login/passkey/options": (
        "getPasskeyChallenge",
        "What to ask a passkey with",
        "Second factor",
    ),
    "POST /auth/login/passkey": ("signInWithPasskey", "Sign in with a passkey", "Second factor"),
    "GET /auth/factors": ("getFactors", "What one has set up", "Second factor"),
    "POST /auth/passkeys/options": (
        "getNewPasskeyOptions",
        "What to make a passkey from",
        "Second factor",
    ),
    "POST /auth/passkeys": ("addPasskey", "Add a passkey", "Second factor"),
    "PATCH /auth/passkeys/{passkey_id}": ("renamePasskey", "Rename a passkey", "Second factor"),
    "DELETE /auth/passkeys/{passkey_id}": ("removePasskey", "Remove a passkey", "Second factor"),
    "POST /auth/totp": ("beginApp", "Begin with an authenticator app", "Second factor"),
    "POST /auth/totp/confirm": ("confirmApp", "Confirm it by a code", "Second factor"),
    "DELETE /auth/totp": ("removeApp", "Remove the authenticator app", "Second factor"),
    "POST /auth/recovery-codes": ("renewRecoveryCodes", "Make ten new codes", "Second factor"),
    "POST /auth/binding": (
        "bindSession",
        "Bind a session, as browsers do by themselves",
        "Devices",
    ),
    "POST /auth/binding/refresh": (
        "renewCompanion",
        "Prove the key of a bound session, as browsers do alone",
        "Devices",
    ),
    "GET /auth/sessions": ("listSessions", "List one's devices", "Devices"),
    "DELETE /auth/sessions/{session_id}": ("endSession", "Sign a device out", "Devices"),
    "POST /auth/logout-others": ("endOtherSessions", "Sign all other devices out", "Devices"),
    "GET /auth/events": ("listEvents", "List one's security events", "Devices"),
    "POST /auth/register": ("register", "Ask for an account", "Account"),
    "POST /auth/email/verify": ("verifyEmail", "Use a mailed link", "Account"),
    "POST /auth/email/change": ("changeEmail", "Ask for another address", "Account"),
    "POST /auth/password/change": ("changePassword", "Change the password", "Account"),
    "POST /auth/password/reset": ("requestPasswordReset", "Ask for a reset link", "Account"),
    "POST /auth/password/reset/confirm": ("resetPassword", "Use a reset link", "Account"),
    "GET /auth/account": ("getAccount", "Read one's profile", "Account"),
    "PATCH /auth/account": ("updateAccount", "Change one's profile", "Account"),
    "DELETE /auth/account": ("deleteAccount", "Delete one's account", "Account"),
    "GET /auth/account/export": ("exportAccount", "Read all of one's data", "Account"),
    "GET /auth/oidc/login": ("beginProviderSignIn", "Go to the provider", "Identity provider"),
    "GET /auth/oidc/callback": (
        "finishProviderSignIn",
        "Come back from the provider",
        "Identity provider",
    ),
    "GET /auth/oidc/link": ("getWaitingIdentity", "Who waits to be linked", "Identity provider"),
    "POST /auth/oidc/link": ("linkIdentity", "Link an identity", "Identity provider"),
    "POST /auth/oidc/link/mail": ("mailIdentityLink", "Ask for a link", "Identity provider"),
    "POST /auth/oidc/link/confirm": ("confirmIdentity", "Use that link", "Identity provider"),
    "POST /auth/token": ("issueTokens", "Sign a program in", "Programs"),
    "POST /auth/token/refresh": ("refreshTokens", "Renew a program's tokens", "Programs"),
    "POST /auth/token/revoke": ("revokeToken", "Sign a program out", "Programs"),
    "GET /auth/personal-tokens": ("listPersonalTokens", "List one's personal tokens", "Programs"),
    "POST /auth/personal-tokens": ("makePersonalToken", "Make a personal token", "Programs"),
    "DELETE /auth/personal-tokens/{token_id}": (
        "endPersonalToken",
        "End a personal token",
        "Programs",
    ),
    "GET /api/me": ("getMe", "What the access token says", "API"),
    "GET /api/notes": ("listNotes", "List one's notes", "API"),
    "POST /api/notes": ("createNote", "Write a note", "API"),
    "GET /api/notes/{id}": ("getNote", "Read a note", "API"),
    "PUT /api/notes/{id}": ("replaceNote", "Write a note anew", "API"),
    "PATCH /api/notes/{id}": ("updateNote", "Change a note", "API"),
    "DELETE /api/notes/{id}": ("deleteNote", "Delete a note", "API"),
    "GET /api/audit": ("listAuditEvents", "List everyone's security events", "API"),
    "GET /.well-known/jwks.json": ("getPublicKeys", "Read the public keys", "Servers"),
    "GET /.well-known/oauth-authorization-server": (
        "getServerMetadata",
        "Read where the keys are",
        "Servers",
    ),
    "GET /healthz": ("getHealth", "Whether the process answers", "Servers"),
    "GET /readyz": ("getReadiness", "Whether what it depends on can be used", "Servers"),
}


def add(operation: dict[str, Any], label: str) -> None:
    """Give this operation its id, summary and tag. One that has none keeps what was derived."""
    if label in OPERATIONS:
        operation["operationId"], operation["summary"], tag = OPERATIONS[label]
        operation["tags"] = [tag]
