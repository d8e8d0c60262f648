"""docs/adopt.md to the letter: a new Django project with `accounts` in it signs people in."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import BrowserContext, Route, expect

from project.middleware import CONTENT_SECURITY_POLICY
from tests.engines.adopting import Project
from tests.engines.people import Visitor

PAGE = "docs/adopt.md"
WHO = {"email": "you@example.com", "password": "a long way home on foot"}
ACCESS, REFRESH = "__Host-Http-access_token", "__Host-Http-refresh_token"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The finished project, not started."""
    made = Project(tmp_path_factory.mktemp("adopt"), new=True)
    made.follow(PAGE)
    return made


@pytest.fixture(scope="module")
def url(project: Project) -> Iterator[str]:
    """The address of the started project."""
    with project.serve() as address:
        yield address


@pytest.fixture
def visitor(url: str) -> Iterator[Visitor]:
    """A page of the project, signed in."""
    found = Visitor(url)
    found.send("GET", "/auth/session")
    assert found.send("POST", "/auth/login", WHO).status_code == 200
    yield found
    found.close()


def test_tokens_come_in_cookies_and_open_the_view(visitor: Visitor) -> None:
    """Sign-in fills two cookies, and they are enough for the first protected view."""
    assert {ACCESS, REFRESH} <= set(visitor.cookies)

    answer = visitor.send("GET", "/api/hello")

    assert answer.status_code == 200
    assert answer.json()["hello"] == visitor.send("GET", "/auth/session").json()["user"]["id"]
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


def test_program_uses_the_same_view_with_a_bearer_token(url: str) -> None:
    """No cookie, no CSRF token."""
    tokens = httpx.post(f"{url}/auth/token", json=WHO).json()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}

    assert httpx.post(f"{url}/api/hello", json={"a": 1}, headers=bearer).status_code == 201
    assert httpx.get(f"{url}/api/hello").status_code == 401


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
    page.get_by_label("E-mail").fill(WHO["email"])
    page.get_by_label("Password").fill(WHO["password"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("output")).to_contain_text("Hello ")
    assert "token" not in page.evaluate("document.cookie").replace("csrftoken", "")
    context.clear_cookies(name=ACCESS)
    page.reload()
    expect(page.locator("output")).to_contain_text("Hello ")
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("output")).to_have_text("Signed out")


def test_administration_is_there_and_takes_no_token(visitor: Visitor) -> None:
    """Its sign-in page answers; somebody who is signed in elsewhere has to sign in."""
    assert visitor.send("GET", "/admin/").status_code == 302
    assert "My site administration" in visitor.send("GET", "/admin/login/").text


def test_view_of_any_project_gets_the_users_row(visitor: Visitor) -> None:
    """`request.user` in an ordinary view, and the token's session beside it."""
    answer = visitor.send("GET", "/api/whoami")

    session = visitor.send("GET", "/auth/session").json()["session"]["id"]
    assert answer.json() == {"email": WHO["email"], "session": session}


def test_private_key_is_not_added_to_git(project: Project) -> None:
    """`git add -A` after the last step, as people do."""
    added = project.run("git init --quiet; git add -A -- var; git ls-files").split()

    assert added == ["var/.gitignore"]
    assert "signing-keys.json" in project.run("ls var")


def test_nothing_is_missing_after_the_last_step(project: Project) -> None:
    """No error, and no warning either."""
    assert "no issues (0 silenced)" in project.run("python manage.py check")


# What hurried readers left out, each of several things at once: file, pattern, what stands there
# instead, and the check that names it.
FORGOTTEN = [
    [
        ("settings.py", r"    \"accounts.web.middleware.ClientAddress\",", "", "E006"),
        ("settings.py", r"    \"accounts.web.middleware.CookieHygiene\",", "", "E005"),
        ("settings.py", r"CSRF_COOKIE_NAME.*", "", "E007"),
        ("settings.py", r"    \"EXCEPTION_HANDLER\".*", "", "W006"),
        ("settings.py", r"    \"DEFAULT_PERMISSION_CLASSES\".*", "", "W001"),
        ("settings.py", r"    \"ISSUER\".*", "", "E009"),
        ("settings.py", r"    \"SIGNING_KEYS_FILE\".*", "", "E004"),
        ("settings.py", r"\"DATA_DIR\": VAR,", '"DATA_DIR": VAR / "nowhere",', "E012"),
        ("settings.py", r"\[ARGON2, ", "[", "W002"),
        ("settings.py", r".*LengthLimit.*", "", "W003"),
        ("settings.py", r"    \"transaction_mode\".*", "", "W004"),
        ("settings.py", r"SESSION_COOKIE_AGE.*", "", "W005"),
        ("settings.py", r"accounts.staff.apps.Administration", "django.contrib.admin", "E015"),
    ],
    [("settings.py", r"AUTH_USER_MODEL.*", "", "E018")],
    [("urls.py", r".*include\(\"accounts.urls\"\).*", "", "E014")],
]


@pytest.mark.parametrize("left_out", FORGOTTEN, ids=["settings", "user-model", "paths"])
def test_what_is_left_out_is_named(project: Project, left_out: list[tuple[str, ...]]) -> None:
    """`manage.py check` says which steps were forgotten, all of them at once."""
    mysite = project.folder / "mysite"
    texts = {name: (mysite / name).read_text() for name in ("settings.py", "urls.py")}
    for name, pattern, instead, _ in left_out:
        texts[name], count = re.subn(pattern, instead, texts[name])
        assert count == 1, pattern
    (mysite / "other_urls.py").write_text(texts["urls.py"])
    (mysite / "other.py").write_text(f"{texts['settings.py']}ROOT_URLCONF = 'mysite.other_urls'\n")

    said = project.run("python manage.py check --settings mysite.other", check=False)

    found = set(re.findall(r"\(gatehouse\.(\w+)\)", said))
    assert found == {number for *_, number in left_out}, said
