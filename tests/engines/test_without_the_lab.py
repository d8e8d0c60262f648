"""Without the lab's folder, the tests of what knows it still pass."""

from pathlib import Path

from tests.lab.test_without import run, tree  # noqa: F401  (the fixture)

# The package cannot know the lab (pyproject.toml), so its own tests say the same with and without.
OF_THE_SITE = ["tests/api", "tests/contract", "tests/docs", "tests/project", "tests/staff"]


def test_tests_of_the_site_pass_without_the_lab(tree: Path) -> None:  # noqa: F811
    """The app, its documents and its rules need nothing of the lab."""
    done = run(
        tree,
        *("-m", "pytest", "-q", "-n", "logical", "-p", "no:cacheprovider", *OF_THE_SITE),
        *("tests/test_architecture.py", "tests/test_requirements.py"),
        GATEHOUSE_TEST_REQUESTS="1",
    )

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    assert " passed" in done.stdout
