"""Put a User-Agent into words: "Firefox on Linux". The browser says it, so it proves nothing."""

from functools import lru_cache

import ua_parser


@lru_cache(maxsize=1024)
def describe(user_agent: str) -> str:
    """Return the program and the system, as far as they are known."""
    found = ua_parser.parse(user_agent)
    program = found.user_agent.family if found.user_agent else ""
    system = found.os.family if found.os else ""
    if program and system:
        return f"{program} on {system}"
    return program or system or (user_agent[:60] if user_agent else "Unknown device")
