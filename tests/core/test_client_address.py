"""Who calls, as each spelling that proxies send tells it, and what becomes of callers that none does."""

import logging

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from accounts import callers
from accounts.credentials.budgets import sign_in_budgets
from accounts.models import FailureCount
from accounts.people.mails import mail_budgets
from accounts.web.middleware import ClientAddress
from tests.clients import BearerClient, BrowserClient, JSONClient
from tests.core.test_budgets import guess, proxied, statuses  # noqa: F401  (a fixture)

RIGHT = "alice walks the long way home"

# What a trusted proxy sends, and who that is.
SPELLINGS = {
    "203.0.113.7": "203.0.113.7",
    " 203.0.113.7\t": "203.0.113.7",
    "203.0.113.7:49152": "203.0.113.7",
    "203.0.113.7:_port": "203.0.113.7",
    '"203.0.113.7"': "203.0.113.7",
    '"203.0.113.7:49152"': "203.0.113.7",
    "2001:db8::7": "2001:db8::7",
    "2001:DB8:0:0::7": "2001:db8::7",
    "[2001:db8::7]": "2001:db8::7",
    "[2001:db8::7]:49152": "2001:db8::7",
    '"[2001:db8::7]:49152"': "2001:db8::7",
    "fe80::1%eth0": "fe80::1",
    "[fe80::1%25eth0]:80": "fe80::1",
    "::ffff:203.0.113.7": "203.0.113.7",
    "::FFFF:203.0.113.7": "203.0.113.7",
    "::FfFf:cb00:7107": "203.0.113.7",
    "[::ffff:203.0.113.7]:80": "203.0.113.7",
    "198.51.100.1,203.0.113.7": "203.0.113.7",
    "198.51.100.1, ,203.0.113.7,": "203.0.113.7",
    ",203.0.113.7, , 10.0.0.1": "203.0.113.7",
    "unknown, 203.0.113.7:80, [::ffff:10.0.0.1]:80": "203.0.113.7",
    "10.0.0.1, 10.0.0.2": "10.0.0.1",
}
UNREADABLE = [
    "", ",", " , ,", "unknown", "Unknown", "_hidden", "_SEVKISEK", "nobody", "localhost", "unix:",
    "203.0.113", "203.0.113.07", "203.0.113.7/24", "[203.0.113.7", "::g",
    "[]", "[]:80", '""', "for=203.0.113.7", "203.0.113.7, unknown", "203.0.113.7, _hidden, 10.0.0.1",
    "203.0.113.7, \u0661.1.1.1", "a" * 5000,
]  # fmt: skip


def asked(rf: RequestFactory, peer: str, **headers: str) -> HttpRequest:
    """The request as what stands behind the middleware sees it."""
    request = rf.get("/", REMOTE_ADDR=peer, headers=headers)
    ClientAddress(lambda _: HttpResponse())(request)
    return request


def trust(settings, *proxies: str) -> None:
    settings.GATEHOUSE = settings.GATEHOUSE | {"TRUSTED_PROXIES": list(proxies)}
    settings.MIDDLEWARE = [n for n in settings.MIDDLEWARE if not n.endswith(".DemoStaysLocal")]


@pytest.mark.parametrize(("sent", "address"), SPELLINGS.items())
@pytest.mark.parametrize("proxy", ["10.0.0.1", "::ffff:10.0.0.1"])
def test_address_is_read_in_each_spelling_of_proxies(settings, rf, proxy, sent, address) -> None:
    """RFC 7239 section 6 for brackets, quotes and ports, RFC 4007 section 11 for interfaces."""
    trust(settings, "10.0.0.0/8")

    assert callers.address_of(asked(rf, proxy, **{"X-Forwarded-For": sent})) == address


@pytest.mark.parametrize("sent", UNREADABLE)
def test_what_names_nobody_is_no_address_and_never_the_proxys(settings, rf, sent) -> None:
    """Not the proxy's, and not one further left, which the caller may have invented."""
    trust(settings, "10.0.0.0/8")

    request = asked(rf, "10.0.0.1", **{"X-Forwarded-For": sent, "X-Forwarded-Proto": "https"})

    assert (callers.address_of(request), callers.network_of(request)) == ("", "")
    assert request.META["HTTP_X_FORWARDED_PROTO"] == "https"


def test_proxy_that_calls_for_itself_has_its_own_address(settings, rf) -> None:
    """It forwards nothing then; with a scheme alone it has called for somebody."""
    trust(settings, "10.0.0.1")

    own = asked(rf, "10.0.0.1")
    others = asked(rf, "10.0.0.1", **{"X-Forwarded-Proto": "https"})

    assert (callers.address_of(own), callers.address_of(others)) == ("10.0.0.1", "")


@pytest.mark.parametrize(
    ("sent", "scheme"),
    [
        *(("https", "https"), ("HTTPS", "https"), (' "https" ', "https"), ("https,http", "https")),
        *((", https", "https"), ("http", "http"), ("Http, https", "http"), ("", ""), ("on", "on")),
    ],
)
def test_scheme_of_a_trusted_proxy_is_read_in_each_spelling(settings, rf, sent, scheme) -> None:
    """Of a list the first counts, as with Django. What is none is not https."""
    trust(settings, "10.0.0.1")
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

    request = asked(rf, "10.0.0.1", **{"X-Forwarded-Proto": sent})

    assert request.META["HTTP_X_FORWARDED_PROTO"] == scheme
    assert request.is_secure() is (scheme == "https")


# What servers say of a caller on a unix socket: granian and gunicorn, waitress, nginx.
@pytest.mark.parametrize("peer", ["", "localhost", "unix:"])
def test_unix_socket_is_trusted_by_its_word_alone(settings, rf, peer) -> None:
    """Its headers count then; without the word, or with another, they are dropped."""
    sent = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}

    for proxies, address in [((), ""), (("127.0.0.1",), ""), (("unix",), "203.0.113.7")]:
        trust(settings, *proxies)
        request = asked(rf, peer, **sent)
        assert callers.address_of(request) == address
        assert ("HTTP_X_FORWARDED_PROTO" in request.META) is bool(address)


def test_word_for_sockets_trusts_no_address(settings, rf) -> None:
    """Nor an address the other way round; and nginx on a socket may stand in the middle."""
    trust(settings, "unix")
    stranger = asked(rf, "203.0.113.9", **{"X-Forwarded-For": "203.0.113.7"})
    two_proxies = asked(rf, "", **{"X-Forwarded-For": "203.0.113.7, unix:"})
    silent = asked(rf, "", **{"X-Forwarded-Proto": "https"})

    found = [callers.address_of(request) for request in (stranger, two_proxies, silent)]
    assert found == ["203.0.113.9", "203.0.113.7", ""]


def test_one_stranger_without_an_address_locks_nobody_else_out(proxied, alice, bob) -> None:  # noqa: F811
    """100 failures are a network's budget: callers behind `unknown` are in no network."""
    for index in range(101):
        assert guess(f"nobody{index}@example.com", "unknown").status_code == 401

    assert guess(alice.email, "unknown", RIGHT).status_code == 200
    assert guess(bob.email, "_hidden").status_code == 401
    assert FailureCount.objects.count() == 103  # one for each account, none for all


def test_guesses_without_an_address_are_counted_for_the_account(proxied, alice) -> None:  # noqa: F811
    """30 for an e-mail, as from anywhere."""
    codes = statuses(guess(alice.email, "unknown") for _ in range(32))

    assert codes == [401] * 30 + [429] * 2


def test_forgeries_without_an_address_keep_nobody_else_out(proxied, alice) -> None:  # noqa: F811
    """Of bad tokens only networks are counted; the answer to another's stays 401."""
    bad = BearerClient()
    bad.tokens = {"access_token": "bad"}
    unknown = {"X-Forwarded-For": "unknown", "Authorization": "Bearer bad"}

    codes = {bad.get("/api/me", headers=unknown).status_code for _ in range(320)}

    assert codes == {401}


def test_mails_and_trips_without_an_address_share_no_budget(settings, rf) -> None:
    """Whatever counts a network: one caller's twenty mails stop nobody else's."""
    trust(settings, "10.0.0.1")
    request = asked(rf, "10.0.0.1", **{"X-Forwarded-For": "unknown"})

    budgets = mail_budgets(request, "reset", "alice@example.com")
    budgets += sign_in_budgets(request, "alice@example.com")

    assert [budget.name for budget in budgets if budget.subject] == [
        "reset e-mail",
        "sign-in e-mail",
    ]


def test_unreadable_header_is_logged_once_without_what_it_says(settings, rf, caplog) -> None:
    """For each process and header: its name, and the form of the value."""
    trust(settings, "10.0.0.1")
    middleware = ClientAddress(lambda _: HttpResponse())
    with caplog.at_level(logging.WARNING, "gatehouse"):
        for _ in range(3):
            middleware(
                rf.get(
                    "/",
                    REMOTE_ADDR="10.0.0.1",
                    headers={"X-Forwarded-For": "secret-17", "X-Forwarded-Proto": "on"},
                )
            )
            middleware(rf.get("/", REMOTE_ADDR=""))

    lines = [record.getMessage() for record in caplog.records]
    assert [line.split(" cannot")[0] for line in lines] == [
        "X-Forwarded-Proto",
        "X-Forwarded-For",
        "REMOTE_ADDR",
    ]
    assert "'aaaaaa-99'" in lines[1]
    assert "unix" in lines[2]
    assert not any("secret" in line for line in lines)


def test_demo_stays_local_for_callers_without_an_address(db) -> None:
    """Nobody can say that they are on this machine."""
    assert JSONClient(REMOTE_ADDR="").get("/auth/session").status_code == 403
    assert BrowserClient(REMOTE_ADDR="unix:").get("/").status_code == 403


def test_callers_whom_the_site_tells_apart_have_budgets_of_their_own(rf: RequestFactory) -> None:
    """Many share an address behind a router. A site that knows them says whom it counts."""
    one, other = (asked(rf, "10.0.0.1") for _ in range(2))
    assert callers.network_of(one) == callers.network_of(other) == "10.0.0.1"

    one.client_network = "pupil 1"  # type: ignore[attr-defined]

    assert callers.network_of(one) == "pupil 1"
    assert not {b.key for b in sign_in_budgets(one, "x")} & {
        b.key for b in sign_in_budgets(other, "x") if "network" in b.name
    }
    assert callers.address_of(one) == "10.0.0.1"  # what events and the list of devices show
