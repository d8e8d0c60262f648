"""The endpoints of /learn/sessions: one person, two credentials, two servers."""

from django.contrib.sessions.models import Session as PlainSession

from lab import compare
from tests.lab.clients import LabClient


def check(client: LabClient, *, database: bool = True) -> dict:
    answer = client.post("/bank/compare/check", {"database": database})
    assert answer.status_code == 200, answer.text
    return answer.json()


def signed_in_twice(client: LabClient) -> LabClient:
    client.watch()
    assert client.post("/bank/compare/start").status_code == 204
    return client


def statuses(found: dict) -> tuple[int, int]:
    return found["plain"]["status"], found["jwt"]["status"]


def test_both_credentials_are_good_and_the_session_weighs_less(lab_client: LabClient) -> None:
    """Each is measured as it came. The session's check asks for its row."""
    found = check(signed_in_twice(lab_client))

    assert statuses(found) == (200, 200)
    assert found["plain"]["queries"] == 1
    key = lab_client.cookies[compare.PLAIN].value
    assert found["plain"]["bytes"] == len(f"{compare.PLAIN}={key}")
    assert found["jwt"]["bytes"] > 10 * found["plain"]["bytes"]


def test_server_without_the_database_knows_the_jwt_alone(lab_client: LabClient) -> None:
    """The session's id says nothing to whoever cannot ask."""
    found = check(signed_in_twice(lab_client), database=False)

    assert statuses(found) == (503, 200)
    assert found["plain"]["cause"] == "no database here"
    assert found["jwt"]["queries"] == 0


def test_sign_out_ends_both_but_not_where_the_database_is_missing(lab_client: LabClient) -> None:
    """A copy of the JWT is taken there until it expires."""
    signed_in_twice(lab_client)
    assert lab_client.post("/bank/compare/end").status_code == 204

    assert statuses(check(lab_client)) == (401, 401)
    assert statuses(check(lab_client, database=False))[1] == 200


def test_second_sign_in_leaves_one_row_of_the_plain_session(lab_client: LabClient) -> None:
    """Whoever runs it again and again fills no table."""
    signed_in_twice(lab_client)
    lab_client.post("/bank/compare/start")

    assert PlainSession.objects.count() == 1


def test_stranger_without_a_bench_is_told_so(lab_client: LabClient) -> None:
    """None of the three does anything for a browser that the lab does not know."""
    lab_client.get("/auth/session")
    for step in ("start", "check", "end"):
        assert lab_client.post(f"/bank/compare/{step}").status_code == 404, step


def test_browser_that_was_never_signed_in_is_nobody(lab_client: LabClient) -> None:
    """Neither credential came: both are refused, and nothing is asked."""
    lab_client.watch()

    found = check(lab_client)

    assert statuses(found) == (401, 401)
    assert found["jwt"]["bytes"] == 0
