"""The core's own tests in a project whose user model has UUIDs (tests/engines/test_parts.py has them
in one with Django's own users)."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.core import other_project
from tests.servers import ROOT


def test_core_passes_its_tests_in_another_project(tmp_path: Path) -> None:
    """With a user model that is not ours, and nothing of this repository but the copied folder."""
    other_project.make(tmp_path, "shop.Member")
    shutil.copytree(ROOT / "accounts", tmp_path / "accounts")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    own = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "settings"}

    for command in (
        ["django", "makemigrations", "shop", "--skip-checks", "--verbosity=0"],
        ["pytest", "accounts/tests", "-q", "-p", "no:cacheprovider", "-k", "not fuzz"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=tmp_path, env=own, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
