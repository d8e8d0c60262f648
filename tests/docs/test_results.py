"""What is said of speed is what `./run bench` has measured."""

from bench import report
from tests.docs import read
from tests.servers import ROOT


def test_pages_show_what_was_measured() -> None:
    """RESULTS.md, the chart and README's words for it come from one file; `./run bench --write`."""
    for path, content in report.files(report.kept()).items():
        assert read(str(path.relative_to(ROOT))) == content, path
