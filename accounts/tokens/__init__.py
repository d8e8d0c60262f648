"""Make and verify JWTs. No request is read and no session is looked up.

Others use the names below. `claims` says what stands in a token, `jws` reads its compact form,
`keys` are the keys and `key_store` is where they are kept.
"""

from .signing import is_anothers, issue, named_sessions, verify_access, verify_refresh

__all__ = ["is_anothers", "issue", "named_sessions", "verify_access", "verify_refresh"]
