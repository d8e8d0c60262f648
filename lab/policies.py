"""Content Security Policies of the lab's hosts. The app's own is project.middleware's and stays.

The lab's default is the app's policy; an experiment's switch may take a line out of it.
"""

APPS = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}


def victim(**changes: str | None) -> str:
    """The policy with these directives changed (`connect_src="*"`), or left out (None)."""
    policy: dict[str, str | None] = {**APPS}
    policy |= {name.replace("_", "-"): value for name, value in changes.items()}
    return "; ".join(f"{name} {value}" for name, value in policy.items() if value is not None)
