"""Sets up Django and the database engine for every test, those of `accounts` among them.

GATEHOUSE_TEST_ENGINE chooses the engine: sqlite (default) or postgres, which is started here.
"""

import os
import shutil
import signal
import tempfile

import pytest

from tests import servers

# What the first process made, for those that pytest-xdist adds: they inherit the environment.
STARTED_URL = "GATEHOUSE_TEST_DATABASE_URL"
FOLDER = "GATEHOUSE_TEST_FOLDER"


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Prepares the environment, then loads the settings (pytest-django finishes the set-up)."""
    if not hasattr(config, "workerinput"):
        # A stopped run (a time limit in CI) must end its servers as an interrupted one does.
        signal.signal(signal.SIGTERM, _interrupt)

    engine = os.environ.pop("GATEHOUSE_TEST_ENGINE", "sqlite")
    url = os.environ.get(STARTED_URL)
    if engine not in {"sqlite", "postgres"}:
        raise pytest.UsageError(f"GATEHOUSE_TEST_ENGINE must be sqlite or postgres, not {engine}.")
    if engine == "postgres" and not url:
        server = servers.Postgres().__enter__()
        config.add_cleanup(server.__exit__)
        os.environ[STARTED_URL] = url = server.url

    # Whatever the developer has set for their own server does not reach the tests.
    for name in [name for name in os.environ if name.startswith("GATEHOUSE_")]:
        if not name.startswith("GATEHOUSE_TEST_"):
            del os.environ[name]
    if FOLDER not in os.environ:
        os.environ[FOLDER] = folder = tempfile.mkdtemp(prefix="gatehouse-test-")
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "GATEHOUSE_MODE": "demo",
        "GATEHOUSE_ISSUER": "http://localhost",
    }
    if url:
        os.environ["GATEHOUSE_DATABASE_URL"] = url

    import django

    django.setup()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out on PostgreSQL what asks no database: SQLite's run has it."""
    if STARTED_URL not in os.environ:
        return
    rest = [item for item in items if not _asks_the_database(item)]
    config.hook.pytest_deselected(items=rest)
    items[:] = filter(_asks_the_database, items)


def _asks_the_database(item: pytest.Item) -> bool:
    fixtures = {"db", "transactional_db", "live_server"}.intersection(
        getattr(item, "fixturenames", ())
    )
    return bool(fixtures) or item.get_closest_marker("django_db") is not None


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def pytest_report_header() -> str:
    return f"engine: {'PostgreSQL' if STARTED_URL in os.environ else 'SQLite'}"
