"""GET /api/schema, and that the app answers as it says: generated requests against every operation."""

import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.urls import URLPattern, URLResolver, get_resolver
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts import sessions
from accounts.evidence import ONE
from accounts.programs import personal_tokens
from accounts.tokens.claims import Issued
from accounts.users.models import User
from api.models import Note
from api.operations import OPERATIONS as OPERATIONS_OF_API
from api.operations import add
from tests.binding.device import headers_that_bind, headers_that_renew
from tests.clients import JSONClient

EXAMPLES = int(os.environ.get("GATEHOUSE_TEST_REQUESTS", "8"))  # for each operation and caller
DESCRIBED = ("api/", "auth/", ".well-known/", "healthz", "readyz")
CSRF = "a" * 32
NEED_MAIL = {"/auth/register", "/auth/password/reset", "/auth/email/change"}
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

django_app = get_wsgi_application()


def app(environ: dict[str, Any], start_response: Any) -> Any:
    """The app as a server calls it, from this machine."""
    return django_app({**environ, "REMOTE_ADDR": "127.0.0.1"}, start_response)


SCHEMA = schemathesis.openapi.from_wsgi("/api/schema", app)
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]
DOCUMENT = SCHEMA.raw_schema


Sent = dict[str, dict[str, str]]


def anonymous(issued: Issued) -> Sent:
    return {}


def page(issued: Issued) -> Sent:
    """What our own page sends: both cookies and the three layers against forgery."""
    own = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin", "X-CSRFToken": CSRF}
    cookies = {
        "__Host-Http-access_token": issued.access,
        "__Host-Http-refresh_token": issued.refresh,
        "__Host-csrftoken": CSRF,
    }
    return {"headers": own, "cookies": cookies}


def program(issued: Issued) -> Sent:
    return {"headers": {"Authorization": f"Bearer {issued.access}"}}


CALLERS = {"anonymous": anonymous, "page": page, "program": program}


@pytest.fixture
def one_connection(db: None) -> Iterator[None]:
    """A request neither checks nor closes the connection on which the test's transaction runs."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def without_mail(settings: Any) -> None:
    """Registration and reset answer 503: what they do with a mail server has tests of its own."""
    settings.GATEHOUSE = settings.GATEHOUSE | {"MAIL": False}


def cases_of(operation: Any) -> Any:
    """Requests as described, and, where anything can be said, some that say something else."""
    good = operation.as_strategy(GenerationMode.POSITIVE)
    if not (operation.body or operation.query or operation.path_parameters):
        return good
    return good | operation.as_strategy(GenerationMode.NEGATIVE)


def sign_in(client: str) -> Issued:
    """Tokens of a session that has just begun, of somebody on the staff."""
    email = "carol@example.com"
    person = User.objects.filter(email=email).first()  # an example may have deleted her
    person = person or User.objects.create_user(email, "any long password will do", is_staff=True)
    return sessions.start(person, evidence=sessions.BY_PASSWORD, client=client, remember=True)


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_operation_answers_as_described(one_connection, without_mail, operation, caller):
    """No 5xx of ours, no status that is not documented, no body of another shape."""

    def enter() -> Sent:
        return CALLERS[caller](sign_in("cli" if caller == "program" else "web"))

    # A request that changes nothing leaves its session to the next one.
    unchanged = enter() if operation.method == "get" else None

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(cases_of(operation))
    def exchange(case: Any) -> None:
        response = case.call(**(enter() if unchanged is None else unchanged))
        case.validate_response(response, checks=CHECKS)
        assert response.status_code < 500 or operation.path in NEED_MAIL

    exchange()


def personal_token(issued: Issued) -> str:
    """Make a personal access token. Return its row's id."""
    row, _ = personal_tokens.make(
        issued.session.user, name="Backup", scopes=["notes:read"], days=1, acr=ONE
    )
    return row.id


PASSWORD = "carol reads every log line"
CREDENTIALS = {"email": "carol@example.com", "password": PASSWORD}
NEW = {"current_password": PASSWORD, "new_password": "violet harbour lantern seventeen"}

# For each operation that has a body or an id: what it takes to succeed.
SUCCESSES: dict[str, Callable[[Issued], dict[str, Any]]] = {
    "POST /auth/login": lambda issued: {"body": CREDENTIALS},
    "POST /auth/token": lambda issued: {"body": CREDENTIALS},
    "POST /auth/token/refresh": lambda issued: {"body": {"refresh_token": issued.refresh}},
    "POST /auth/token/revoke": lambda issued: {"body": {"refresh_token": issued.refresh}},
    "POST /auth/reauthenticate": lambda issued: {"body": {"password": PASSWORD}},
    "POST /auth/password/change": lambda issued: {"body": NEW},
    "PATCH /auth/account": lambda issued: {"body": {"name": "Caroline"}},
    "DELETE /auth/sessions/{session_id}": lambda issued: {
        "path_parameters": {"session_id": issued.session.id}
    },
    "POST /auth/binding": lambda issued: {"headers": headers_that_bind(issued.session.id)},
    "POST /auth/binding/refresh": lambda issued: {"headers": headers_that_renew(issued.session.id)},
    "POST /auth/personal-tokens": lambda issued: {
        "body": {"name": "Backup", "scopes": ["notes:read"]}
    },
    "DELETE /auth/personal-tokens/{token_id}": lambda issued: {
        "path_parameters": {"token_id": personal_token(issued)}
    },
    "POST /api/notes": lambda issued: {"body": {"title": "x"}},
    "GET /api/notes/{id}": lambda issued: {"path_parameters": {"id": "mine"}},
    "PUT /api/notes/{id}": lambda issued: {
        "path_parameters": {"id": "mine"},
        "body": {"title": "x", "body": "y"},
    },
    "PATCH /api/notes/{id}": lambda issued: {
        "path_parameters": {"id": "mine"},
        "body": {"body": "y"},
    },
    "DELETE /api/notes/{id}": lambda issued: {"path_parameters": {"id": "mine"}},
}
CAN_BE_OFF = ("/auth/oidc", "/auth/token", "/auth/personal-tokens", "/auth/binding")
# What needs a mail, an identity provider or an authenticator first has tests of its own.
ELSEWHERE = (
    *("/auth/oidc", "/auth/register", "/auth/email", "/auth/password/reset"),
    *("/auth/login/factor", "/auth/login/passkey", "/auth/passkeys"),
    *("/auth/totp/confirm", "/auth/recovery-codes"),
)


@pytest.mark.parametrize(
    "operation", [o for o in OPERATIONS if not o.path.startswith(ELSEWHERE)], ids=lambda o: o.label
)
def test_success_answers_as_described(carol, one_connection, operation):
    """Every operation succeeds once, with the first status that its description names."""
    for_programs = operation.path.startswith("/auth/token")
    issued = sign_in("cli" if for_programs else "web")
    Note.objects.create(id="mine", owner=carol, title="x")
    parts = SUCCESSES.get(operation.label, lambda issued: {})(issued)

    case = operation.Case(media_type="application/json" if "body" in parts else None, **parts)
    response = case.call(**(program if for_programs else page)(issued))

    case.validate_response(response, checks=CHECKS)
    described = DOCUMENT["paths"][operation.path][operation.method]["responses"]
    assert str(response.status_code) == min(described)


def test_document_is_openapi_31(db):
    """Served as JSON to anyone in demo mode, under its own media type."""
    response = JSONClient().get("/api/schema")

    assert response["Content-Type"].startswith("application/vnd.oai.openapi+json")
    assert response.json()["openapi"].startswith("3.1")
    assert response.json() == DOCUMENT


def paths(patterns: list[Any], prefix: str = "") -> set[str]:
    """Every path of the URLconf below those that are described."""
    found: set[str] = set()
    for pattern in patterns:
        route = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            found |= paths(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and route.startswith(DESCRIBED):
            found.add(f"/{route}".replace("<str:", "{").replace(">", "}").replace("{pk}", "{id}"))
    return found


def test_every_endpoint_is_described():
    """What exists is described, but for the description itself; nothing else is."""
    assert paths(get_resolver().url_patterns) - {"/api/schema", "/api/docs"} == set(
        DOCUMENT["paths"]
    )


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_operation_says_how_it_succeeds_and_fails():
    """One success each; every failure in the one shape."""
    for method, path, operation in operations():
        statuses = sorted(operation["responses"])
        assert statuses[0] in {"200", "201", "202", "204", "302"}, (method, path)
        unsafe = {"413", "415"} if method != "get" else set()
        assert unsafe | {"400", "503"} <= set(statuses), (method, path)
        for status in statuses[1:]:
            assert status >= "400", (method, path)
            name = operation["responses"][status]["$ref"].rpartition("/")[2]
            ((media, body),) = DOCUMENT["components"]["responses"][name]["content"].items()
            assert media == "application/problem+json"
            assert body["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_credentials_are_alternatives_and_unsafe_cookies_need_csrf():
    """Cookie, Bearer or DPoP. With the cookie, what changes something needs the CSRF header."""
    schemes = DOCUMENT["components"]["securitySchemes"]
    programs = {"bearer", "dpop", "dpopProof"}
    assert set(schemes) == {"accessCookie", "refreshCookie", "csrfToken"} | programs
    for method, path, operation in operations():
        ways = operation.get("security", [])
        for way in ways:
            assert set(way) <= set(schemes)
            if method not in {"get", "head"} and not programs & set(way):
                assert "csrfToken" in way, (method, path)
        if path.startswith("/api/"):
            assert [{"bearer"}, {"dpop", "dpopProof"}] == [
                set(way) for way in ways if "accessCookie" not in way
            ]


def test_programs_may_prove_their_key_where_they_ask_for_tokens():
    """The header is no duty, and both answers that may bring a nonce say so (RFC 9449 section 8)."""
    for path in ("/auth/token", "/auth/token/refresh"):
        (header,) = DOCUMENT["paths"][path]["post"]["parameters"]
        assert (header["name"], header["in"], header["required"]) == ("DPoP", "header", False)
    for name in ("BadRequest", "Unauthorized"):
        answer = DOCUMENT["components"]["responses"][name]
        assert "DPoP-Nonce" in answer["headers"]
        examples = answer["content"]["application/problem+json"]["examples"]
        assert {"invalid_dpop_proof", "use_dpop_nonce"} <= set(examples)


def test_operation_that_needs_no_credential_says_so():
    """`security: []`: silence would mean the same as a slip. Each base class has one of the two."""
    public = {
        f"{method} {path}" for method, path, operation in operations() if not operation["security"]
    }

    assert {
        "get /auth/session",
        "get /healthz",
        "post /auth/token",
        "get /auth/oidc/login",
    } < public
    for _, path, operation in operations():
        if operation["security"] and set(operation["security"][0]) != {"csrfToken"}:
            assert "401" in operation["responses"], path


def test_every_operation_has_a_name_a_summary_and_a_heading():
    """Names are unique and of one form, since clients make functions of them."""
    found = {f"{method.upper()} {path}": operation for method, path, operation in operations()}
    names = [operation["operationId"] for operation in found.values()]

    assert found.keys() == OPERATIONS_OF_API.keys()
    assert len(set(names)) == len(names)
    for operation in found.values():
        assert re.fullmatch(r"[a-z]+([A-Z][a-z]*)*", operation["operationId"])
        assert operation["summary"]
    headings = [tag["name"] for tag in DOCUMENT["tags"]]
    assert list(dict.fromkeys(headings)) == headings
    assert {tag for operation in found.values() for tag in operation["tags"]} == set(headings)
    assert all(tag["description"] for tag in DOCUMENT["tags"])


def test_operation_without_a_name_of_ours_keeps_the_one_that_was_derived():
    """A new endpoint can be described before somebody has named it."""
    operation = {"operationId": "derived", "tags": ["auth"]}

    add(operation, "GET /auth/new")

    assert operation == {"operationId": "derived", "tags": ["auth"]}


def test_only_what_can_be_missing_is_described_as_not_found():
    """Of a list a page can be missing, of a path a thing; nothing is missing for what is written."""
    for method, path, operation in operations():
        if path.startswith(CAN_BE_OFF):
            continue  # there is none of them where it is switched off
        pages = "page" in {parameter["name"] for parameter in operation.get("parameters", [])}
        assert ("404" in operation["responses"]) is (pages or "{" in path), (method, path)


def test_document_says_whose_it_is_and_where_it_is_served():
    """Licence, contact, and this server's own address."""
    info = DOCUMENT["info"]

    assert info["license"] == {"name": "MIT", "identifier": "MIT"}
    assert info["contact"]["name"] == "The Gatehouse authors"
    assert info["description"]
    assert DOCUMENT["servers"] == [{"url": "http://localhost"}]


def test_redirect_says_where_it_leads():
    """To the provider and back there is no body: the Location is the answer."""
    for path in ("/auth/oidc/login", "/auth/oidc/callback"):
        assert "Location" in DOCUMENT["paths"][path]["get"]["responses"]["302"]["headers"]


def test_generating_the_document_complains_about_nothing(capfd, db):
    """drf-spectacular guesses nothing: every body has a serializer."""
    JSONClient().get("/api/schema")

    assert "unable to guess" not in capfd.readouterr().err
