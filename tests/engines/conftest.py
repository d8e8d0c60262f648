"""These tests use the same servers and browsers as the browser tests."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from tests.e2e.conftest import (  # noqa: F401  (fixtures and hooks)
    browser,
    console,
    context,
    downloads,
    home,
    new_context,
    page,
    prepared_data_dir,
    pytest_runtest_makereport,
    serve,
    server,
)
from tests.engines.identity_provider import IdentityProvider
from tests.engines.people import Visitor


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdentityProvider]:
    """The identity provider, on another site. Whoever types a name there is that person."""
    with IdentityProvider(tmp_path_factory.mktemp("provider")) as started:
        yield started


@pytest.fixture
def visitor_of() -> Iterator[Callable[[str], Visitor]]:
    """Makes a browser page's stand-in at the server with this address; it ends with the test."""
    with ExitStack() as open_until_the_end:
        yield lambda url: open_until_the_end.enter_context(closing(Visitor(url)))
