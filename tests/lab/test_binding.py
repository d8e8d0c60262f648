"""The endpoints of /learn/binding: one jar, two browsers, and a clock that the lab moves."""

import json
from typing import Any

import pytest

pytest.importorskip("lab")

from lab import jars
from lab.models import Bench
from tests.binding.device import new_key
from tests.lab.clients import LabClient

RUN = "a-run-of-binding"
MINUTES, DAY = 306, 86_400


class Two:
    """The page's part: it says who does what when."""

    def __init__(self, client: LabClient, *, bound: bool) -> None:
        self.client = client
        client.watch()
        self.seen = self.post("start", bound=bound)

    def post(self, step: str, **given: Any) -> dict[str, Any]:
        answer = self.client.post(f"/bank/binding/{step}", {"run": RUN, **given})
        assert answer.status_code == 200, answer.text
        self.seen = answer.json()
        return self.seen

    def act(self, who: str, what: str = "api", **more: Any) -> list[tuple[str, int, str]]:
        """What each request of this step got, and why not more."""
        found = self.post("act", who=who, what=what, **more)["answers"]
        return [(one["request"], one["status"], one["code"]) for one in found]

    def pass_(self, seconds: int) -> None:
        self.post("pass", seconds=seconds)

    def causes(self) -> list[str]:
        return [one["cause"] for one in self.seen["answers"]]

    def events(self) -> list[str]:
        return [event["kind"] for one in self.seen["answers"] for event in one["events"]]


API, REFRESH, RENEW = "GET /api/me", "POST /auth/refresh", "POST /auth/binding/refresh"
STEP_UP = "POST /auth/logout-others"
REFUSED = (403, "device_proof_required")


@pytest.fixture
def unbound(lab_client: LabClient) -> Two:
    return Two(lab_client, bound=False)


@pytest.fixture
def bound(lab_client: LabClient) -> Two:
    return Two(lab_client, bound=True)


def test_unbound_copy_lives_as_long_as_the_session(unbound: Two) -> None:
    """Whose owner stays away: 30 days, by refreshes, and not one more."""
    assert unbound.act("thief") == [(API, 200, "")]
    unbound.pass_(MINUTES)
    assert unbound.act("thief") == [(API, 401, "invalid_token")]
    assert unbound.causes() == ["its time (exp) is over"]
    for _ in range(4):
        assert unbound.act("thief", "refresh") == [(REFRESH, 200, "")]
        assert unbound.act("thief") == [(API, 200, "")]
        unbound.pass_(6 * DAY)
    assert unbound.act("thief", "refresh") == [(REFRESH, 200, "")]

    unbound.pass_(6 * DAY)

    assert unbound.act("thief", "refresh") == [(REFRESH, 401, "session_ended")]
    assert unbound.causes() == ["its time (exp) is over"]
    assert unbound.seen["row"]["generation"] == 6


def test_unused_copy_ends_with_the_idle_deadline(unbound: Two) -> None:
    """A thief who does nothing for a week has nothing."""
    unbound.pass_(7 * DAY)

    assert unbound.act("thief", "refresh") == [(REFRESH, 401, "session_ended")]


def test_owner_who_comes_back_ends_it_for_both(unbound: Two) -> None:
    """The older copy of the refresh token is taken for theft, which it is."""
    unbound.pass_(MINUTES)
    unbound.act("thief", "refresh")
    unbound.act("thief")
    unbound.pass_(DAY)

    assert unbound.act("owner", "refresh") == [(REFRESH, 401, "session_ended")]
    assert unbound.events() == ["refresh_reused"]
    assert unbound.act("thief", "refresh") == [(REFRESH, 401, "session_ended")]
    assert unbound.seen["row"]["end_reason"] == "reuse_detected"


def test_sign_in_binds_by_the_real_endpoint(bound: Two) -> None:
    """With an event, and with a session whose row names the key."""
    assert [(one["request"], one["status"]) for one in bound.seen["answers"]] == [
        ("POST /auth/binding", 200)
    ]
    assert bound.events() == ["bound"]
    assert bound.seen["row"]["bound"]


def test_bound_copy_ends_with_its_companion(bound: Two) -> None:
    """It can neither refresh nor renew. The owner's device does both and goes on."""
    assert bound.act("thief") == [(API, 200, "")]
    bound.pass_(MINUTES)

    assert bound.act("thief") == [(API, 401, "invalid_token")]
    assert bound.act("thief", "refresh") == [(REFRESH, *REFUSED)]
    assert bound.causes() == ["no companion that is good"]
    assert bound.events() == ["binding_refused"]
    renewal = [(RENEW, *REFUSED), (RENEW, 200, "")]
    assert bound.act("owner", "refresh") == [*renewal, (REFRESH, 200, "")]
    assert bound.act("owner") == [(API, 200, "")]
    assert bound.act("thief", "refresh") == [(REFRESH, *REFUSED)]
    assert bound.seen["row"] == {"generation": 2, "bound": True, "end_reason": ""}


def test_bound_copy_is_good_for_five_minutes(bound: Two) -> None:
    """Until the last second of the companion, as the page says."""
    bound.pass_(299)

    assert bound.act("thief") == [(API, 200, "")]


def test_leaving_the_companion_out_helps_nobody(bound: Two) -> None:
    """No companion is never read as not bound."""
    assert bound.act("thief", companion=False) == [(API, *REFUSED)]
    assert bound.act("thief", "refresh", companion=False) == [(REFRESH, *REFUSED)]


def test_step_up_refuses_the_fresh_copy_and_not_the_owner(bound: Two) -> None:
    """At once, while the companion is good."""
    asked = (STEP_UP, *REFUSED)

    assert bound.act("thief", "step-up") == [asked, (STEP_UP, *REFUSED)]
    assert bound.causes()[1] == "the device did not answer the question of this step-up"
    assert bound.act("thief") == [(API, 200, "")]
    renewal = [(RENEW, *REFUSED), (RENEW, 200, "")]
    assert bound.act("owner", "step-up") == [asked, *renewal, (STEP_UP, 204, "")]


def test_nothing_that_is_held_goes_out(bound: Two) -> None:
    """Neither a cookie of the two, nor the device's key, in a body or in Set-Cookie."""
    bench = Bench.objects.get(tag=bound.client.bench["tag"])
    kept = bench.state["jars"]
    secrets = [text for jar in ("owner", "thief") for text, _ in kept[jar].values()]
    answer = bound.client.post("/bank/binding/act", {"run": RUN, "who": "owner", "what": "refresh"})
    sent = answer.text + str(answer.cookies)

    assert len(secrets) == 6
    assert "PRIVATE KEY" in kept["key"]
    assert not any(text in sent for text in [*secrets, "PRIVATE KEY", "bound_lab"])
    assert "Secure-Session-Registration" not in answer


def test_scene_of_another_run_is_over(bound: Two) -> None:
    """A bench has one person, and so one session at a time."""
    other = {"run": "another-run-of-it", "who": "owner", "what": "api"}

    assert bound.client.post("/bank/binding/act", other).status_code == 404


@pytest.mark.parametrize("step", ["start", "act", "pass", "challenge", "proof"])
def test_stranger_without_a_bench_is_told_so(lab_client: LabClient, step: str) -> None:
    """Nothing is done for a browser that the lab does not know."""
    lab_client.get("/auth/session")
    given = {"run": RUN, "bound": True, "who": "owner", "what": "api", "seconds": 1, "proof": "x"}

    assert lab_client.post(f"/bank/binding/{step}", given).status_code == 404


@pytest.mark.parametrize(
    "wrong", [{"who": "nobody"}, {"what": "delete"}, {"run": "?"}, {"companion": "perhaps"}]
)
def test_unknown_step_is_refused(bound: Two, wrong: dict[str, str]) -> None:
    """There are three requests and two who send them."""
    given = {"run": RUN, "who": "owner", "what": "api", **wrong}

    assert bound.client.post("/bank/binding/act", given).status_code in (400, 422)


@pytest.mark.parametrize("seconds", [0, -1, 32 * DAY])
def test_clock_moves_on_by_a_month_at_most(bound: Two, seconds: int) -> None:
    """And never back."""
    answer = bound.client.post("/bank/binding/pass", {"run": RUN, "seconds": seconds})

    assert answer.status_code in (400, 422)


class Page:
    """The learner's own page, whose key signs."""

    def __init__(self, client: LabClient) -> None:
        client.watch()
        self.client = client
        self.key = new_key()

    def challenge(self) -> str:
        return self.client.post("/bank/binding/challenge", {"run": RUN}).json()["challenge"]

    def prove(self, key: Any, challenge: str) -> dict[str, Any]:
        proof = jars.sign(key, {"jti": challenge}, jwk=jars.jwk(key.public_key()))
        return self.send(proof)

    def send(self, proof: str) -> dict[str, Any]:
        return json.loads(
            self.client.post("/bank/binding/proof", {"run": RUN, "proof": proof}).text
        )


def test_key_of_the_page_counts_and_no_other(lab_client: LabClient) -> None:
    """The first proof says which one it is."""
    page = Page(lab_client)

    first = page.prove(page.key, page.challenge())
    again = page.prove(page.key, page.challenge())
    other = page.prove(new_key(), page.challenge())

    assert (first["status"], again["status"], other["status"]) == (200, 200, 403)
    assert first["jkt"] == again["jkt"]
    assert other["cause"] == "signed by another key than this session is bound to"


def test_proof_counts_once_and_for_this_bench(
    lab_client: LabClient, other_lab_client: LabClient
) -> None:
    """Nor does one that nobody has signed."""
    page, other = Page(lab_client), Page(other_lab_client)
    challenge = page.challenge()

    assert page.prove(page.key, challenge)["status"] == 200
    assert "used before" in page.prove(page.key, challenge)["cause"]
    assert "not a challenge of ours" in other.prove(other.key, page.challenge())["cause"]
    assert page.send("a.b.c")["status"] == 403


def test_page_works_where_the_app_has_it_switched_off(lab_client: LabClient, settings: Any) -> None:
    """The lab runs the same code with its own setting, and says that the app has it off."""
    page = "/learn/binding"
    assert "The app offers it at every sign-in" in lab_client.get(page).text

    settings.GATEHOUSE = {**settings.GATEHOUSE, "BINDING": False}

    assert "The app has it switched off" in lab_client.get(page).text
    assert Two(lab_client, bound=True).act("thief", companion=False) == [(API, *REFUSED)]
