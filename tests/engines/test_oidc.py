"""Signing in through an identity provider, end to end: real browser, real app, real provider.

The provider is at 127.0.0.1, the app at localhost: two sites, so the way back is a cross-site
navigation, as it is in production.
"""

import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Cookie, Page, expect

from tests.clients import PASSWORDS
from tests.e2e import mailbox
from tests.engines.identity_provider import IdentityProvider
from tests.servers import Gatehouse

HANDSHAKE = "__Host-Http-oidc_handshake_"
STATE = ("gatehouse_users_user", "gatehouse_federation_identity", "gatehouse_session")


@pytest.fixture(scope="module")
def app(
    provider: IdentityProvider, prepared_data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gatehouse]:
    """The app, with that provider."""
    data_dir = tmp_path_factory.mktemp("server") / "data"
    shutil.copytree(prepared_data_dir, data_dir)
    with Gatehouse(data_dir, **provider.settings) as started:
        yield started


@pytest.fixture
def profile(app: Gatehouse, new_context: Callable[..., BrowserContext]) -> BrowserContext:
    """A browser of our person."""
    return new_context(base_url=app.url)


@pytest.fixture
def tab(profile: BrowserContext) -> Page:
    return profile.new_page()


@pytest.fixture
def mallory_tab(app: Gatehouse, new_context: Callable[..., BrowserContext]) -> Page:
    """A tab in the attacker's own browser."""
    return new_context(base_url=app.url).new_page()


def rows(app: Gatehouse, query: str) -> list[tuple]:
    with closing(sqlite3.connect(app.data_dir / "db.sqlite3", timeout=10)) as database:
        found = database.execute(query).fetchall()
        database.commit()
        return found


def state(app: Gatehouse) -> dict[str, list[tuple]]:
    """Everybody's accounts, identities and sessions."""
    return {table: sorted(rows(app, f"SELECT * FROM {table}")) for table in STATE}  # noqa: S608


def begin(tab: Page, query: str = "") -> str:
    """To the provider by the button; the address that the app sent the browser to."""
    seen: list[str] = []
    tab.on("request", lambda request: seen.append(request.url))
    tab.goto(f"/login{query}")
    tab.get_by_role("link", name="Sign in with Example Provider").click()
    tab.get_by_label("Who are you?").wait_for()
    return next(url for url in seen if "code_challenge=" in url)


def prove(tab: Page, name: str) -> None:
    """Tells the provider who one is."""
    tab.get_by_label("Who are you?").fill(name)
    tab.get_by_role("button", name="Continue").click()


def answer(tab: Page, name: str) -> str:
    """The same, but the provider's answer is caught before the browser follows it to the app."""
    address = f"{tab.url}?as={name}"
    while "/auth/oidc/callback" not in address:
        response = tab.context.request.get(address, max_redirects=0)
        address = urljoin(address, response.headers["location"])
    return address


def handshakes(browser: BrowserContext, app: Gatehouse) -> list[Cookie]:
    """What the browser keeps of the trips that are under way."""
    return [one for one in browser.cookies(app.url) if one["name"].startswith(HANDSHAKE)]


def with_parameters(address: str, **values: str) -> str:
    parts = urlsplit(address)
    query = {**{name: found[0] for name, found in parse_qs(parts.query).items()}, **values}
    return parts._replace(query=urlencode(query)).geturl()


def signed_in_as(tab: Page) -> str | None:
    told = tab.evaluate("fetch('/auth/session').then((answer) => answer.json())")
    return told["user"]["email"] if told["authenticated"] else None


def expect_refusal(tab: Page, reason: str, words: str) -> None:
    expect(tab).to_have_url(re.compile(rf"/login\?reason={reason}\b"))
    expect(tab.locator("[data-reason]")).to_contain_text(words)
    assert signed_in_as(tab) is None


def test_new_person_gets_an_account_and_a_session(app: Gatehouse, tab: Page) -> None:
    """A verified address that nobody has yet becomes an account without a password."""
    begin(tab)
    prove(tab, "dora")

    expect(tab).to_have_url(f"{app.url}/notes")
    expect(tab.locator("[data-user-name]")).to_have_text("dora")
    assert signed_in_as(tab) == "dora@example.com"
    [(password, method)] = rows(
        app,
        "SELECT password, method FROM gatehouse_users_user JOIN gatehouse_session"
        " ON user_id = gatehouse_users_user.id WHERE email = 'dora@example.com'",
    )
    assert password.startswith("!")
    assert method == "oidc"


def test_session_cookies_are_like_any_others_and_the_handshake_is_gone(
    app: Gatehouse, tab: Page
) -> None:
    """The sign-in ends in our own two cookies; what was kept for the trip is deleted."""
    begin(tab)
    [kept] = handshakes(tab.context, app)
    prove(tab, "ivy")
    expect(tab).to_have_url(f"{app.url}/notes")
    left = {cookie["name"]: cookie for cookie in tab.context.cookies(app.url)}

    assert kept["httpOnly"]
    assert kept["secure"]
    assert kept["sameSite"] == "Lax"
    assert set(left) == {
        "__Host-Http-access_token",
        "__Host-Http-refresh_token",
        "__Host-csrftoken",
    }
    for name in ("__Host-Http-access_token", "__Host-Http-refresh_token"):
        assert left[name]["httpOnly"]
        assert left[name]["sameSite"] == "Strict"


def test_second_sign_in_is_the_same_user_and_replaces_the_session(
    app: Gatehouse, tab: Page
) -> None:
    """Issuer and subject find the account again; the browser's former session ends."""
    for _ in range(2):
        begin(tab)
        if "Who" in tab.content():
            prove(tab, "frank")
        expect(tab).to_have_url(f"{app.url}/notes")
        tab.context.clear_cookies(domain="127.0.0.1")

    found = rows(
        app,
        "SELECT gatehouse_users_user.id, ended_at IS NULL, end_reason FROM gatehouse_users_user"
        " JOIN gatehouse_session ON user_id = gatehouse_users_user.id"
        " WHERE email = 'frank@example.com' ORDER BY gatehouse_session.created_at",
    )
    assert len({user for user, _, _ in found}) == 1
    assert [(live, reason) for _, live, reason in found] == [(0, "replaced"), (1, "")]


def test_two_tabs_on_their_way_at_once_both_arrive(app: Gatehouse, profile: BrowserContext) -> None:
    """Each ends on its own page, and what was kept for the two is gone."""
    tabs = [profile.new_page() for _ in range(2)]
    for tab, place in zip(tabs, ("account", "notes"), strict=True):
        begin(tab, f"?next=/{place}")
    assert len(handshakes(profile, app)) == 2

    for tab, place in zip(tabs, ("account", "notes"), strict=True):
        # The provider knows the person by now: its second form asks in vain for who it is.
        prove(tab, "kim")
        expect(tab).to_have_url(f"{app.url}/{place}")
        expect(tab.locator("[data-user-name]")).to_have_text("kim")

    assert handshakes(profile, app) == []
    found = rows(
        app,
        "SELECT ended_at IS NULL FROM gatehouse_users_user JOIN gatehouse_session"
        " ON user_id = gatehouse_users_user.id WHERE email = 'kim@example.com'",
    )
    assert sorted(found) == [(0,), (1,)]


def test_sign_in_goes_on_to_where_it_was_asked_for(app: Gatehouse, tab: Page) -> None:
    """`next` survives the trip, and only as a path of ours."""
    begin(tab, "?next=/account")
    prove(tab, "gil")
    expect(tab).to_have_url(f"{app.url}/account")
    expect(tab.locator("[data-user-name]")).to_have_text("gil")


def test_sign_in_begun_at_another_host_ends_at_the_issuers(
    provider: IdentityProvider,
    serve: Callable[..., Gatehouse],
    new_context: Callable[..., BrowserContext],
) -> None:
    """The page says where it goes on; the way to the page that was asked for is kept."""
    app = serve(**provider.settings, GATEHOUSE_HOSTS="localhost,www.localhost")
    tab = new_context().new_page()
    button = tab.get_by_role("link", name="Sign in with Example Provider")
    tab.goto(app.url.replace("localhost", "www.localhost") + "/login?next=/account")
    expect(tab.locator("[data-elsewhere]")).to_contain_text(f"signs people in at {app.url}")

    button.click()
    expect(tab).to_have_url(f"{app.url}/login?next=%2Faccount")
    expect(tab.locator("main [data-elsewhere]")).to_be_hidden()
    button.click()
    prove(tab, "walter")

    expect(tab).to_have_url(f"{app.url}/account")
    expect(tab.locator("[data-user-name]")).to_have_text("walter")


def test_existing_account_is_linked_only_with_its_password(app: Gatehouse, tab: Page) -> None:
    """A verified address of an account asks for that account's password, once."""
    before = state(app)
    begin(tab)
    prove(tab, "alice")
    expect(tab).to_have_url(re.compile(rf"^{app.url}/login/link\?trip=[0-9a-f]+$"))
    expect(tab.locator("main")).to_contain_text("alice@example.com")
    assert state(app) == before

    tab.get_by_label("Password").fill("not her password")
    tab.get_by_role("button", name="Link and sign in").click()
    expect(tab.get_by_role("alert").filter(has_text="wrong")).to_be_visible()
    assert state(app) == before

    tab.get_by_label("Password").fill(PASSWORDS["alice@example.com"])
    tab.get_by_role("button", name="Link and sign in").click()
    expect(tab).to_have_url(f"{app.url}/notes")
    assert signed_in_as(tab) == "alice@example.com"

    tab.context.clear_cookies()
    begin(tab)
    prove(tab, "alice")
    expect(tab).to_have_url(f"{app.url}/notes")
    assert signed_in_as(tab) == "alice@example.com"


def ask_for_mail(tab: Page, address: str) -> None:
    """Has the page that waits send its link."""
    expect(tab.get_by_text(f"Show once that {address} is your address")).to_be_visible()
    tab.get_by_role("button", name="Send me a link").click()
    expect(tab.get_by_role("heading", name="Look into your mailbox")).to_be_visible()


def test_address_that_nobody_vouches_for_is_proven_by_a_mailed_link(
    app: Gatehouse, profile: BrowserContext, tab: Page
) -> None:
    """The link makes the account, and the tab that waits goes on to where it was going."""
    before = state(app)
    begin(tab, "?next=/account")
    prove(tab, "unverified-erin")
    ask_for_mail(tab, "unverified-erin@example.com")
    assert state(app) == before

    mail = profile.new_page()
    mailbox.follow_link(mail, "Finish your sign-in", "unverified-erin@example.com")
    expect(mail.get_by_role("heading", name="Finish your sign-in")).to_be_visible()
    assert state(app) == before
    mail.get_by_role("button", name="Sign in").click()

    expect(mail).to_have_url(f"{app.url}/notes")
    expect(mail.locator("[data-user-name]")).to_have_text("unverified-erin")
    expect(tab).to_have_url(f"{app.url}/account")


def test_person_under_a_new_subject_is_linked_by_mail(
    app: Gatehouse, profile: BrowserContext, tab: Page, mallory_tab: Page
) -> None:
    """The account has no password. In another browser its link does nothing."""
    begin(tab)
    prove(tab, "vera")
    expect(tab).to_have_url(f"{app.url}/notes")
    profile.clear_cookies()
    begin(tab)
    prove(tab, "vera~2")
    ask_for_mail(tab, "vera@example.com")
    before = state(app)

    mailbox.follow_link(mallory_tab, "Finish your sign-in", "vera@example.com")
    mallory_tab.get_by_role("button", name="Sign in").click()
    expect(mallory_tab.get_by_text("This link does not work here.")).to_be_visible()
    assert state(app) == before
    mailbox.follow_link(tab, "Finish your sign-in", "vera@example.com")
    tab.get_by_role("button", name="Sign in").click()

    expect(tab).to_have_url(f"{app.url}/notes")
    assert signed_in_as(tab) == "vera@example.com"
    query = "SELECT subject FROM gatehouse_federation_identity JOIN gatehouse_users_user ON user_id = gatehouse_users_user.id"
    found = rows(app, f"{query} WHERE email = 'vera@example.com'")
    assert sorted(found) == [("vera",), ("vera~2",)]


def test_mailed_link_to_an_account_with_a_password_asks_for_it(app: Gatehouse, tab: Page) -> None:
    """Whoever reads the mail need not be who knows the password."""
    update = "UPDATE gatehouse_users_user SET email = 'unverified-bob@example.com'"
    rows(app, f"{update} WHERE email = 'bob@example.com'")
    begin(tab)
    prove(tab, "unverified-bob")
    ask_for_mail(tab, "unverified-bob@example.com")
    mailbox.follow_link(tab, "Finish your sign-in", "unverified-bob@example.com")

    tab.get_by_role("button", name="Sign in").click()
    field = tab.get_by_label("Password of your account")
    expect(field).to_be_focused()
    expect(tab.locator("#password-error")).to_contain_text("Enter its password once")
    field.fill("not his password")
    tab.get_by_role("button", name="Sign in").click()
    expect(tab.get_by_role("alert").filter(has_text="wrong")).to_be_visible()
    assert signed_in_as(tab) is None
    field.fill(PASSWORDS["bob@example.com"])
    tab.get_by_role("button", name="Sign in").click()

    expect(tab).to_have_url(f"{app.url}/notes")
    assert signed_in_as(tab) == "unverified-bob@example.com"


def test_cancelled_at_the_provider_changes_nothing(app: Gatehouse, tab: Page) -> None:
    """Somebody who turns back there is told so here."""
    before = state(app)
    begin(tab)
    tab.get_by_role("link", name="Cancel").click()

    expect_refusal(tab, "oidc_cancelled", "cancelled")
    assert state(app) == before


def test_login_csrf_without_a_handshake_is_refused(
    app: Gatehouse, tab: Page, mallory_tab: Page
) -> None:
    """Mallory's own answer, followed in another browser, does not sign anybody in as Mallory."""
    begin(mallory_tab)
    address = answer(mallory_tab, "mallory")
    before = state(app)

    tab.goto(address)

    expect_refusal(tab, "oidc_expired", "another browser")
    assert state(app) == before


def test_login_csrf_during_a_sign_in_is_refused(
    app: Gatehouse, tab: Page, mallory_tab: Page
) -> None:
    """Nor while the victim's own handshake is open: its state is another."""
    begin(mallory_tab)
    address = answer(mallory_tab, "mallory")
    begin(tab)
    before = state(app)

    tab.goto(address)

    expect_refusal(tab, "oidc_failed", "did not belong")
    assert state(app) == before


def test_injected_code_is_refused(app: Gatehouse, tab: Page, mallory_tab: Page) -> None:
    """A stolen code under the thief's own state fails: the verifier is another (PKCE)."""
    begin(tab)
    stolen = parse_qs(urlsplit(answer(tab, "victor")).query)["code"][0]
    begin(mallory_tab)
    address = with_parameters(answer(mallory_tab, "mallory"), code=stolen)
    before = state(app)

    mallory_tab.goto(address)

    expect_refusal(mallory_tab, "oidc_failed", "did not belong")
    assert state(app) == before


def test_replayed_answer_is_refused(app: Gatehouse, tab: Page) -> None:
    """The callback's address works once, even for somebody who kept the handshake."""
    begin(tab)
    [handshake] = handshakes(tab.context, app)
    address = answer(tab, "rita")
    tab.goto(address)
    # With its notes in it: the call that fetched them has noted the session's first use.
    expect(tab.get_by_text("You have no notes yet.")).to_be_visible()
    tab.context.clear_cookies()
    before = state(app)

    tab.goto(address)
    expect_refusal(tab, "oidc_expired", "another browser")
    tab.context.add_cookies([handshake])
    assert handshakes(tab.context, app)
    tab.goto(address)

    expect_refusal(tab, "oidc_failed", "did not belong")
    assert state(app) == before


@pytest.mark.parametrize("issuer", ["https://evil.example", ""])
def test_answer_of_another_issuer_is_refused(app: Gatehouse, tab: Page, issuer: str) -> None:
    """RFC 9207: the answer says whose it is, and nobody else's code goes to our provider."""
    begin(tab)
    address = with_parameters(answer(tab, "iris"), iss=issuer)
    before = state(app)

    tab.goto(address)

    expect_refusal(tab, "oidc_failed", "did not belong")
    assert state(app) == before


def test_wrong_nonce_is_refused(app: Gatehouse, tab: Page) -> None:
    """An ID token that was made for another request is none of ours."""
    request = begin(tab)
    tab.goto(with_parameters(request, nonce="another-nonce"))
    before = state(app)

    prove(tab, "nora")

    expect_refusal(tab, "oidc_failed", "did not belong")
    assert state(app) == before


def test_another_site_cannot_start_a_sign_in(
    app: Gatehouse, provider: IdentityProvider, tab: Page
) -> None:
    """A link elsewhere leads to the sign-in page, where the person decides."""
    tab.goto(provider.issuer)
    tab.evaluate("address => { location.href = address; }", f"{app.url}/auth/oidc/login")

    expect(tab).to_have_url(f"{app.url}/login")


def test_provider_that_is_down_is_said_so(
    serve: Callable[..., Gatehouse], new_context: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    """Before the trip and on the way back alike, and the next try works when it is up again."""
    with IdentityProvider(tmp_path) as other:
        app = serve(**other.settings, GATEHOUSE_WORKERS=1)
        tab = new_context(base_url=app.url).new_page()
        begin(tab)
        address = answer(tab, "uma")
        other.stop()
        before = state(app)

        tab.goto(address)
        expect_refusal(tab, "oidc_unavailable", "does not answer")
        tab.get_by_role("link", name="Sign in with Example Provider").click()
        expect_refusal(tab, "oidc_unavailable", "does not answer")
        assert state(app) == before

        other.start()
        tab.wait_for_timeout(3500)  # the app asks nobody who has just been silent
        begin(tab)
        prove(tab, "uma")
        expect(tab).to_have_url(f"{app.url}/notes")


def test_person_without_a_password_steps_up_through_the_provider(
    app: Gatehouse, tab: Page, new_context: Callable[..., BrowserContext]
) -> None:
    """The dialog sends them there in a new tab, and what they started goes on by itself."""
    elsewhere = new_context(base_url=app.url).new_page()
    for page in (elsewhere, tab):
        begin(page)
        prove(page, "sam")
        expect(page).to_have_url(f"{app.url}/notes")
    rows(app, "UPDATE gatehouse_session SET authenticated_at = datetime('now', '-1 hour')")
    tab.goto("/account")
    tab.get_by_role("button", name="End all others").click()
    tab.get_by_role("dialog").get_by_role("button", name="End all others").click()
    dialog = tab.get_by_role("dialog", name="Is it still you?")

    with tab.expect_popup() as opened:
        dialog.get_by_role("link", name="Confirm with Example Provider").click()
    prove(opened.value, "tom")
    expect(dialog.get_by_role("alert")).to_contain_text("not the person who is signed in")
    assert signed_in_as(elsewhere) == "sam@example.com"
    with tab.expect_popup() as opened:
        dialog.get_by_role("link", name="Confirm with Example Provider").click()
    prove(opened.value, "sam")

    expect(tab.get_by_text("All other sessions have been ended.")).to_be_visible()
    expect(dialog).to_have_count(0)
    assert signed_in_as(elsewhere) is None
    assert signed_in_as(tab) == "sam@example.com"


def test_person_whom_the_provider_cannot_confirm_sets_a_password_by_mail(
    app: Gatehouse, tab: Page
) -> None:
    """It does not say that it has just asked. With a password of one's own the way is open."""
    begin(tab)
    prove(tab, "una")
    expect(tab).to_have_url(f"{app.url}/notes")
    tab.goto("/login/confirmed?reason=oidc_stale")
    expect(tab.locator("[data-outcome]")).to_contain_text("did not say that it asked")

    tab.get_by_role("link", name="Set a password by mail").click()
    tab.get_by_label("E-mail").fill("una@example.com")
    tab.get_by_role("button", name="Send me a link").click()
    tab.get_by_role("heading", name="Look into your mailbox").wait_for()
    mailbox.follow_link(tab, "Set a password", "una@example.com")
    tab.get_by_label("New password", exact=True).fill("seven grey herons at noon")
    tab.get_by_role("button", name="Set the password").click()
    tab.get_by_label("E-mail").fill("una@example.com")
    tab.get_by_label("Password", exact=True).fill("seven grey herons at noon")
    tab.get_by_role("button", name="Sign in", exact=True).click()
    expect(tab).to_have_url(f"{app.url}/notes")

    rows(app, "UPDATE gatehouse_session SET authenticated_at = datetime('now', '-1 hour')")
    tab.goto("/account")
    tab.get_by_role("button", name="Delete my account").click()
    tab.get_by_role("dialog").get_by_role("button", name="Delete").click()
    dialog = tab.get_by_role("dialog", name="Is it still you?")
    expect(dialog.get_by_role("link", name="Set one by mail")).to_be_visible()
    dialog.get_by_label("Password").fill("seven grey herons at noon")
    dialog.get_by_role("button", name="Confirm", exact=True).click()

    expect(tab).to_have_url(re.compile(r"/login\?reason=deleted"))
