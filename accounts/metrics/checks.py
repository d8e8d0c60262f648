"""The system check of this part."""

from ..checks import rule
from .conf import conf


@rule("E021")
def length_of_the_token() -> str:
    if conf.metrics_token and len(conf.metrics_token) < 32:
        return "METRICS_TOKEN must have 32 characters or more, or be empty."
    return ""
