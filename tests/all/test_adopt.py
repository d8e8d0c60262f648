"""docs/adopt.md to the letter: a new Django project with `accounts` in it signs people in."""

import os
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Route, expect

from project.middleware import CONTENT_SECURITY_POLICY
from tests.all.people import Visitor
from tests.docs import named_blocks, read
from tests.servers import ROOT, die_with_parent, free_port, wait_for

PAGE = "docs/adopt.md"
WHO = {"email": "you@example.com", "password": "a long way home on foot"}
ACCESS, REFRESH = "__Host-Http-access_token", "__Host-Http-refresh_token"


class Project:
    """What the page makes of an empty folder, up to the command that serves it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.serve = ""
        for info, text in named_blocks(PAGE):
            self.follow(info, text.replace("8000", str(self.port)))

    def follow(self, info: str, text: str) -> None:
        language, _, name = info.partition(" ")
        if language == "sh":
            *lines, last = text.splitlines(keepends=True)
            if "runserver" in last:
                text, self.serve = "".join(lines), last
            self.run(text)
            return
        file = self.folder / name.removesuffix(" (add)")
        before = file.read_text() if name.endswith(" (add)") else ""
        file.write_text(f"{before}\n{text}" if before else text)

    def run(self, script: str, **env: str) -> str:
        done = subprocess.run(
            self.shell(script),
            cwd=self.folder,
            env=self.environment() | env,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def shell(self, script: str) -> list[str]:
        """A person's one shell stays in the virtual environment; each of ours enters it anew."""
        enter = "if [ -d .venv ]; then . .venv/bin/activate; fi"
        return ["sh", "-euc", f"{enter}\n{script}"]

    def environment(self) -> dict[str, str]:
        ours = ("GATEHOUSE", "DJANGO_", "PYTHON", "VIRTUAL_ENV", "COV_")
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
        path = f"{Path(sys.executable).parent}:{inherited['PATH']}"
        quick = {"PIP_NO_COMPILE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        # Python 3.12's activate asks for it, which sh, unlike bash, does not set.
        quick["OSTYPE"] = os.environ.get("OSTYPE", "")
        return inherited | quick | {"GATEHOUSE": str(ROOT), "PATH": path}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The finished project, not started."""
    return Project(tmp_path_factory.mktemp("adopt"))


@pytest.fixture(scope="module")
def url(project: Project) -> Iterator[str]:
    """The address of the started project."""
    log = project.folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            project.shell(f"exec {project.serve.strip()} --noreload"),
            cwd=project.folder,
            env=project.environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
    try:
        wait_for(lambda: answers(project.url), process, log)
        yield project.url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").status_code == 200
    except httpx.TransportError:
        return False


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
    page.route(f"{url}/", with_policy)
    page.goto(url)
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


def test_nothing_is_missing_after_the_last_step(project: Project) -> None:
    """No error, and no warning either."""
    assert "no issues (0 silenced)" in project.run("python manage.py check")


# What hurried readers left out, each of several things at once: file, pattern, what stands there
# instead, and the check that names it.
FORGOTTEN = [
    [
        ("settings.py", r"    \"accounts.middleware.ClientAddress\",", "", "E006"),
        ("settings.py", r"    \"accounts.middleware.CookieHygiene\",", "", "E005"),
        ("settings.py", r"CSRF_COOKIE_NAME.*", "", "E007"),
        ("settings.py", r"    \"EXCEPTION_HANDLER\".*", "", "W006"),
        ("settings.py", r"    \"DEFAULT_PERMISSION_CLASSES\".*", "", "W001"),
        ("settings.py", r"    \"ISSUER\".*", "", "E009"),
        ("settings.py", r"    \"SIGNING_KEYS_FILE\".*", "", "E004"),
        ("settings.py", r"\"var\",", '"nowhere",', "E012"),
        ("settings.py", r".*Argon2PasswordHasher.*", "", "W002"),
        ("settings.py", r".*LengthLimit.*", "", "W003"),
        ("settings.py", r"    \"transaction_mode\".*", "", "W004"),
        ("settings.py", r"SESSION_COOKIE_AGE.*", "", "W005"),
        ("urls.py", r"accounts.admin import site", "django.contrib.admin import site", "E015"),
    ],
    [("settings.py", r"AUTH_USER_MODEL.*", "", "E013")],
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

    said = project.run("python manage.py check --settings mysite.other 2>&1 || true")

    found = set(re.findall(r"\(accounts\.(\w+)\)", said))
    assert found == {number for *_, number in left_out}, said


OLD_PEOPLE = """
from django.contrib.auth.models import User
User.objects.create_user("old", "Old@Example.com", "the password of before", first_name="Olga")
User.objects.create_user("twice", "old@example.com", "another password")
"""
WHO_IS_IT = """
from django.contrib.auth import authenticate
found = authenticate(None, username="old@example.com", password="the password of before")
print(found.pk, found.email, found.name)
"""


def test_users_of_before_sign_in_with_their_passwords(project: Project) -> None:
    """docs/migrate.md, "Users": the new table is filled beside the old one, then takes over."""
    settings = (project.folder / "mysite" / "settings.py").read_text()
    own = 'AUTH_USER_MODEL = "accounts.User"'
    silenced = 'SILENCED_SYSTEM_CHECKS = ["fields.E304", "accounts.E013"]'
    (copying,) = re.findall(r"^ *```python\n(.*?)^ *```$", read("docs/migrate.md"), re.M | re.S)
    files = {
        "mysite/before.py": settings[: settings.index("INSTALLED_APPS +=")]
        + "ROOT_URLCONF = 'mysite.no_urls'\n",
        "mysite/no_urls.py": "urlpatterns = []\n",
        "mysite/between.py": settings.replace(own, silenced),
        "people": OLD_PEOPLE,
        "copying": textwrap.dedent(copying),
        "who": WHO_IS_IT,
    }
    project.run("mkdir -p old/templates old/static; cp -R accounts mysite manage.py old/")
    for name, text in files.items():
        (project.folder / "old" / name).write_text(text)

    said = project.run("""
        cd old; mkdir -m 700 var
        python manage.py migrate -v0 --settings mysite.before
        python manage.py shell --settings mysite.before < people
        python manage.py create_signing_keys
        python manage.py migrate accounts -v0 --settings mysite.between
        python manage.py shell --settings mysite.between < copying
        python manage.py migrate
        python manage.py shell < who
    """)

    assert "left out: 2 twice" in said
    assert "No migrations to apply" in said
    assert "1 old@example.com Olga" in said
