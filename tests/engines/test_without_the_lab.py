"""Without the lab's folder, every other test still passes."""

from pathlib import Path

from tests.lab.test_without import run, tree  # noqa: F401  (the fixture)


def test_every_other_test_passes_without_the_lab(tree: Path) -> None:  # noqa: F811
    """All but the browser's: the app, its documents and its rules need nothing of the lab."""
    done = run(
        tree,
        *("-m", "pytest", "-q", "-n", "logical", "-p", "no:cacheprovider", "tests"),
        *("--ignore", "tests/e2e", "--ignore", "tests/engines"),
        # Many of them are tried with the lab.
        GATEHOUSE_TEST_FORGERIES="1000",
        GATEHOUSE_TEST_REQUESTS="1",
    )

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    assert " passed" in done.stdout
