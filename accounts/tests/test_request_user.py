"""`request.user`: views that are written for any Django project get the user's row."""

from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from .. import subjects
from ..models import Session
from .clients import BearerClient, BrowserClient
from .people import shut_out

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["cookie", "bearer"])
def client(request: Any, browser_client: BrowserClient, api_client: BearerClient) -> Any:
    """A page or a program. Neither is signed in."""
    return browser_client if request.param == "cookie" else api_client


def test_columns_of_the_user_are_there_beside_the_claims(client: Any, alice: Any) -> None:
    """`request.user.get_username()`, and the token's session as `request.auth.sid`."""
    client.sign_in(alice)

    told = client.get("/usual/me").json()

    assert told == {"name": alice.get_username(), "session": Session.objects.get().id}


def test_rate_of_a_user_is_counted(client: Any, alice: Any) -> None:
    """`UserRateThrottle` finds the same person twice."""
    cache.clear()
    client.sign_in(alice)

    assert [client.get("/usual/throttled").status_code for _ in range(2)] == [200, 429]


def test_view_that_does_not_use_the_row_asks_no_database(client: Any, alice: Any) -> None:
    """The row is read when something of it is used, and once."""
    client.sign_in(alice)
    client.get("/usual/unasked")  # the generation is confirmed

    with CaptureQueriesContext(connection) as without:
        assert client.get("/usual/unasked").status_code == 200
    with CaptureQueriesContext(connection) as within:
        assert client.get("/usual/me").status_code == 200

    assert len(without) == 0
    assert len(within) == 1


@pytest.mark.parametrize("path", ["/usual/me", "/usual/claims"])
def test_nobody_and_bad_tokens_are_refused(client: Any, alice: Any, path: str) -> None:
    """As with TokenAuthentication: 401 without a token and with a bad one."""
    assert client.get(path).status_code == 401
    assert client.get(path, headers={"Authorization": "Bearer x.y.z"}).status_code == 401
    assert client.get(path, headers={"Cookie": "__Host-Http-access_token=x"}).status_code == 401


@pytest.mark.parametrize("gone", ["deleted", "inactive"])
def test_user_who_is_gone_is_refused_before_the_feed_tells(
    client: Any, alice: Any, settings: Any, tmp_path: Path, gone: str
) -> None:
    """Deleted or deactivated on another machine a moment ago: 401, not a failure of the view."""
    settings.GATEHOUSE = settings.GATEHOUSE | {"REVOCATION_POLL_SECONDS": 60}
    here = settings.GATEHOUSE
    client.sign_in(alice)
    assert client.get("/usual/me").status_code == 200
    settings.GATEHOUSE = here | {"DATA_DIR": tmp_path}  # whose counter nobody here looks at
    if gone == "deleted":
        alice.delete()
    else:
        shut_out(alice)
    settings.GATEHOUSE = here

    assert client.get("/usual/unasked").status_code == 200
    assert client.get("/usual/me").status_code == 401


def test_scopes_and_step_up_work_with_the_row(client: Any, alice: Any, settings: Any) -> None:
    """They ask the token's claims, whatever `request.user` is."""
    client.sign_in(alice)
    assert client.get("/usual/scoped").status_code == 403
    assert client.get("/usual/stepped-up").status_code == 200
    settings.GATEHOUSE = settings.GATEHOUSE | {"SCOPES": ["audit:read"]}
    client.sign_in(alice)
    assert client.get("/usual/scoped").status_code == 200
    Session.objects.update(authenticated_at="2026-01-01T00:00:00Z")

    assert client.get("/usual/stepped-up").status_code == 403


def test_what_the_token_says_needs_no_row(client: Any, alice: Any) -> None:
    """`sub`, `scope`, `session_id`, the claims, and whether there is somebody."""
    client.sign_in(alice)
    client.get("/usual/claims")  # the generation is confirmed

    with CaptureQueriesContext(connection) as queries:
        told = client.get("/usual/claims").json()

    assert len(queries) == 0
    assert told == {
        "sub": subjects.of(alice).sub,
        "scope": ["notes:read", "notes:write"],
        "session": Session.objects.get().id,
        "known": [True, True, False, True],
    }
