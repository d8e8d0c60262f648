"""The lab's own clients. Without the lab these tests do not exist."""

from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.lab.clients import LabClient

if find_spec("lab") is None:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture
def lab_client(db: None) -> "LabClient":
    """A browser at the lab's host."""
    from tests.lab.clients import LabClient

    return LabClient()


@pytest.fixture
def other_lab_client(db: None) -> "LabClient":
    """Another browser at the lab's host."""
    from tests.lab.clients import LabClient

    return LabClient()
