"""The system check of this part."""

from ..checks import rule
from .conf import conf


@rule("E020")
def longest_life_of_a_token() -> str:
    if not 0 <= conf.personal_token_days <= 3650:
        return "PERSONAL_TOKEN_DAYS must be 0 to 3650: 0 makes and takes no personal access token."
    return ""
