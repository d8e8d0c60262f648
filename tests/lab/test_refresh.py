"""The steps of /learn/refresh: handles instead of tokens, and rows that really change."""

import pytest

from accounts.audit.models import SecurityEvent
from accounts.models import Session
from tests.clock import SteeredClock, steered
from tests.lab.clients import LabClient
from tests.leaks import holds_jwt

RUN = "run-of-this-test"


@pytest.fixture
def clock(transactional_db: None):
    with steered() as found:
        yield found


class Story:
    """One run, taken step by step."""

    def __init__(self, client: LabClient) -> None:
        self.client = client
        client.watch()
        self.first = self.step("start")

    def step(self, name: str, **body: object) -> dict:
        answer = self.client.post(f"/bank/refresh/{name}", {"run": RUN, **body})
        assert answer.status_code == 200, answer.text
        assert not holds_jwt(answer.text)
        return answer.json()


def test_replay_after_the_window_ends_the_session_for_both(
    clock: SteeredClock, lab_client: LabClient
) -> None:
    """The thief's copy is older than one in use."""
    story = Story(lab_client)
    clock.advance(3)
    second = story.step("turn", token=story.first["refresh"])
    story.step("use", token=second["access"])
    clock.advance(3)

    stolen = story.step("turn", token=story.first["refresh"])
    owner = story.step("turn", token=second["refresh"])

    assert (stolen["status"], stolen["verdict"]) == (401, "an older copy is in use")
    assert owner["cause"] == "ended: reuse_detected"
    assert stolen["row"]["end_reason"] == "reuse_detected"
    assert [event["kind"] for event in stolen["events"]] == ["refresh_reused"]


def test_lost_answer_is_rotated_past(clock: SteeredClock, lab_client: LabClient) -> None:
    """Nobody used the new generation, so the old one is no evidence of theft."""
    story = Story(lab_client)
    clock.advance(3)
    story.step("turn", token=story.first["refresh"])
    clock.advance(3)

    again = story.step("turn", token=story.first["refresh"])

    assert (again["status"], again["generation"]) == (200, 3)
    assert again["row"]["ended"] is False


@pytest.mark.parametrize(("window", "status"), [(True, 200), (False, 401)])
def test_second_tab_lives_or_dies_by_the_window(
    clock: SteeredClock, lab_client: LabClient, window: bool, status: int
) -> None:
    """The same two requests; the window alone makes the difference."""
    story = Story(lab_client)
    clock.advance(3)
    first = story.step("turn", token=story.first["refresh"], window=window)
    story.step("use", token=first["access"])

    second = story.step("turn", token=story.first["refresh"], window=window)

    assert second["status"] == status


def test_patient_thief_is_not_noticed(clock: SteeredClock, lab_client: LabClient) -> None:
    """Rotation compares two holders; here is only one."""
    story = Story(lab_client)
    held = story.first
    for _ in range(4):
        clock.advance(3)
        held = story.step("turn", token=held["refresh"])
        story.step("use", token=held["access"])

    assert held["row"]["ended"] is False
    assert held["row"]["generation"] == 5


@pytest.mark.parametrize(("look", "status"), [(True, 401), (False, 200)])
def test_copied_access_token_after_sign_out(lab_client: LabClient, look: bool, status: int) -> None:
    """The token alone is still right; the session behind it is over."""
    story = Story(lab_client)
    story.step("end")

    assert story.step("use", token=story.first["access"], look=look)["status"] == status


def test_handle_of_another_browser_is_unknown(
    lab_client: LabClient, other_lab_client: LabClient
) -> None:
    """Knowing a handle is of no use at another bench."""
    story = Story(lab_client)
    other = Story(other_lab_client)

    answer = other.client.post("/bank/refresh/use", {"run": RUN, "token": story.first["access"]})

    assert answer.status_code == 404


def test_held_tokens_and_rows_are_bounded(lab_client: LabClient) -> None:
    """However often it is run: one live session, sixty tokens at most, no event for the audit."""
    story = Story(lab_client)
    for _ in range(30):
        story.step("start")

    from lab.models import Held

    assert Held.objects.count() <= 60
    assert Session.objects.filter(ended_at=None).count() == 1
    assert SecurityEvent.objects.count() == 0


def test_step_without_a_csrf_token_is_refused(lab_client: LabClient) -> None:
    """The lab's own endpoints have the app's defence."""
    lab_client.watch()

    answer = lab_client.post("/bank/refresh/start", {"run": RUN}, headers={"X-CSRFToken": None})

    assert answer.status_code == 403
