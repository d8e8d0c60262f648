"""Bound sessions, end to end: a whole Chromium, real TLS, the real server. Keys are in software.

Run with `-s` to see the figures.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.tests.forge import contents
from tests.e2e import steps
from tests.e2e.authenticator import Authenticator
from tests.e2e.steps import Person
from tests.engines import bound, test_oidc
from tests.engines.bound import COMPANION, Bindings
from tests.engines.identity_provider import IdentityProvider
from tests.servers import Gatehouse

RESTARTS, RELOADS = 10, 90
# In so many of the reloads after a restart the companion has ended: Chromium signs no more than six
# times in nine minutes for a site. A companion lives for five.
RENEWALS = 4

ACCESS = "__Host-Http-access_token"

# What a thief's page asks for ever, until it is refused.
ME = "fetch('/api/me').then((answer) => answer.status)"
FIVE = "Promise.all([1, 2, 3, 4, 5].map(() => fetch('/api/me').then((answer) => answer.status)))"
FORTY = """
    Promise.all(Array.from({length: 40}, (_, number) => {
        if (number % 2) return fetch(`/api/notes?page=1&n=${number}`).then((answer) => answer.status);
        return new Promise((done) => {
            const image = new Image();
            image.onload = image.onerror = () => done(200);
            image.src = `/static/img/mark.svg?n=${number}`;
        });
    }))
"""


@pytest.fixture(scope="module")
def app(
    provider: IdentityProvider, prepared_data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gatehouse]:
    """The app over TLS, with that provider."""
    data_dir = tmp_path_factory.mktemp("server") / "data"
    shutil.copytree(prepared_data_dir, data_dir)
    with Gatehouse(data_dir, https=True, **provider.settings) as started:
        yield started


@pytest.fixture(scope="module")
def binding_browser(browser: Browser, app: Gatehouse, home: dict[str, str]) -> Iterator[Browser]:
    """A Chromium that binds sessions of that app."""
    launched = bound.launch(browser, app, home)
    yield launched
    launched.close()


@pytest.fixture
def profile(app: Gatehouse, binding_browser: Browser) -> Iterator[Callable[[], BrowserContext]]:
    """Makes a profile of that browser: another person, or another machine."""
    opened: list[BrowserContext] = []

    def make() -> BrowserContext:
        context = binding_browser.new_context(base_url=app.url)
        context.set_default_timeout(10_000)
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def page(profile: Callable[[], BrowserContext]) -> Page:
    return profile().new_page()


@pytest.fixture
def dora(app: Gatehouse) -> Person:
    return steps.new_person(app)


def jkt_of(app: Gatehouse, person: Person) -> str:
    """The thumbprint of the key that this person's one live session is bound to."""
    [session_id] = steps.sessions_of(app, person)
    [(jkt,)] = steps.query(app, "SELECT jkt FROM gatehouse_session WHERE id = ?", session_id)
    return str(jkt)


def sign_in_bound(page: Page, dora: Person, path: str = "/notes") -> Bindings:
    """By the password, until the browser has bound the session."""
    bindings = Bindings(page)
    steps.sign_in(page, dora, path)
    bindings.wait_until_bound()
    return bindings


def lose_companion(page: Page) -> None:
    """What the end of its life leaves: the browser has the device sign before the next request."""
    page.context.clear_cookies(name=COMPANION)


def call_as_pages_do(page: Page, method: str, path: str) -> dict[str, Any]:
    """One request, and once more where the device is to sign first."""
    answer = steps.call(page, method, path)
    asked = answer["status"] == 403 and answer["body"]["code"] == "device_proof_required"
    return steps.call(page, method, path) if asked else answer


def test_password_binds_and_the_page_says_so(app: Gatehouse, page: Page, dora: Person) -> None:
    """Nothing is asked of the person, and the scripts of the pages know nothing of it."""
    bindings = sign_in_bound(page, dora)

    page.goto("/account")

    bound.expect_badge(page)
    [created] = bindings.of("creation")
    rules = created["newSession"]["inclusionRules"]["urlRules"]
    assert [(one["ruleType"], one["pathPrefix"]) for one in rules[:3]] == [
        *(("Exclude", "/"), ("Include", "/api"), ("Include", "/auth"))
    ]
    assert jkt_of(app, dora)


def test_passkey_binds(app: Gatehouse, page: Page, dora: Person) -> None:
    """Adding it is a step-up, for which the device has signed. Then it signs in alone."""
    Authenticator(page)
    bindings = sign_in_bound(page, dora, "/account")
    page.get_by_label("Name of the new passkey").fill("Laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator("[data-passkeys] li")).to_be_visible()
    assert bindings.of("refresh"), "the step-up asked the device"

    page.get_by_role("button", name="Sign out").click()
    steps.arrive(page, "/notes")  # the field offers the passkey, and the authenticator agrees
    bindings.wait(lambda: len(bindings.of("creation")) == 2)

    assert jkt_of(app, dora)


def test_provider_binds_though_cookies_are_withheld(app: Gatehouse, page: Page) -> None:
    """The way back is from another site, so the registration brings none of our cookies."""
    bindings = Bindings(page)
    test_oidc.begin(page)
    test_oidc.prove(page, "frida")
    page.wait_for_url("**/notes")
    bindings.wait_until_bound()

    jkt = jkt_of(app, Person("frida@example.com", "frida"))
    assert jkt
    assert page.evaluate(ME) == 200

    page.reload()  # or any other page that asks who is signed in
    expect(page.locator("[data-user-name]")).not_to_be_empty()

    [token] = [each["value"] for each in page.context.cookies() if each["name"] == ACCESS]
    assert contents(token)[1]["cnf"] == {"jkt": jkt}


def test_forty_resources_cost_two_signatures_at_most(page: Page, dora: Person) -> None:
    """A slow chip signs a few times a second, and the browser has a quota."""
    bindings = sign_in_bound(page, dora)
    before = bindings.signatures
    lose_companion(page)

    page.reload()
    steps.expect_signed_in(page, dora)
    lose_companion(page)
    answers = page.evaluate(FORTY)

    assert answers == [200] * 40
    spent = bindings.signatures - before
    print(f"\na reload, then 40 resources, each without a companion: {spent} signatures")
    assert spent <= 2


def test_parallel_requests_wait_for_one_signature(page: Page, dora: Person) -> None:
    """Five are held and go on, and none of them fails."""
    bindings = sign_in_bound(page, dora)
    before = bindings.signatures
    lose_companion(page)

    began = time.monotonic()
    answers = page.evaluate(FIVE)
    took = time.monotonic() - began

    assert answers == [200] * 5
    assert steps.cookie(page.context, COMPANION)
    bindings.wait(lambda: bindings.signatures > before)
    assert bindings.signatures == before + 1
    print(f"\nfive requests that waited for one signature: {took * 1000:.0f} ms")


def test_companion_is_another_one_each_time(page: Page, dora: Person) -> None:
    """It has no use beyond its own life."""
    sign_in_bound(page, dora)
    seen = {steps.cookie(page.context, COMPANION)}
    for _ in range(3):
        lose_companion(page)
        assert page.evaluate(ME) == 200
        seen.add(steps.cookie(page.context, COMPANION))

    assert len(seen) == 4


def test_copied_jar_is_refused_when_the_companion_ends(
    serve: Callable[..., Gatehouse], browser: Browser, home: dict[str, str]
) -> None:
    """The same theft with and without: how long the copy is of use, with a short life of tokens."""
    life = 6
    for binding in (1, 0):
        app = serve(https=True, GATEHOUSE_ACCESS_SECONDS=life, GATEHOUSE_BINDING=binding)
        dora = steps.new_person(app)
        launched = bound.launch(browser, app, home)
        owner, thief = (launched.new_context(base_url=app.url) for _ in range(2))
        page = owner.new_page()
        bindings = Bindings(page)
        steps.sign_in(page, dora)
        if binding:
            bindings.wait_until_bound()
        bound.copy_jar(owner, thief)
        page.close()  # the owner's browser is closed, so that nobody notices the thief
        stolen = thief.new_page()
        stolen.goto("/login/confirmed")
        began = time.monotonic()
        assert stolen.evaluate(ME) == 200, "a copy is of use at first"
        if binding:
            while stolen.evaluate(ME) == 200:
                assert time.monotonic() - began < life + 10
            used = time.monotonic() - began
            state = steps.call(stolen, "GET", "/auth/session")["body"]
            assert state == {"authenticated": False, "user": None, "session": None}
            assert steps.call(stolen, "POST", "/auth/refresh")["status"] == 403
            print(f"\nwith binding, tokens of {life} s: a copied jar is of use for {used:.1f} s")
            assert used < life + 7, "its life, and the leeway of clocks"
        else:
            refreshed = steps.call(stolen, "POST", "/auth/refresh")
            assert refreshed["status"] == 200
            print(
                f"without: the thief refreshes until {refreshed['body']['session']['expires_at']}"
            )
        launched.close()


def test_copied_jar_is_refused_at_once_where_a_proof_is_asked(
    app: Gatehouse, page: Page, dora: Person, profile: Callable[[], BrowserContext]
) -> None:
    """Step-up asks the device for a signature that no copy can have, however fresh it is."""
    sign_in_bound(page, dora)
    thief = profile()
    bound.copy_jar(page.context, thief)
    stolen = thief.new_page()
    stolen.goto("/login/confirmed")
    assert stolen.evaluate(ME) == 200

    refused = call_as_pages_do(stolen, "DELETE", "/auth/account")

    assert (refused["status"], refused["body"]["code"]) == (403, "device_proof_required")
    assert steps.sessions_of(app, dora)
    done = call_as_pages_do(page, "DELETE", "/auth/account")
    assert done["status"] == 204, "the owner's device signs"
    assert steps.sessions_of(app, dora) == []


def test_browser_beyond_its_quota_is_not_signed_out(page: Page, dora: Person) -> None:
    """It signs six times in nine minutes. A step-up then has to wait, and everything else goes on."""
    bindings = sign_in_bound(page, dora)
    while bindings.signatures < 6:
        lose_companion(page)
        before = bindings.signatures
        assert page.evaluate(ME) == 200
        bindings.wait(lambda before=before: bindings.signatures > before)

    refused = call_as_pages_do(page, "POST", "/auth/totp")

    assert (refused["status"], refused["body"]["code"]) == (403, "device_proof_required")
    assert "Try again in a few minutes" in refused["body"]["detail"]
    assert page.evaluate(ME) == 200
    page.reload()
    steps.expect_signed_in(page, dora)


def test_sign_out_is_told_to_the_browser(app: Gatehouse, page: Page, dora: Person) -> None:
    """At its next renewal. It forgets the key, and nothing is held any more."""
    bindings = sign_in_bound(page, dora)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login?*")
    lose_companion(page)

    assert steps.call(page, "GET", "/auth/session")["status"] == 200

    bindings.wait(lambda: bool(bindings.of("termination")))
    assert steps.sessions_of(app, dora) == []


def test_hundred_restarts_and_reloads_sign_nobody_out(
    app: Gatehouse, browser: Browser, home: dict[str, str], tmp_path: Path, dora: Person
) -> None:
    """Half of them without a companion: key and session come back from the disk."""
    began = time.monotonic()
    context = bound.restart(browser, app, home, tmp_path / "profile")
    sign_in_bound(context.pages[0], dora)
    for number in range(RESTARTS):
        context.close()
        context = bound.restart(browser, app, home, tmp_path / "profile")
        page = context.pages[0]
        lose_companion(page)
        page.goto("/notes")
        steps.expect_signed_in(page, dora)
        for reload in range(RELOADS // RESTARTS):
            if reload < RENEWALS:
                lose_companion(page)
            page.reload()
            steps.expect_signed_in(page, dora)
        assert steps.cookie(context, COMPANION), number
    context.close()

    assert len(steps.sessions_of(app, dora)) == 1
    print(f"\n{RESTARTS} restarts and {RELOADS} reloads: {time.monotonic() - began:.0f} s")
