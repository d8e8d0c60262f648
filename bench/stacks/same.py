"""Settings: Gatehouse's own, with two peers installed beside it, for the same middleware stack.

BENCH_ALG is the peers' algorithm: HS256, which they choose by themselves, or ES256.
"""

import os

from bench.stacks.keys import ec_pems
from bench.stacks.peers import REST_AUTH as REST_AUTH
from project.settings import *  # noqa: F403
from project.settings import DATA_DIR, INSTALLED_APPS, SECRET_KEY

INSTALLED_APPS = [
    *INSTALLED_APPS,
    "rest_framework.authtoken",
    "rest_framework_simplejwt.token_blacklist",
    "dj_rest_auth",
]
SIMPLE_JWT = {"ALGORITHM": "HS256", "SIGNING_KEY": SECRET_KEY}
if os.environ.get("BENCH_ALG") == "ES256":
    private, public = ec_pems(DATA_DIR)
    SIMPLE_JWT = {"ALGORITHM": "ES256", "SIGNING_KEY": private, "VERIFYING_KEY": public}
