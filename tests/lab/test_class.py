"""A class: who gets in, what a pupil sees and costs, what the teacher counts, and what a wipe leaves."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.core.signing import Signer
from django.http import HttpResponse
from django.test import override_settings
from django.urls import get_resolver

from accounts.audit.models import SecurityEvent
from accounts.credentials import budgets
from accounts.models import FailureCount, Session
from accounts.users.models import User
from lab import addresses, outgoing
from lab.classroom import questions, rooms
from lab.models import Bench, Prediction, Pupil, Room
from tests.clients import BearerClient, BrowserClient
from tests.lab.clients import LabClient

SECRET = "JA_-26yuZ9MpK-nqWJgjMg"
HTML = {"Accept": "text/html,*/*"}


class Browser(BrowserClient):
    """A page in a class, which is always served over TLS."""

    def own_headers(self, method: str) -> dict[str, str | None]:
        headers = super().own_headers(method)
        return headers | ({"Origin": "https://localhost"} if "Origin" in headers else {})

    def generic(self, method: str, path: str, data: Any = "", *args: Any, **extra: Any) -> Any:
        return super().generic(method, path, data, *args, **(extra | {"secure": True}))

    def enter(self, code: str) -> HttpResponse:
        self.get("/class")
        return self.post("/class/join", {"code": code})

    def teach(self) -> HttpResponse:
        self.get("/class/teacher")
        return self.post("/class/teacher/session", {"secret": SECRET})


@pytest.fixture
def room(db: None, settings: Any, tmp_path: Path) -> Room:
    """A class that has just been opened, under the settings and the middleware of one."""
    for paths in (settings.ROOT_URLCONF, *settings.OTHER_URLCONFS.values()):
        assert get_resolver(paths).url_patterns  # read before, as the demo has them
    middleware = list(settings.MIDDLEWARE)
    at = middleware.index("lab.middleware.Lab")
    middleware.insert(at, "lab.classroom.middleware.Classroom")
    settings.CLASS, settings.DEMO, settings.MIDDLEWARE = True, False, middleware
    settings.ROOT_URLCONF = "tests.lab.class_urls"
    settings.EMAIL_FILE_PATH = tmp_path
    return rooms.new(SECRET)


@pytest.fixture
def pupil(room: Room) -> Browser:
    """A browser that has joined and signed in."""
    browser = Browser()
    made = browser.enter(room.code).json()
    assert browser.sign_in(made["email"], made["password"]).status_code == 200
    return browser


def test_stranger_is_led_to_the_door_and_gets_nothing(room: Room, alice: User) -> None:
    """People see where to join. Programs are refused, also with the right password."""
    stranger = Browser()
    page = stranger.get("/notes", headers=HTML)
    assert (page.status_code, page["Location"]) == (303, "http://localhost/class")

    assert stranger.get("/api/notes").status_code == 403
    assert stranger.sign_in(alice).status_code == 403
    assert (
        stranger.post("/class/predictions", {"experiment": "first", "answer": "name"}).status_code
        == 404
    )
    assert stranger.get("/class/tally").status_code == 404
    assert stranger.post("/class/tally").status_code == 404
    assert stranger.get("/mail/messages").status_code == 403
    assert stranger.get("/class/me").json() == {"name": None}


def test_mark_of_the_labs_own_server_cannot_be_made_up(room: Room) -> None:
    """The attackers' server has no cookie of a pupil, and a stranger has not its signature."""
    program = BearerClient()
    real = Signer(salt=outgoing.SENDER).sign("lab")

    for mark, status in ((real, 401), (f"{real}x", 403), ("lab", 403), ("", 403)):
        answer = program.get("/api/notes", headers={outgoing.SENDER: mark}, secure=True)
        assert answer.status_code == status, mark


def test_token_that_the_labs_own_servers_bring_is_judged_as_ever(room: Room) -> None:
    """They send no cookie of a pupil. Anywhere else a token opens no door."""
    program = BearerClient()
    bearer = {"Authorization": "Bearer x"}

    assert program.get("/api/me", headers=bearer, secure=True).status_code == 401
    assert program.get("/api/notes", headers=bearer, secure=True).status_code == 403


@pytest.mark.parametrize("path", ["/bank/transfer", "/bank/storage/probe"])
def test_forged_request_comes_without_the_pupils_cookie(room: Room, path: str) -> None:
    """Strict withholds it across sites. Its victim has a secret tag, without which there is none."""
    lab = LabClient()

    assert lab.post(path, secure=True).status_code == 404
    assert lab.post("/bank/account", secure=True).status_code == 403


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860::1", "nobody"])
def test_caller_from_elsewhere_is_refused(room: Room, address: str) -> None:
    """The room's network is private: whoever is not has come through a hole in a router."""
    assert Browser(REMOTE_ADDR=address).get("/class").status_code == 403


def test_code_lets_in_however_it_is_typed(room: Room) -> None:
    """Small letters, without its hyphen, with blanks. The account is new and nobody's."""
    made = Browser().enter(f" {room.code.lower().replace('-', ' ')}").json()

    user = User.objects.get()
    assert (user.email, user.name, user.is_staff) == (made["email"], made["name"], False)
    assert user.check_password(made["password"])
    assert not Session.objects.exists()  # joining is no way around the sign-in


@pytest.mark.parametrize("code", ["", "AAAA-AAAA", "\u2028", "A" * 40])
def test_wrong_code_makes_nobody(room: Room, code: str) -> None:
    """It is refused at the field, and counted."""
    answer = Browser().enter(code)

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["code"])
    assert not Pupil.objects.exists()


def test_guessing_codes_from_one_address_is_throttled(room: Room) -> None:
    """300 in ten minutes. A code has 31**8 forms, and a class behind one address mistypes it too."""
    for _ in range(300):
        budgets.spend([budgets.Budget("class code", "127.0.0.1", 300, 600)])

    assert Browser().enter(room.code).status_code == 429
    assert Browser(REMOTE_ADDR="192.168.1.77").enter(room.code).status_code == 200


def test_guessing_the_teachers_secret_is_throttled(room: Room) -> None:
    """And a wrong one opens nothing."""
    other = Browser()
    other.get("/class/teacher")
    assert other.post("/class/teacher/session", {"secret": "x"}).status_code == 400
    assert rooms.TEACHER not in other.cookies
    for _ in range(29):
        budgets.spend([budgets.Budget("class teacher", "127.0.0.1", 30, 600)])

    assert other.post("/class/teacher/session", {"secret": SECRET}).status_code == 429


def test_full_class_lets_nobody_in(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever joins again and again does not fill the disk."""
    monkeypatch.setattr(rooms, "MOST_PUPILS", 1)
    Browser().enter(room.code)

    assert Browser().enter(room.code).json()["errors"] == {"code": ["This class is full."]}


def test_no_two_pupils_have_one_name(room: Room) -> None:
    """Where all names but one are taken, that one is found."""
    names = [
        f"{how} {colour} {who}"
        for how in rooms.HOW
        for colour in rooms.COLOURS
        for who in rooms.WHO
    ]
    elsewhere = Room.objects.create(code="", teacher="")
    Pupil.objects.bulk_create(Pupil(room=elsewhere, name=name) for name in names[1:])

    assert Browser().enter(room.code).json()["name"] == names[0]


def test_pupils_behind_one_address_are_counted_apart(room: Room, pupil: Browser) -> None:
    """One who has used up a budget of the network does not lock out the neighbour."""
    neighbour = Browser()
    made = neighbour.enter(room.code).json()
    lost = Pupil.objects.exclude(name=made["name"]).get()
    for _ in range(100):
        budgets.spend([budgets.Budget("sign-in network", f"pupil {lost.id}", 100, 600)])

    assert pupil.sign_in(made["email"], made["password"]).status_code == 429
    assert neighbour.sign_in(made["email"], made["password"]).status_code == 200


def test_pupil_goes_on_with_each_page(room: Room, pupil: Browser) -> None:
    """The cookie lasts an hour from the last page. Answers of the API do not renew it."""
    page, answer = pupil.get("/notes"), pupil.get("/api/me")

    assert page.cookies[rooms.PUPIL]["max-age"] == 3600
    assert (answer.status_code, rooms.PUPIL in answer.cookies) == (200, False)


def test_pupil_sees_the_mails_to_own_addresses_alone(
    room: Room, pupil: Browser, settings: Any
) -> None:
    """Any address of the pupil's domain counts, another pupil's does not, and the teacher has none."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    domain = Pupil.objects.get().mail_domain
    for to in (f"me@{domain}", f"new@{domain.upper()}", f"me@x{domain}", f"{domain}@class.test"):
        mail.send_mail("hello", "text", None, [to])
    teacher = Browser()
    teacher.teach()

    seen = pupil.get("/mail/messages").json()["results"]

    assert {one["to"] for one in seen} == {f"me@{domain}", f"new@{domain.upper()}"}
    assert teacher.get("/mail/messages").json()["results"] == []


def test_bench_of_a_pupil_has_a_person_at_both_hosts(room: Room, pupil: Browser) -> None:
    """App and lab are ports of one address there, so the cookie of the bench goes to both."""
    assert pupil.post("/learn/api/watch").json()["person"]["name"] == "Alice"


def test_tally_counts_answers_and_tells_nobody_whose_they_are(room: Room, pupil: Browser) -> None:
    """One prediction a pupil: the last."""
    for answer in ("reads", "name"):
        sent = pupil.post("/class/predictions", {"experiment": "first", "answer": answer})
        assert sent.status_code == 204
    teacher = Browser()
    assert teacher.teach().status_code == 204

    answer = teacher.get("/class/tally")

    (first,) = answer.json()["experiments"]
    counted = {one["label"]: one["count"] for one in first["answers"]}
    assert list(counted.values()) == [0, 1, 0]
    assert answer.json()["pupils"] == 1
    one = Pupil.objects.get()
    assert not any(text in answer.text for text in (one.name, one.id, one.mail_domain))


@pytest.mark.parametrize(
    "body", [{"experiment": "first", "answer": "x"}, {"experiment": "x", "answer": "name"}]
)
def test_prediction_that_no_page_offers_is_not_kept(pupil: Browser, body: dict[str, str]) -> None:
    """What is counted was on a button: nobody writes onto the projector."""
    assert pupil.post("/class/predictions", body).status_code == 404
    assert not Prediction.objects.exists()


def test_questions_are_those_of_the_pages(db: None) -> None:
    """Every experiment that asks, with the words of its buttons, and without the skipping one."""
    found = questions.all_questions()

    assert "nothing" in found["first"].answers
    assert all(one.text and len(one.answers) >= 2 for one in found.values())
    assert not any("" in one.answers or "#" in one.text[:1] for one in found.values())


def test_new_class_leaves_nothing_of_the_old_one(
    room: Room, pupil: Browser, lab_client: LabClient, tmp_path: Path
) -> None:
    """People, sessions, benches, mails, predictions and counters go. The teacher stays."""
    pupil.post("/class/predictions", {"experiment": "first", "answer": "name"})
    pupil.post("/learn/api/watch")
    (tmp_path / "1.log").write_text("a mail")
    teacher = Browser()
    teacher.teach()
    Browser().enter("wrong")

    answer = teacher.post("/class/tally").json()

    assert (answer["pupils"], answer["experiments"]) == (0, [])
    assert answer["code"] != room.code
    for model in (User, Pupil, Prediction, Bench, FailureCount, SecurityEvent):
        assert not model.objects.exists(), model
    assert not Session.objects.filter(ended_at=None).exists()
    assert list(tmp_path.iterdir()) == [] == mail.outbox  # nobody is told, least of all a namesake
    assert pupil.get("/api/me").status_code == 403
    assert teacher.get("/class/tally").status_code == 200


def test_command_opens_a_class_and_says_how_to_join(room: Room) -> None:
    """The secret is new, and only its hash is kept."""
    said = StringIO()
    call_command("new_class", stdout=said)

    now = Room.objects.get()
    assert now.code in said.getvalue()
    secret = said.getvalue().split()[-1]
    assert rooms.knows_secret(secret) and not rooms.knows_secret(SECRET)
    assert secret not in now.teacher


def test_command_outside_a_class_wipes_nothing(alice: User) -> None:
    """The demo and production have people who stay."""
    with pytest.raises(CommandError, match="class mode only"):
        call_command("new_class")
    assert User.objects.exists()


def test_page_and_readiness_are_served(room: Room, db: None) -> None:
    """The three pages, which are the same for everyone."""
    for path in ("/class", "/class/teacher", "/ready"):
        assert Browser().get(path).status_code == 200
    hostile = Browser().get("/thief", SERVER_NAME="127.0.0.1")
    assert hostile.status_code == 404  # no victim, and no door either


def test_row_of_a_class_is_named_without_a_secret(room: Room) -> None:
    """Text and traces of a row hold no code and no cookie."""
    one = Pupil.objects.create(room=room, name="Kind Green Owl")
    prediction = Prediction(pupil=one, experiment="first", answer="name")

    assert (str(room), str(one)) == (f"room {room.pk}", "Kind Green Owl")
    assert str(prediction) == "first: name"


AT = {
    "APP_HOSTS": ["10.0.0.5:8000"],
    "LAB_HOSTS": ["10.0.0.5:8001"],
    "HOSTILE_HOSTS": ["[::ffff:a00:5]:8002", "10.0.0.5:8002"],
}


def test_ports_of_one_address_are_one_site_and_its_other_spelling_another(settings: Any) -> None:
    """As browsers judge: the port is no part of a site, and two spellings are two hosts."""
    settings.GATEHOUSE = settings.GATEHOUSE | {"ISSUER": "https://10.0.0.5:8000"}
    with override_settings(**AT):
        assert addresses.lab() == "https://10.0.0.5:8001"
        assert addresses.attackers() == {
            "other": "https://[::ffff:a00:5]:8002",
            "sibling": "https://10.0.0.5:8002",
        }
    assert not addresses.same_site("1.10.0.5", "10.0.0.5")
    assert addresses.same_site("a.room.local:1", "room.local")


def test_labs_own_servers_find_the_class_at_its_address(settings: Any, rf: Any) -> None:
    """Nothing listens on loopback there."""
    settings.GATEHOUSE = settings.GATEHOUSE | {"ISSUER": "https://10.0.0.5:8000"}
    with override_settings(CLASS=True):
        assert outgoing.open_connection(rf.get("/", secure=True)).host == "10.0.0.5"
