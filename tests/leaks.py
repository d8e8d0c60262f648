"""What no answer, row, mail or line of a log may hold."""

import re

# The header of a JWT and what parts it from the rest: three random letters may look like its start.
JWT = re.compile(r"eyJ[\w-]{10,}\.")


def holds_jwt(text: str | bytes) -> bool:
    """Whether a JWT, or the beginning of one, stands anywhere in the text."""
    return bool(JWT.search(text.decode("utf-8", "replace") if isinstance(text, bytes) else text))
