"""The suite's own processes keep apart: what one of them writes, no other one reads."""

import os

from accounts.conf import conf
from project.settings import DATA_DIR


def test_process_has_a_folder_of_its_own() -> None:
    """Revocation counter, keys and SQLite's file: shared, they make tests fail by turns."""
    assert DATA_DIR.name.startswith(f"{os.getpid()}-")
    assert {conf.revocation_counter.parent, conf.signing_keys_file.parent} == {DATA_DIR}
