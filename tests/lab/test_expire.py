"""Letting one's own access token expire at once: at the lab, for whoever is signed in there."""

from tests.lab.clients import LabClient


def test_expire_now_leaves_an_expired_token_behind(lab_client: LabClient) -> None:
    """The next request meets 401 for its time, and a refresh brings a good one."""
    lab_client.sign_in_alice()

    assert lab_client.post("/lab/expire").status_code == 204
    refused = lab_client.get("/api/me")
    lab_client.post("/auth/refresh")

    assert refused.json()["code"] == "invalid_token"
    log = lab_client.get("/learn/api/log").json()["entries"]
    (entry,) = [one for one in log if one["status"] == 401]
    assert "ExpiredToken" in {step["refused"] for step in entry["steps"]}
    assert lab_client.get("/api/me").status_code == 200


def test_expire_now_with_nobody_signed_in_is_not_found(lab_client: LabClient) -> None:
    """A bench alone has no token, and none is made for it."""
    lab_client.watch()

    answer = lab_client.post("/lab/expire")

    assert answer.status_code == 404
    assert not answer.cookies


def test_expire_now_without_a_bench_is_not_found(lab_client: LabClient) -> None:
    """There is nobody whose token could be replaced."""
    lab_client.get("/auth/session")

    assert lab_client.post("/lab/expire").status_code == 404
