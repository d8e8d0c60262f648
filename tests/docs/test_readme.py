"""README.md: its table of the eight steps leads to what it names."""

import re

from tests.docs import read
from tests.servers import ROOT


def test_readme_links_lead_to_files_and_functions() -> None:
    """Each link of the eight steps leads to a file, and each name after it is defined there."""
    links = re.findall(r"\]\(([^)#:]+)\)(?: `(\w+)`)?", read("README.md"))

    assert len(links) > 10
    for path, name in links:
        assert (ROOT / path).is_file(), path
        if name:
            assert re.search(
                rf"(def|class|function|const) {name}\b|^{name}\b", read(path), re.MULTILINE
            ), f"{path} {name}"
