"""The project's settings for unit and API tests: the same, but quick, and leaving nothing behind.

tests/conftest.py sets the environment that project.settings reads here, but for the folder: a
process that pytest-xdist adds inherits the first one's environment and reads its settings before
any conftest, and two processes with one folder would have keys and a revocation counter together.
"""

import os
import tempfile

from django.contrib.auth.hashers import Argon2PasswordHasher

os.environ["GATEHOUSE_DATA_DIR"] = tempfile.mkdtemp(
    dir=os.environ["GATEHOUSE_TEST_FOLDER"], prefix=f"{os.getpid()}-"
)

# That of the process that started this one.
os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)

from project.settings import *  # noqa: F403
from project.settings import DATA_DIR, DATABASES


class QuickArgon2(Argon2PasswordHasher):
    """The real algorithm with small parameters: 1 ms instead of 250."""

    time_cost = 1
    memory_cost = 64
    parallelism = 1


class SlowerArgon2(QuickArgon2):
    """The same with other parameters: what it made is made anew at the next sign-in."""

    time_cost = 2


PASSWORD_HASHERS = ["tests.settings.QuickArgon2"]

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, since threads cannot share SQLite's in-memory database the way processes share a file.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
    # Nothing here has to survive a power cut.
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
    )
else:
    # A connection for each thread of a test, however many meet. The pool has tests in tests/engines.
    del DATABASES["default"]["OPTIONS"]["pool"]

EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

# Each test client starts the middleware anew; WhiteNoise would read every static file then.
WHITENOISE_AUTOREFRESH = True
