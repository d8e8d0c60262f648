"""Budgets for failures (DESIGN's table): exact, the same for known and unknown, success is free."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.http import HttpResponse

from accounts import sessions
from accounts.audit.models import SecurityEvent
from accounts.credentials import budgets
from accounts.models import FailureCount
from accounts.tests import forge
from accounts.tests.presenting import ACCESS, REFRESH
from accounts.web.middleware import ClientAddress
from tests.clients import BearerClient, BrowserClient

PROXY = "127.0.0.1"
BEHIND = {"TRUSTED_PROXIES": ["127.0.0.1"]}


@pytest.fixture
def proxied(settings) -> None:
    """A trusted proxy stands before the server, which the demo answers for this machine only."""
    settings.GATEHOUSE = settings.GATEHOUSE | BEHIND
    settings.MIDDLEWARE = [n for n in settings.MIDDLEWARE if not n.endswith(".DemoStaysLocal")]


def guess(email: str, address: str = "", password: str = "wrong"):
    """One attempt by a fresh program, from behind the proxy if an address is given."""
    headers = {"X-Forwarded-For": address} if address else {}
    body = {"email": email, "password": password}
    return BearerClient().post("/auth/token", body, headers=headers)


def statuses(answers) -> list[int]:
    return [answer.status_code for answer in answers]


def test_tenth_failure_is_the_last_from_one_network(alice):
    """10 in 10 minutes for an e-mail from one network: then 429, for the right password too."""
    codes = statuses(guess(alice.email) for _ in range(12))

    assert codes == [401] * 10 + [429] * 2
    assert guess(alice.email, password="alice walks the long way home").status_code == 429


def test_refusal_says_when_to_come_back(alice):
    """429 `throttled` with Retry-After, at most ten minutes (RFC 9110 section 10.2.3)."""
    for _ in range(10):
        guess(alice.email)

    response = guess(alice.email)

    assert response.json()["code"] == "throttled"
    assert 1 <= int(response["Retry-After"]) <= 600


def test_known_and_unknown_addresses_throttled_alike(alice):
    """ASVS 6.3.8: the counter is on the address that was typed, not on an account."""
    answers = []
    for email in (alice.email, "nobody@example.com"):
        replies = [guess(email) for _ in range(11)]
        answers.append([(reply.status_code, reply.content) for reply in replies])

    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    "spelling", ["ALICE@EXAMPLE.COM", " alice@example.com", "Alice@Example.com"]
)
def test_other_spellings_share_the_budget(alice, spelling):
    """ASVS 15.3.5: the key is the canonical address."""
    for email in [alice.email, spelling] * 5:
        guess(email)

    assert guess(spelling).status_code == guess(alice.email).status_code == 429


def test_thirtieth_failure_is_the_last_for_an_address(alice, proxied):
    """30 for an e-mail, from however many networks (SP 800-63B-4: below 100)."""
    codes = statuses(guess(alice.email, f"203.0.113.{index}") for index in range(32))

    assert codes == [401] * 30 + [429] * 2


def test_hundredth_failure_is_the_last_for_a_network(proxied, alice):
    """100 for a network, over however many addresses; other networks go on."""
    codes = statuses(guess(f"nobody{index}@example.com", "203.0.113.7") for index in range(102))

    assert codes == [401] * 100 + [429] * 2
    assert guess(alice.email, "203.0.113.8").status_code == 401


def test_ipv6_network_is_a_slash_64(proxied, alice):
    """One customer has 2^64 addresses; they share one budget."""
    codes = statuses(guess(alice.email, f"2001:db8:1:2::{index:x}") for index in range(12))
    other = guess(alice.email, "2001:db8:1:3::1")

    assert codes == [401] * 10 + [429] * 2
    assert other.status_code == 401


def test_ipv4_in_ipv6_is_the_same_network(proxied, alice):
    """`::ffff:203.0.113.7` is 203.0.113.7."""
    for address in ["203.0.113.7", "::ffff:203.0.113.7"] * 5:
        guess(alice.email, address)

    assert guess(alice.email, "::ffff:cb00:7107").status_code == 429


@pytest.mark.parametrize("named", ["10.0.0.1", "10.0.0.0/8", "::ffff:10.0.0.1", "::ffff:a00:0/104"])
@pytest.mark.parametrize("peer", ["10.0.0.1", "::ffff:10.0.0.1"])
def test_proxy_on_a_socket_for_both_families_is_trusted(settings, rf, named, peer):
    """There `10.0.0.1` calls as `::ffff:10.0.0.1`: the same machine, however either is written."""
    settings.GATEHOUSE = settings.GATEHOUSE | {"TRUSTED_PROXIES": [named]}
    request = rf.get("/", HTTP_X_FORWARDED_FOR=f"203.0.113.7, {peer}", REMOTE_ADDR=peer)

    ClientAddress(lambda _: HttpResponse())(request)

    assert request.client_address == "203.0.113.7"


def test_forwarding_header_of_a_stranger_ignored(alice):
    """ASVS 4.1.3: without a trusted proxy X-Forwarded-For is the sender's own claim."""
    codes = statuses(guess(alice.email, f"203.0.113.{index}") for index in range(12))

    assert codes == [401] * 10 + [429] * 2


def test_claimed_hops_left_of_the_proxys_own_ignored(proxied, alice):
    """The proxy appends who called it; what stands before that is invented."""
    answers = (guess(alice.email, f"198.51.100.{index}, 203.0.113.7") for index in range(12))

    assert statuses(answers) == [401] * 10 + [429] * 2


@pytest.mark.parametrize("header", ["", "garbage", ",,,", "203.0.113.7:1234", "[::1]", "a" * 5000])
def test_odd_forwarding_header_never_an_error(proxied, alice, header):
    """Whatever a proxy passes on is counted somewhere."""
    assert guess(alice.email, header).status_code == 401


def test_caller_behind_trusted_proxies_alone_is_the_first_of_them(proxied, alice):
    """A proxy that calls for itself (a health check) is counted as itself."""
    chain = ", ".join(["127.0.0.1"] * 3)

    codes = statuses([guess(alice.email, chain) for _ in range(11)])

    assert codes == [401] * 10 + [429]
    assert alice.gatehouse_events.first().address == "127.0.0.1"


def test_success_does_not_count(alice):
    """Nine failures, and any number of successes between them."""
    for _ in range(9):
        assert guess(alice.email).status_code == 401
        assert guess(alice.email, password="alice walks the long way home").status_code == 200

    assert guess(alice.email, password="alice walks the long way home").status_code == 200
    assert guess(alice.email).status_code == 401
    assert guess(alice.email).status_code == 429


def test_all_doors_share_the_budget(alice, browser_client):
    """Sign-in by page, sign-in by program, step-up and password change ask the same counter."""
    browser_client.sign_in(alice)
    wrong = {"current_password": "wrong", "new_password": "another long pass phrase"}
    for _ in range(3):
        assert guess(alice.email).status_code == 401
        assert BrowserClient().sign_in(alice, "wrong").status_code == 401
        response = browser_client.post("/auth/reauthenticate", {"password": "wrong"})
        assert response.status_code == 401
    assert browser_client.post("/auth/password/change", wrong).status_code == 401

    assert guess(alice.email).status_code == 429
    assert BrowserClient().sign_in(alice, "wrong").status_code == 429
    assert browser_client.post("/auth/reauthenticate", {"password": "wrong"}).status_code == 429
    assert browser_client.post("/auth/password/change", wrong).status_code == 429


def test_live_sessions_untouched_by_a_used_up_budget(alice, browser_client):
    """ASVS 6.1.1: nobody can lock out whoever is signed in already."""
    browser_client.sign_in(alice)
    for _ in range(12):
        guess(alice.email)

    assert browser_client.get("/api/me").status_code == 200
    assert browser_client.post("/auth/refresh").status_code == 200


def test_window_ends(alice):
    """After ten minutes from the first failure the budget is whole again."""
    for _ in range(10):
        guess(alice.email)
    FailureCount.objects.update(started_at=int(time.time()) - 601)

    assert statuses(guess(alice.email) for _ in range(11)) == [401] * 10 + [429]


def test_refused_attempts_cost_no_row_and_no_hash(alice):
    """ASVS 15.2.2: a flood past the limit writes nothing and hashes nothing."""
    for _ in range(10):
        guess(alice.email)
    before = SecurityEvent.objects.count()

    for _ in range(10):
        guess(alice.email)

    assert SecurityEvent.objects.count() == before
    assert SecurityEvent.objects.filter(kind="throttled").count() == 1


def test_table_holds_no_address(alice):
    """ASVS 14.2: the keys are hashes."""
    guess(alice.email)

    assert all(len(key) == 64 for key in FailureCount.objects.values_list("key", flat=True))


def test_parallel_guesses_cannot_pass_the_limit_together(transactional_db, alice):
    """ASVS 15.4.2: of fifty at once exactly ten are looked at."""
    start = threading.Barrier(50)

    def one(_: int) -> int:
        start.wait()
        try:
            while True:
                status = guess(alice.email).status_code
                if status != 503:  # too many were waiting for their turn to hash
                    return status
        finally:
            connections.close_all()

    with ThreadPoolExecutor(50) as pool:
        codes = list(pool.map(one, range(50)))

    assert sorted(codes) == [401] * 10 + [429] * 40
    assert sorted(FailureCount.objects.values_list("count", flat=True)) == [10, 10, 10]


def test_bad_tokens_throttled_for_a_network(alice):
    """300 a minute: afterwards 429, by cookie as by Bearer; nothing is written in between."""
    bad = BearerClient()
    bad.tokens = {"access_token": "bad"}
    codes = statuses(bad.get("/api/me") for _ in range(301))

    assert codes == [401] * 300 + [429]
    by_cookie = BrowserClient()
    by_cookie.cookies[ACCESS] = "bad"
    assert by_cookie.get("/api/me").status_code == 429
    assert 1 <= int(bad.get("/api/me")["Retry-After"]) <= 60
    assert list(FailureCount.objects.values_list("count", flat=True)) == [300]


def test_good_token_served_in_a_throttled_network(alice, api_client):
    """A neighbour's flood does not sign anybody out."""
    api_client.sign_in(alice)
    bad = BearerClient()
    bad.tokens = {"access_token": "bad"}
    for _ in range(301):
        bad.get("/api/me")

    assert api_client.get("/api/me").status_code == 200


def test_token_that_was_good_is_no_guess(alice, api_client):
    """In a throttled network it is still told 401, which is what makes a page refresh."""
    api_client.sign_in(alice)
    good = api_client.tokens["access_token"]
    then = int(time.time()) - 400
    old = forge.altered(good, auth_time=then, iat=then, exp=then + 300)
    bad = BearerClient()
    bad.tokens = {"access_token": "bad"}
    for _ in range(301):
        bad.get("/api/me")

    for tokens in (old, good):
        sessions.end_all_of(alice, "admin")
        api_client.tokens = {"access_token": tokens}
        assert api_client.get("/api/me").status_code == 401


def test_refused_refreshes_throttled_for_a_network(browser_client, alice):
    """Refresh tokens are guessed no faster than access tokens."""
    browser_client.get("/auth/session")
    browser_client.cookies[REFRESH] = "bad"

    codes = statuses(browser_client.post("/auth/refresh") for _ in range(301))

    assert codes == [401] * 300 + [429]


def test_throttled_network_may_still_look_come_and_leave(alice):
    """Where a forged token is as none, nothing counts: a neighbour's flood keeps nobody out, or in.

    Such a token opens nothing there either.
    """
    page, program = BrowserClient(), BearerClient()
    page.get("/auth/session")
    page.cookies[ACCESS] = page.cookies[REFRESH] = "bad"
    program.tokens = {"access_token": "bad"}
    for _ in range(301):
        program.get("/api/me")

    looked = page.get("/auth/session")
    assert (looked.status_code, looked.json()["authenticated"]) == (200, False)
    assert program.post("/auth/token/revoke", {"refresh_token": "bad"}).status_code == 200
    assert page.post("/auth/logout").status_code == 204
    page.cookies[ACCESS] = page.cookies[REFRESH] = "bad"
    assert page.sign_in(alice).status_code == 200


def test_bundles_are_forgotten_before_memory_fills(rf):
    """Many networks at once cost a bounded amount of memory."""
    for index in range(10_050):
        request = rf.get("/")
        request.client_address = f"10.{index >> 16}.{index >> 8 & 255}.{index & 255}"
        budgets.count_bad_token(request)

    assert len(budgets._pending) <= 10_001


def test_answer_of_a_refusal_is_the_one_shape(alice):
    """Problem details as everywhere; no counter, no limit, no hint."""
    for _ in range(10):
        guess(alice.email)

    assert json.loads(guess(alice.email).content) == {
        "type": "about:blank",
        "title": "Too Many Requests",
        "status": 429,
        "detail": "Too many attempts. Try again later.",
        "code": "throttled",
    }
