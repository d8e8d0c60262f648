"""The core of docs/adopt.md to the letter, in three projects that had people, views and a sign-in.

Nothing of theirs changes but the lines that the page adds, and these can be taken out again.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.docs import named_blocks
from tests.engines import generated
from tests.engines.adopting import Project
from tests.engines.existing import DIARY, PASSWORD, SHOP, SNIPPETS, Existing
from tests.engines.people import Visitor

PAGE = "docs/adopt.md"
CORE = ("1. Install", "5. The page")
TOUCHED = ("mysite/settings.py", "mysite/urls.py")
ACCESS, REFRESH = "__Host-Http-access_token", "__Host-Http-refresh_token"

Send = Callable[..., httpx.Response]


@dataclass
class Adopted:
    """A project that has adopted the core, and what was so before."""

    project: Project
    existing: Existing
    texts: dict[str, dict[str, str]] = field(default_factory=dict)  # of `TOUCHED`: before, after
    seen: dict[str, Any] = field(default_factory=dict)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generated.wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module", params=[SNIPPETS, SHOP, DIARY], ids=lambda one: one.app)
def adopted(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, built: Path
) -> Adopted:
    """A project that ran with people in it, after steps 1 to 4 of the page."""
    existing: Existing = request.param
    project = Project(tmp_path_factory.mktemp(existing.app), new=False)
    generated.environment_with(built, project.folder)
    project.run("django-admin startproject mysite .")
    settings = project.folder / "mysite" / "settings.py"
    project.write(existing.files | {"mysite/settings.py": settings.read_text() + existing.settings})
    project.run(f"python manage.py makemigrations -v0 {existing.app}; python manage.py migrate -v0")
    project.python(existing.people)
    made = Adopted(project, existing)
    made.texts["before"] = texts(project)
    with project.serve(existing.sign_in):
        made.seen["before"] = as_before(made)

    begun = time.monotonic()
    project.follow(PAGE, *CORE)
    with project.serve() as url, signed_in(url, existing, existing.names[0]) as visitor:
        made.seen["first read"] = visitor.send("GET", "/api/hello").json()
        made.seen["first write"] = visitor.send("POST", existing.path, existing.body).json()
        print(f"\n{existing.app}: adopted in {time.monotonic() - begun:.1f} s")
        visitor.send("DELETE", f"{existing.path}{made.seen['first write']['id']}/")
    made.texts["after"] = texts(project)
    return made


@pytest.fixture
def url(adopted: Adopted) -> Iterator[str]:
    """The address of the adopted project."""
    with adopted.project.serve() as address:
        yield address


def texts(project: Project) -> dict[str, str]:
    return {name: (project.folder / name).read_text() for name in TOUCHED}


def credentials(existing: Existing, name: str) -> dict[str, str]:
    return {existing.named_by: name, "password": PASSWORD}


@contextmanager
def signed_in(url: str, existing: Existing, name: str) -> Iterator[Visitor]:
    """A page of the project whose person has signed in the new way."""
    with closing(Visitor(url)) as visitor:
        visitor.send("GET", "/auth/session")
        answer = visitor.send("POST", "/auth/login", credentials(existing, name))
        assert answer.status_code == 200, answer.text
        yield visitor


@contextmanager
def old_sign_in(url: str, existing: Existing, name: str) -> Iterator[httpx.Client]:
    """A browser that has signed in on the project's own page, or in which nobody has."""
    with httpx.Client(base_url=url, timeout=60) as client:
        client.get(existing.sign_in)
        if name:
            form = {"username": name, "password": PASSWORD}
            form["csrfmiddlewaretoken"] = client.cookies["csrftoken"]
            answer = client.post(existing.sign_in, data=form)
            assert answer.status_code == 302, answer.text
        client.headers["X-CSRFToken"] = client.cookies.get("csrftoken", "")
        yield client


def judged(send: Send, existing: Existing) -> tuple[list[int], str]:
    """What the API answers: the statuses, and whom a new row belongs to.

    Create, list, read, change and delete Olga's row, then change and delete one's own.
    """
    theirs = f"{existing.path}1/"
    made = send("POST", existing.path, existing.body)
    answers = [
        made,
        send("GET", existing.path),
        send("GET", theirs),
        send("PATCH", theirs, existing.body),
        send("DELETE", theirs),
    ]
    if made.status_code == 201:
        own = f"{existing.path}{made.json()['id']}/"
        answers += [send("PATCH", own, existing.body), send("DELETE", own)]
    return [answer.status_code for answer in answers], made.json().get("owner", "")


def as_before(adopted: Adopted) -> dict[str, Any]:
    """What the running project says to the old sign-in, to API keys and to nobody."""
    existing, seen = adopted.existing, {}
    for name in ("", *existing.names):
        with old_sign_in(adopted.project.url, existing, name) as client:

            def send(method: str, path: str, body: Any = None, with_: Any = client) -> Any:
                return with_.request(method, path, json=body)

            refused = client.get(f"{existing.path}4711/")
            pages = [client.get(page).text for page in existing.pages]
            seen[name] = (*judged(send, existing), refused.status_code, refused.text, pages)
            if existing is DIARY and name:
                with httpx.Client(base_url=adopted.project.url, timeout=60) as program:
                    program.headers["Authorization"] = f"Token {name}"

                    def keyed(method: str, path: str, body: Any = None, by: Any = program) -> Any:
                        return by.request(method, path, json=body)

                    seen[f"key of {name}"] = judged(keyed, existing)
    return seen


def test_settings_are_few() -> None:
    """At most 25 lines, counted as they stand on the page."""
    added = [
        line
        for info, text in named_blocks(PAGE, *CORE)
        if info.startswith("python mysite/settings.py")
        for line in text.splitlines()
        if line.strip()
    ]

    assert 0 < len(added) <= 25


def test_only_lines_at_the_end_were_added(adopted: Adopted) -> None:
    """No line of the project changed, and no table of it asks for a migration."""
    for name in TOUCHED:
        assert adopted.texts["after"][name].startswith(adopted.texts["before"][name])
    for name, text in adopted.existing.files.items():
        if name not in TOUCHED:
            assert (adopted.project.folder / name).read_text() == text
    checked = adopted.project.run("python manage.py makemigrations --check")
    assert "No changes detected" in checked


def test_first_read_and_first_write_belong_to_the_person(adopted: Adopted) -> None:
    """`request.user` is the project's own object, in its own views too."""
    name = adopted.existing.names[0]

    assert adopted.seen["first read"] == {"hello": name}
    assert adopted.seen["first write"]["owner"] == name


def test_tokens_may_what_their_people_may(adopted: Adopted, url: str) -> None:
    """Permissions of models, rows and owners judge tokens as they judge sessions. Nobody gets less."""
    existing = adopted.existing
    for name in existing.names:
        with signed_in(url, existing, name) as visitor:
            statuses, owner = judged(visitor.send, existing)

        assert statuses == existing.expected[name]
        assert owner == (name if statuses[0] == 201 else "")
    with closing(Visitor(url)) as nobody:
        assert judged(nobody.send, existing)[0] == existing.expected[""]


def test_old_sign_in_goes_on_as_before(adopted: Adopted, url: str) -> None:
    """Statuses, errors, pages and API keys are what they were without this package."""
    before = adopted.seen["before"]
    assert {
        name: before[name][0] for name in adopted.existing.expected
    } == adopted.existing.expected

    assert as_before(adopted) == before


def test_tokens_open_no_page_of_django_sessions(adopted: Adopted, url: str) -> None:
    """What stands behind LoginRequiredMixin asks for the old sign-in."""
    with signed_in(url, adopted.existing, adopted.existing.names[0]) as visitor:
        assert visitor.send("GET", "/admin/").status_code == 302
        for page in adopted.existing.pages:
            assert visitor.send("GET", page).status_code == 302


def test_wrong_password_and_missing_csrf_token_are_refused(adopted: Adopted, url: str) -> None:
    """The old passwords work, and no others. A write by cookie needs the header."""
    existing, name = adopted.existing, adopted.existing.names[0]
    with signed_in(url, existing, name) as visitor:
        wrong = credentials(existing, name) | {"password": "wrong, and long enough"}
        assert visitor.send("POST", "/auth/login", wrong).status_code == 401
        del visitor.cookies["csrftoken"]

        assert visitor.send("POST", existing.path, existing.body).status_code == 403


def test_copied_cookie_is_worth_nothing_after_sign_out(adopted: Adopted, url: str) -> None:
    """Both tokens, presented again by whoever copied them, in a view of the project's own."""
    with signed_in(url, adopted.existing, adopted.existing.names[0]) as visitor:
        kept = dict(visitor.cookies)
        assert visitor.send("POST", "/auth/logout").status_code == 204
        visitor.cookies |= {name: kept[name] for name in (ACCESS, REFRESH)}

        assert visitor.send("GET", adopted.existing.path).status_code == 401
        assert visitor.send("POST", "/auth/refresh").json()["code"] == "session_ended"


def test_lines_can_be_taken_out_and_added_again(adopted: Adopted) -> None:
    """Without them the project is what it was. With them again, people sign in again."""
    project, existing = adopted.project, adopted.existing
    project.follow(PAGE, "Going back", "Copied instead of installed", also="going back")
    project.write(adopted.texts["before"])
    with project.serve(existing.sign_in) as url:
        assert httpx.get(f"{url}/auth/session").status_code == 404
        assert as_before(adopted) == adopted.seen["before"]

    project.write(adopted.texts["after"])
    project.run("python manage.py migrate -v0")
    with project.serve() as url, signed_in(url, existing, existing.names[0]) as visitor:
        assert visitor.send("GET", "/api/hello").status_code == 200
