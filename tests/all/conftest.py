"""These tests use the same servers and browsers as the browser tests."""

from tests.e2e.conftest import (  # noqa: F401  (fixtures and hooks)
    browser,
    console,
    context,
    new_context,
    page,
    prepared_data_dir,
    pytest_runtest_makereport,
    serve,
    server,
)
