"""examples/: pages of other frameworks keep the promises of ours, and the types fit the scripts."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.docs import named_blocks, read
from tests.e2e import steps
from tests.engines import declarations
from tests.engines.npm import HTMX, REACT, VUE, ensure_packages
from tests.engines.production import Production
from tests.engines.proxies import Caddy, Nginx, Proxy, substitute
from tests.servers import Gatehouse, die_with_parent, free_port, listens, wait_for
from tools import programs

PAGE = "docs/how-to/single-page-apps.md"
COMPILERS = {REACT: "typescript/bin/tsc", VUE: "vue-tsc/bin/vue-tsc.js"}


def node(folder: Path, script: str, *arguments: str | Path) -> list[str | Path]:
    """The command that runs a script of the example's packages."""
    ensure_packages(folder)
    return [programs.ensure("node"), folder / "node_modules" / script, *arguments]


@contextmanager
def vite(folder: Path, server: Gatehouse, logs: Path) -> Iterator[str]:
    """The example's development server, in front of ours. Gives the page's address."""
    port, log = free_port(), logs / "vite.log"
    where = ("--host", "localhost", "--port", str(port), "--strictPort")
    with log.open("wb") as output:
        process = subprocess.Popen(
            node(folder, "vite/bin/vite.js", *where),
            cwd=folder,
            env=os.environ | {"SERVER": server.url},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
    try:
        wait_for(lambda: listens(port), process, log)
        yield f"http://localhost:{port}/"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(params=[REACT, VUE, HTMX], ids=lambda folder: folder.name)
def front(
    request: pytest.FixtureRequest, serve: Callable[..., Gatehouse], tmp_path: Path
) -> Iterator[tuple[str, Gatehouse]]:
    """The page's address, and the server behind it."""
    if request.param == HTMX:
        ensure_packages(HTMX)
        server = serve(DJANGO_SETTINGS_MODULE="examples.htmx.settings")
        yield f"{server.url}/htmx", server
    else:
        server = request.getfixturevalue("server")
        with vite(request.param, server, tmp_path) as url:
            yield url, server


def sign_in(page: Page, person: steps.Person) -> None:
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password").fill(person.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading")).to_have_text(f"Notes of {person.name}")


def add(page: Page, title: str) -> None:
    page.get_by_label("Title").fill(title)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("listitem").filter(has_text=title)).to_be_visible()


def confirm_again(page: Page, server: Gatehouse, person: steps.Person) -> None:
    """What asks for the password once more goes on after it, and not after a wrong one."""
    steps.forget_step_up(server, person)
    page.get_by_role("button", name="End other sessions").click()
    for password in ("not it", person.password):
        expect(page.get_by_role("dialog")).to_be_visible()
        page.get_by_label("Your password again").fill(password)
        with page.expect_response("**/auth/reauthenticate"):
            page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("status")).to_be_empty()


def test_five_tabs_send_one_refresh_and_end_together(
    front: tuple[str, Gatehouse], new_context: Callable[..., BrowserContext]
) -> None:
    """Sign in, read and write. Wake five tabs. Sign out in one. Script never sees a token."""
    url, server = front
    person = steps.new_person(server)
    context = new_context(base_url=url)
    context.set_default_timeout(30_000)  # Vite prepares the framework at the first request
    page = context.new_page()
    page.goto(url)
    sign_in(page, person)
    add(page, "Milk")
    if not url.endswith("/htmx"):
        confirm_again(page, server, person)
    seen = page.evaluate("[document.cookie, localStorage.length, sessionStorage.length]")
    assert seen[0].startswith(f"{steps.CSRF}=")
    assert (";" in seen[0], seen[1:]) == (False, [0, 0])

    tabs = [page, *(context.new_page() for _ in range(4))]
    for tab in tabs[1:]:
        tab.goto(url)
        expect(tab.get_by_role("listitem")).to_have_text("Milk")
    [session] = steps.sessions_of(server, person)
    steps.let_time_pass(server, session, 60)
    refreshes = steps.count_requests(context, "POST", "/auth/refresh")
    steps.lose_access(context)
    at = page.evaluate("Date.now()") + 700
    for tab in tabs:
        tab.evaluate(
            """(at) => {
                document.body.dataset.old = "";
                setTimeout(() => location.reload(), at - Date.now());
            }""",
            at,
        )
    for tab in tabs:
        expect(tab.locator("[data-old]")).to_have_count(0)
        expect(tab.get_by_role("listitem")).to_have_text("Milk")
    assert refreshes() == 1
    assert steps.generation_of(server, session) == 2

    tabs[3].get_by_role("button", name="Sign out").click()
    for tab in tabs:
        expect(tab.get_by_role("button", name="Sign in")).to_be_visible()
        assert "Milk" not in tab.content()
    assert steps.sessions_of(server, person) == []


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `npm run build` makes of the React example."""
    folder = tmp_path_factory.mktemp("built") / "dist"
    command = node(REACT, "vite/bin/vite.js", "build", "--emptyOutDir", "--outDir", folder)
    subprocess.run(command, cwd=REACT, check=True, capture_output=True)
    return folder


BLOCKS = {info.rpartition(" ")[2]: text for info, text in named_blocks(PAGE)}
REPLACED = "    location / {\n        proxy_pass http://gatehouse;\n    }\n"
BEFORE = "\treverse_proxy 127.0.0.1:8000 {"


@pytest.fixture(scope="module", params=[Nginx, Caddy], ids=["nginx", "caddy"])
def one_origin(
    request: pytest.FixtureRequest,
    built: Path,
    prepared_data_dir: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Proxy]:
    """The built app and the server behind the shipped proxy, changed as the page says."""
    folder = tmp_path_factory.mktemp("one-origin")
    shutil.copytree(prepared_data_dir, folder / "data")

    def amend(shipped: str) -> str:
        if request.param is Nginx:
            changed = substitute(shipped, **{REPLACED: BLOCKS["deploy/nginx.conf"]})
        else:
            changed = substitute(shipped, **{BEFORE: f"{BLOCKS['deploy/Caddyfile']}{BEFORE}"})
        return substitute(changed, **{"/srv/app": str(built)})

    port = free_port()
    with (
        Production(folder / "data", f"https://localhost:{port}") as app,
        request.param(folder / "proxy", app.port, port=port, amend=amend) as proxy,
    ):
        yield proxy


def test_built_app_works_behind_the_shipped_proxy(
    one_origin: Proxy, new_context: Callable[..., BrowserContext]
) -> None:
    """One origin, under a policy that lets in no other script. Each address of the app is a page."""
    page = new_context(base_url=one_origin.url).new_page()
    page.goto("/an/address/of/the/app")
    sign_in(page, steps.Person("alice@example.com", "Alice"))
    add(page, "Milk")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_addresses_of_the_server_are_not_the_apps(one_origin: Proxy) -> None:
    """Nor is a page served without TLS, where the browser would keep no cookie."""
    with httpx.Client(base_url=one_origin.url, verify=False) as client:  # noqa: S501
        page = client.get("/")
        nothing = client.get("/api/nothing")
        health = client.get("/healthz")
    plain = httpx.get(f"http://localhost:{one_origin.plain_port}/")

    assert '<div id="app">' in page.text
    assert "require-trusted-types-for" in page.headers["Content-Security-Policy"]
    assert nothing.headers["Content-Type"] == "application/problem+json"
    assert health.status_code == 200
    assert plain.status_code == 301
    assert plain.headers["Location"].startswith("https://localhost")


def test_lines_of_the_page_stand_in_the_examples() -> None:
    """Whoever copies from the page gets what is tried here."""
    scripts = [folder / "vite.config.js" for folder in (REACT, VUE)]
    for info, text in named_blocks(PAGE):
        if info == "js vite.config.js":
            assert all(text in read(script) for script in scripts)
        if info == "js page.js":
            assert text in read(HTMX / "static" / "example" / "page.js")


@pytest.mark.parametrize("folder", COMPILERS, ids=lambda folder: folder.name)
def test_example_is_right_by_the_types(folder: Path) -> None:
    """TypeScript, as strict as it gets, finds nothing."""
    done = subprocess.run(
        node(folder, COMPILERS[folder], "--noEmit"),
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout
    assert '"strict": true' in read(folder / "tsconfig.json")


def test_types_are_those_of_the_scripts(tmp_path: Path) -> None:
    """`./run types` would change nothing, and every comment about a type is true of the code."""
    declarations.make(tmp_path)

    made = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    kept = {path.name: read(path) for path in declarations.SCRIPTS.glob("*.d.ts")}
    assert made == kept
