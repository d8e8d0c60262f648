"""Tests of the core in a project whose user model has UUIDs. All of them run in a project with
Django's own users, in tests/engines/test_parts.py."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.core import other_project
from tests.engines.test_parts import THROUGH
from tests.servers import ROOT


def test_core_passes_its_tests_in_another_project(tmp_path: Path) -> None:
    """With a user model that is not ours, and nothing of this repository but the copied folder."""
    other_project.make(tmp_path, "shop.Member")
    shutil.copytree(ROOT / "accounts", tmp_path / "accounts")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    chosen = [f"accounts/tests/test_{name}.py" for name in (*THROUGH, "request_user", "revocation")]
    own = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "settings"}

    for command in (
        ["django", "makemigrations", "shop", "--skip-checks", "--verbosity=0"],
        ["pytest", *chosen, "-q", "-n", "logical", "-p", "no:cacheprovider"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=tmp_path, env=own, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
