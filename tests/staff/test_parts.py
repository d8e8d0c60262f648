"""The administration of a project that leaves out parts of the package."""

import subprocess
import sys

CODE = """
import django
from django.conf import settings

left_out = tuple(
    f"accounts.{name}" for name in ("audit", "people", "federation", "factors", "programs")
) + ("lab",)
settings.INSTALLED_APPS = [
    name for name in settings.INSTALLED_APPS if not name.startswith(left_out)
]
for name in ("MAIL", "EXPORTS", "API_CLIENTS", "PERSONAL_TOKEN_DAYS"):
    del settings.GATEHOUSE[name]  # those of people and of programs
django.setup()
from accounts.staff.admin import UserAdmin, site

print(*sorted(model.__name__ for model in site._registry))
print(*UserAdmin.actions)
"""


def test_parts_that_are_left_out_are_not_in_the_administration() -> None:
    """Neither their tables nor the reset links that one of them sends."""
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, timeout=120, check=False
    )

    assert done.stdout.splitlines() == ["Session User", "end_all_sessions deactivate"], done.stderr
