"""Settings: bench.stacks.same, with simplejwt's rotation and blacklist switched on."""

from bench.stacks.same import *  # noqa: F403
from bench.stacks.same import SIMPLE_JWT

SIMPLE_JWT = {**SIMPLE_JWT, "ROTATE_REFRESH_TOKENS": True, "BLACKLIST_AFTER_ROTATION": True}
