"""docs/adopt.md to the letter: a new Django project with the core, with all parts, with a copy."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager

import httpx
import pytest
from playwright.sync_api import BrowserContext, Route, expect

from project.middleware import CONTENT_SECURITY_POLICY
from tests.docs import named_blocks
from tests.engines.adopting import Project
from tests.engines.people import Visitor

PAGE = "docs/adopt.md"
PASSWORD = "a long way home on foot"
BY_NAME = {"username": "ada", "password": PASSWORD}
BY_EMAIL = {"email": "Ada@Example.com", "password": PASSWORD}
ACCESS, REFRESH = "__Host-Http-access_token", "__Host-Http-refresh_token"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A new project after all steps, without a part. It is not started."""
    made = Project(tmp_path_factory.mktemp("adopt"), new=True)
    made.follow(PAGE)
    return made


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A new project with all parts, which are chosen before the first `migrate`."""
    made = Project(tmp_path_factory.mktemp("whole"), new=True)
    made.follow(PAGE, "1. Install", "4. Start it")
    made.follow(PAGE, "7. What to tighten", "9. Before others use it", also="part")
    made.follow(PAGE, "4. Start it", "5. The page")
    return made


@pytest.fixture(scope="module")
def url(project: Project) -> Iterator[str]:
    """The address of the started project."""
    with project.serve() as address:
        yield address


@contextmanager
def signed_in(url: str, who: dict[str, str]) -> Iterator[Visitor]:
    """A page of the project whose person has signed in."""
    with closing(Visitor(url)) as found:
        found.send("GET", "/auth/session")
        assert found.send("POST", "/auth/login", who).status_code == 200
        yield found


@pytest.fixture
def visitor(url: str) -> Iterator[Visitor]:
    """A page of the project with the core, signed in."""
    with signed_in(url, BY_NAME) as found:
        yield found


def test_tokens_come_in_cookies_and_open_the_view(visitor: Visitor) -> None:
    """Sign-in fills two cookies, and they are enough for the first protected view."""
    assert {ACCESS, REFRESH} <= set(visitor.cookies)

    answer = visitor.send("GET", "/api/hello")

    assert answer.status_code == 200
    assert answer.json() == {"hello": "ada"}
    assert answer.headers["Cache-Control"] == "no-store"


def test_refresh_brings_other_tokens_that_work(visitor: Visitor) -> None:
    """Rotation needs nothing that the page does not say."""
    before = visitor.cookies[ACCESS]

    assert visitor.send("POST", "/auth/refresh").status_code == 200

    assert visitor.cookies[ACCESS] != before
    assert visitor.send("GET", "/api/hello").status_code == 200


def test_change_without_the_csrf_token_is_refused(visitor: Visitor) -> None:
    """The view says nothing about CSRF, and is protected all the same."""
    assert visitor.send("POST", "/api/hello", {"a": 1}).status_code == 201
    del visitor.cookies["__Host-csrftoken"]

    refused = visitor.send("POST", "/api/hello", {"a": 1})

    assert refused.status_code == 403
    assert refused.json()["code"] == "csrf_failed"


def test_old_cookies_are_worth_nothing_after_sign_out(visitor: Visitor) -> None:
    """Both tokens, presented again by whoever copied them."""
    kept = dict(visitor.cookies)
    assert visitor.send("POST", "/auth/logout").status_code == 204
    assert visitor.send("GET", "/api/hello").json()["code"] == "not_authenticated"
    visitor.cookies |= {name: kept[name] for name in (ACCESS, REFRESH)}

    assert visitor.send("GET", "/api/hello").json()["code"] == "invalid_token"
    assert visitor.send("POST", "/auth/refresh").json()["code"] == "session_ended"


def with_policy(route: Route) -> None:
    """The page as it comes, under the policy that the document advises."""
    answer = route.fetch()
    policy = {"Content-Security-Policy": CONTENT_SECURITY_POLICY}
    route.fulfill(response=answer, headers=answer.headers | policy)


def test_page_signs_in_and_out_in_a_browser(url: str, new_context) -> None:
    """The few lines of script do what they say, find no token, and break no policy of ours."""
    context: BrowserContext = new_context()
    page = context.new_page()
    page.route(f"{url}/hello", with_policy)
    page.goto(f"{url}/hello")
    expect(page.locator("output")).to_have_text("Not signed in")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("output")).to_have_text("Hello ada")
    assert "token" not in page.evaluate("document.cookie").replace("csrftoken", "")
    context.clear_cookies(name=ACCESS)
    page.reload()
    expect(page.locator("output")).to_have_text("Hello ada")
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("output")).to_have_text("Signed out")


def test_page_gets_by_with_djangos_own_csrf_cookie(project: Project, new_context) -> None:
    """A project keeps its CSRF cookie. One that is left over from other settings does no harm."""
    settings = (project.folder / "mysite" / "settings.py").read_text()
    plain = project.beside("mysite.plain")  # the other one may still be served
    kept = re.sub(r"CSRF_COOKIE_\w+ = .*", "", settings).replace(project.url, plain.url)
    (project.folder / "mysite" / "plain.py").write_text(kept)
    with plain.serve() as url:
        context: BrowserContext = new_context()
        secure = url.replace(
            "http:", "https:"
        )  # a Secure cookie, which localhost gets all the same
        left_over = {"name": "__Host-csrftoken", "value": "x" * 32, "secure": True, "url": secure}
        context.add_cookies([left_over | {"sameSite": "Strict"}])
        page = context.new_page()
        page.goto(f"{url}/hello")
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("output")).to_have_text("Hello ada")
        names = {cookie["name"] for cookie in context.cookies()}

    assert names == {"csrftoken", "__Host-csrftoken", ACCESS, REFRESH}


def test_all_parts_serve_their_paths(whole: Project) -> None:
    """One question for each part: an address in any spelling, a program, events, mails, staff."""
    with whole.serve() as url, signed_in(url, BY_EMAIL) as visitor:
        assert visitor.send("GET", "/api/hello").json() == {"hello": "ada@example.com"}
        events = visitor.send("GET", "/auth/events").json()["results"]
        assert [event["kind"] for event in events] == ["signed_in"]
        assert visitor.send("GET", "/auth/account").json()["email"] == "ada@example.com"
        assert visitor.send("GET", "/admin/").status_code == 302
        assert "My site administration" in visitor.send("GET", "/admin/login/").text

        tokens = httpx.post(f"{url}/auth/token", json=BY_EMAIL, timeout=60).json()
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert httpx.post(f"{url}/api/hello", json={"a": 1}, headers=bearer).status_code == 201
        assert httpx.get(f"{url}/api/hello").status_code == 401


def test_copy_under_another_name_takes_the_same_lines(tmp_path_factory) -> None:
    """The core's blocks with `mysite.auth` for `gatehouse`."""
    made = Project(tmp_path_factory.mktemp("copied"), new=False)
    made.run("django-admin startproject mysite .")
    made.follow(PAGE, "Copied instead of installed", also="copied")
    for info, text in named_blocks(PAGE, "2. Settings", "5. The page"):
        renamed = re.sub(r"\bgatehouse(?=\"|\.(web|urls))", "mysite.auth", text)
        made.follow_block(info, renamed if info.startswith("python") else text)

    assert "No changes detected" in made.run("python manage.py makemigrations --check")
    with made.serve() as url:
        assert httpx.get(f"{url}/auth/session").json()["authenticated"] is False
        assert httpx.get(f"{url}/static/gatehouse/session.js").status_code == 200


def test_private_key_is_not_added_to_git(project: Project) -> None:
    """`git add -A` after the last step, as people do."""
    added = project.run("git init --quiet; git add -A -- var; git ls-files").split()

    assert added == ["var/.gitignore"]
    assert "signing-keys.json" in project.run("ls var")


@pytest.mark.parametrize("which", ["project", "whole"])
def test_nothing_is_missing_after_the_last_step(which: str, request: pytest.FixtureRequest) -> None:
    """No error, and no warning either."""
    made: Project = request.getfixturevalue(which)

    assert "no issues (0 silenced)" in made.run("python manage.py check")


# What hurried readers left out, each of several things at once: file, pattern, what stands there
# instead, and the check that names it.
FORGOTTEN = [
    [
        ("settings.py", r"    \"gatehouse.web.middleware.ClientAddress\",", "", "E006"),
        ("settings.py", r"    \"gatehouse.web.middleware.CookieHygiene\",", "", "E005"),
        ("settings.py", r"CSRF_COOKIE_NAME.*", "CSRF_COOKIE_HTTPONLY = True", "E007"),
        ("settings.py", r"CSRF_COOKIE_SAMESITE.*", "", "W007"),
        ("settings.py", r"    \"EXCEPTION_HANDLER\".*", "", "W006"),
        ("settings.py", r"    \"DEFAULT_PERMISSION_CLASSES\".*", "", "W001"),
        ("settings.py", r"    \"ISSUER\".*", "", "E009"),
        ("settings.py", r"    \"SIGNING_KEYS_FILE\".*", "", "E004"),
        ("settings.py", r"\"DATA_DIR\": VAR,", '"DATA_DIR": VAR / "nowhere",', "E012"),
        ("settings.py", r"    .*Argon2PasswordHasher.*", "", "W002"),
        ("settings.py", r".*LengthLimit.*", "", "W003"),
        ("settings.py", r"    \"transaction_mode\".*", "", "W004"),
        ("settings.py", r"SESSION_COOKIE_AGE.*", "", "W005"),
        ("settings.py", r"gatehouse.staff.apps.Administration", "django.contrib.admin", "E015"),
    ],
    [("settings.py", r"AUTH_USER_MODEL.*", "", "E018")],
    [("urls.py", r".*include\(\"gatehouse.urls\"\).*", "", "E014")],
]


@pytest.mark.parametrize("left_out", FORGOTTEN, ids=["settings", "user-model", "paths"])
def test_what_is_left_out_is_named(whole: Project, left_out: list[tuple[str, ...]]) -> None:
    """`manage.py check` says which steps were forgotten, all of them at once."""
    mysite = whole.folder / "mysite"
    texts = {name: (mysite / name).read_text() for name in ("settings.py", "urls.py")}
    for name, pattern, instead, _ in left_out:
        texts[name], count = re.subn(pattern, instead, texts[name])
        assert count == 1, pattern
    (mysite / "other_urls.py").write_text(texts["urls.py"])
    (mysite / "other.py").write_text(f"{texts['settings.py']}ROOT_URLCONF = 'mysite.other_urls'\n")

    said = whole.run("python manage.py check --settings mysite.other", check=False)

    found = set(re.findall(r"\(gatehouse\.(\w+)\)", said))
    assert found == {number for *_, number in left_out}, said
