"""The lab's people: one for each bench, known at the lab alone."""

from accounts import subjects
from accounts.audit.models import SecurityEvent
from accounts.models import Session
from accounts.users.models import User
from lab import benches, people
from lab.models import Bench
from tests.clients import BrowserClient
from tests.lab.clients import LabClient


def test_alice_at_the_lab_gets_marked_cookies_with_the_apps_attributes(
    lab_client: LabClient,
) -> None:
    """The same sign-in as the app's, and a life so short that one can watch it end."""
    answer = lab_client.sign_in_alice()

    assert answer.status_code == 200
    access = answer.cookies["__Host-Http-lab_access_token"]
    assert (access["max-age"], access["samesite"], access["path"]) == (20, "Strict", "/")
    assert access["secure"]
    assert access["httponly"]
    assert {name for name in answer.cookies if "lab_" not in name} == {"__Host-csrftoken"}


def test_alice_at_the_app_is_refused(lab_client: LabClient, browser_client: BrowserClient) -> None:
    """Her public password opens nothing there."""
    person = lab_client.watch()["person"]

    answer = browser_client.sign_in(person["email"], person["password"])

    assert answer.json()["code"] == "invalid_credentials"


def test_alice_at_the_lab_is_refused(alice: User, lab_client: LabClient) -> None:
    """Nobody's real password works where attacks are tried out."""
    lab_client.watch()

    assert lab_client.sign_in(alice).json()["code"] == "invalid_credentials"


def test_one_benchs_person_is_not_anothers(
    lab_client: LabClient, other_lab_client: LabClient
) -> None:
    """Each browser has a person of its own."""
    assert lab_client.watch()["person"]["email"] != other_lab_client.watch()["person"]["email"]


def test_events_of_the_lab_are_not_kept_in_the_audit_log(lab_client: LabClient) -> None:
    """Staff who read the log find what happened in the app."""
    lab_client.sign_in_alice()
    lab_client.sign_in(lab_client.bench["person"]["email"], "a wrong password of some length")

    assert not SecurityEvent.objects.exists()


def test_clearing_a_bench_ends_its_sessions_and_removes_its_person(lab_client: LabClient) -> None:
    """Throwaway is meant: an hour later nothing of it is left that could sign in."""
    lab_client.sign_in_alice()

    benches.clear(Bench.objects.get())

    assert not User.objects.filter(email__endswith=people.DOMAIN).exists()
    assert set(Session.objects.values_list("end_reason", flat=True)) == {"lab_over"}
    assert lab_client.get("/api/me").status_code == 401
    assert not SecurityEvent.objects.exists()


def test_deleting_people_spares_those_of_the_app(alice: User) -> None:
    """A bench that named a real person could not delete them."""
    people.delete(subjects.of(alice).sub)

    assert User.objects.filter(pk=alice.pk).exists()


def test_watching_at_the_app_makes_nobody(db: None) -> None:
    """There one watches one's own session: no person of the lab is needed."""
    client = BrowserClient()
    client.get("/auth/session")

    assert client.post("/learn/api/watch").json()["person"] is None
    assert not User.objects.exists()
