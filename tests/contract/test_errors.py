"""Failures have one shape (RFC 9457) on every endpoint, and tell nothing that helps to guess."""

import json
from http import HTTPStatus
from io import BytesIO
from urllib.parse import quote

import pytest
from django.db import OperationalError, connection, transaction
from rest_framework.exceptions import (
    NotAcceptable,
    PermissionDenied,
    Throttled,
    ValidationError,
)

from accounts.tests.presenting import ACCESS, REFRESH, challenge_of, holds_jwt
from accounts.tokens import key_store
from accounts.web.problems import answer, translate
from project import pages
from tests.clients import BearerClient, BrowserClient, JSONClient

ENDPOINTS = {
    "/auth/session": "GET",
    "/auth/login": "POST",
    "/auth/refresh": "POST",
    "/auth/logout": "POST",
    "/auth/sessions": "GET",
    "/auth/sessions/x": "DELETE",
    "/auth/logout-others": "POST",
    "/auth/reauthenticate": "POST",
    "/auth/events": "GET",
    "/auth/register": "POST",
    "/auth/email/verify": "POST",
    "/auth/email/change": "POST",
    "/auth/password/change": "POST",
    "/auth/password/reset": "POST",
    "/auth/password/reset/confirm": "POST",
    "/auth/account": "GET, PATCH, DELETE",
    "/auth/account/export": "GET",
    "/auth/token": "POST",
    "/auth/token/refresh": "POST",
    "/auth/token/revoke": "POST",
    "/.well-known/jwks.json": "GET",
    "/healthz": "GET",
    "/readyz": "GET",
    "/api/me": "GET",
    "/api/notes": "GET, POST",
    "/api/notes/x": "GET, PUT, PATCH, DELETE",
    "/api/audit": "GET",
    "/api/schema": "GET",
}
TAKE_A_BODY = [
    "/auth/login", "/auth/reauthenticate", "/auth/register", "/auth/email/verify",
    "/auth/email/change", "/auth/password/change", "/auth/password/reset",
    "/auth/password/reset/confirm", "/auth/token", "/auth/token/refresh", "/auth/token/revoke",
    "/api/notes",
]  # fmt: skip
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "CONNECT", "X"]


def assert_problem(response, status: int, code: str) -> None:
    """The one shape: exactly these members, this media type, and a challenge on a 401."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    assert set(body) - {"errors"} == {"type", "title", "status", "detail", "code"}
    title = "Content Too Large" if status == 413 else HTTPStatus(status).phrase
    assert (body["type"], body["title"], body["status"]) == ("about:blank", title, status)
    assert body["code"] == code
    assert ("errors" in body) == (code == "validation_failed")
    assert ("WWW-Authenticate" in response) == (status == 401)
    if status == 401:
        assert response["WWW-Authenticate"].startswith('Bearer realm="gatehouse"')
    assert ("Retry-After" in response) == (status in {429, 503})
    assert ("Allow" in response) == (status == 405)


@pytest.fixture
def page(browser_client, alice) -> BrowserClient:
    """Alice's page, signed in."""
    browser_client.sign_in(alice)
    return browser_client


@pytest.fixture
def program(alice) -> BearerClient:
    """Alice's program, signed in."""
    client = BearerClient()
    client.sign_in(alice)
    return client


def client_for(path: str, page: BrowserClient, program: BearerClient) -> JSONClient:
    return program if path.startswith("/auth/token") else page


@pytest.mark.parametrize("path", ENDPOINTS)
def test_other_method_says_which_are_allowed(page, program, path):
    """RFC 9110 section 15.5.6: 405 with Allow, whoever asks, and before any credential."""
    allowed = {method.strip() for method in ENDPOINTS[path].split(",")}
    allowed |= {"HEAD"} if "GET" in allowed else set()
    for method in METHODS:
        if method in allowed:
            continue
        for client in (JSONClient(), client_for(path, page, program)):
            response = client.generic(method, path)
            assert response.status_code == 405, (method, response.content)
            if method != "HEAD":
                assert_problem(response, 405, "method_not_allowed")
            told = {name.strip() for name in response["Allow"].split(",")}
            assert told == allowed | {"OPTIONS"}, method


@pytest.mark.parametrize("path", ENDPOINTS)
def test_options_says_the_methods_and_nothing_else(db, path):
    """204 with `Allow` alone: no schema of forms for anonymous eyes, and no CORS."""
    response = JSONClient().options(path, headers={"Origin": "http://evil.example"})

    assert (response.status_code, response.content) == (204, b"")
    assert {name.strip() for name in response["Allow"].split(",")} >= set(
        ENDPOINTS[path].split(", ")
    )
    assert not any(name.lower().startswith("access-control") for name in response.headers)


@pytest.mark.parametrize("path", [path for path in ENDPOINTS if "GET" in ENDPOINTS[path]])
def test_head_is_get_without_a_body(page, program, path):
    """RFC 9110 section 9.3.2: the same status and the same type."""
    client = client_for(path, page, program)
    client = JSONClient() if path in {"/api/audit"} else client

    head, get = client.head(path), client.get(path)

    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head.get("Content-Type") == get.get("Content-Type")


@pytest.mark.parametrize("path", ENDPOINTS)
def test_anonymous_request_to_what_is_protected_is_401(db, path):
    """ASVS 8.2.1: no credential, no data; the challenge names no error, for no token was sent."""
    protected = path.startswith(("/api/", "/auth/sessions", "/auth/events", "/auth/account")) or (
        path in {"/auth/logout-others", "/auth/reauthenticate", "/auth/password/change"}
        or path == "/auth/email/change"
    )
    if not protected or path == "/api/schema":
        return
    for method in ENDPOINTS[path].split(", "):
        response = JSONClient().generic(method, path)
        assert_problem(response, 401, "not_authenticated")
        assert challenge_of(response) == 'Bearer realm="gatehouse"'


BAD_BODIES = {
    "list": b"[]",
    "list of an object": b'[{"email":"a"}]',
    "text": b'"text"',
    "number": b"1",
    "null": b"null",
    "true": b"true",
    "half": b'{"email":',
    "not JSON": b"email=a&password=b",
    "single quotes": b"{'email':'a'}",
    "trailing comma": b'{"email":"a",}',
    "comment": b'{"email":"a"}//',
    "two values": b"{}{}",
    "NaN": b'{"email":NaN}',
    "infinity": b'{"email":-Infinity}',
    "lone surrogate": b'{"email":"\\ud800"}',
    "lone surrogate in a name": b'{"\\udfff":1}',
    "surrogate bytes": b'{"email":"\xed\xa0\x80"}',
    "not UTF-8": b'{"email":"\xff"}',
    "Latin-1": '{"email":"é"}'.encode("latin-1"),
    "UTF-16": '{"email":"a"}'.encode("utf-16"),
    "UTF-32": '{"email":"a"}'.encode("utf-32-le"),
    "UTF-7": '{"email":"é"}'.encode("utf-7") + b"\xc3",
    "byte order mark": b'\xef\xbb\xbf{"email":"a"}',
    "zero byte": b"\0",
    "zero byte after": b"{}\0",
    "control letter": b'{"email":"a\nb"}',
    "deep list": b"[" * 8_000,
    "deep object": b'{"a":' * 2_000 + b"1" + b"}" * 2_000,
    "one level too many": b'{"a":' + b"[" * 32 + b"]" * 32 + b"}",
    "huge number": b'{"email":' + b"1" * 8_000 + b"}",
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
}


@pytest.mark.parametrize("path", TAKE_A_BODY)
def test_malformed_body_refused(page, program, path):
    """Whatever arrives, the answer is 400 with a code, and never an error of ours."""
    client = client_for(path, page, program)
    for case, body in BAD_BODIES.items():
        response = client.generic("POST", path, body)
        assert response.status_code == 400, (case, response.content)
        assert_problem(response, 400, "invalid_request")


def test_hundred_thousand_brackets_refused(page):
    """DRF's own parser makes a 500 of it."""
    for body in (b"[" * 100_000, b'{"title":' * 70_000, b'{"title":"x","body":' + b"[" * 90_000):
        assert_problem(page.post("/api/notes", body), 400, "invalid_request")


@pytest.mark.parametrize("path", TAKE_A_BODY)
def test_zero_letter_inside_a_text_refused(page, program, path):
    """PostgreSQL cannot hold it: it is refused where it comes in."""
    fields = ["email", "password", "name", "token", "new_password", "current_password"]
    body = dict.fromkeys([*fields, "refresh_token", "title", "body"], "a\0b")

    assert_problem(client_for(path, page, program).post(path, body), 400, "validation_failed")


STRANGE_TYPES = [
    "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
    "multipart/form-data", "text/json", "application/jsonp", "application/problem+json",
    "application/json-patch+json", "application/xml", "application/octet-stream", "json", "*/*",
    "application/json; charset=utf-7", "application/json; charset=utf-16",
    "application/json; charset=latin-1", "application/json; charset=bz2_codec",
    "application/json; charset=zlib", "application/json; charset=unheard-of",
    "application/json; charset=", "application/json; charset=utf-8; charset=utf-7",
    "application/json;charset=idna", "application/json, text/plain",
]  # fmt: skip


@pytest.mark.parametrize("path", [path for path in ENDPOINTS if "POST" in ENDPOINTS[path]])
def test_other_media_type_refused(page, program, path):
    """ASVS 3.5.2, 4.1.1: JSON in UTF-8 only."""
    for kind in STRANGE_TYPES:
        response = client_for(path, page, program).generic("POST", path, "{}", kind)
        assert_problem(response, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "kind",
    ["application/json", "Application/JSON", "application/json; charset=utf-8",
     'application/json;charset="UTF-8"', "application/json ; charset=UTF-8", "application/json;"],
)  # fmt: skip
def test_json_in_any_spelling_accepted(page, kind):
    """RFC 9110 section 8.3: types are case-insensitive."""
    assert page.generic("POST", "/api/notes", '{"title":"x"}', kind).status_code == 201


@pytest.mark.parametrize("length", [{}, {"CONTENT_LENGTH": "0"}], ids=["none", "zero"])
@pytest.mark.parametrize("path", ["/auth/refresh", "/auth/logout-others", "/auth/logout"])
def test_no_body_needs_no_media_type(page, path, length):
    """A POST that says everything by its path; some clients and servers say a type all the same."""
    for kind in ("", *STRANGE_TYPES):
        # Django's client says no type where there is no body.
        response = page.generic("POST", path, "", CONTENT_TYPE=kind, **length)
        assert response.status_code in {200, 204}, (kind, response.content)
        if path == "/auth/logout":
            page.sign_in("alice@example.com")


@pytest.mark.parametrize(("method", "status"), [("PUT", 400), ("PATCH", 200), ("DELETE", 204)])
@pytest.mark.parametrize("kind", ["", *STRANGE_TYPES[:4]])
def test_no_body_means_the_same_whatever_its_type(page, method, status, kind):
    """An empty form would be no JSON: what is left out of it has other defaults."""
    note = page.post("/api/notes", {"title": "x", "body": "y"}).json()["id"]

    response = page.generic(method, f"/api/notes/{note}", "", CONTENT_TYPE=kind)

    assert response.status_code == status
    if method == "PATCH":
        assert (response.json()["title"], response.json()["body"]) == ("x", "y")


def test_body_without_a_media_type_refused(page):
    """Nothing is guessed from the bytes."""
    assert_problem(page.generic("POST", "/api/notes", "{}", ""), 415, "unsupported_media_type")


@pytest.mark.parametrize("path", TAKE_A_BODY)
def test_body_that_is_too_large_refused(page, program, path):
    """ASVS 15.2.2: 413 before a byte is parsed: 16 KiB, for a note what 100,000 letters take."""
    limit = 1_250_000 if path == "/api/notes" else 16 * 1024
    client = client_for(path, page, program)
    for size in (limit + 1, 3_000_000):
        body = b'{"title":"' + b"x" * (size - 12) + b'"}'
        assert_problem(client.generic("POST", path, body), 413, "too_large")


CHUNKED = {"HTTP_TRANSFER_ENCODING": "chunked"}


@pytest.mark.parametrize(
    "sent",
    [
        CHUNKED,  # a server that leaves the chunks to nobody
        {**CHUNKED, "wsgi.input_terminated": True, "wsgi.input": BytesIO(b'{"title":"new"}')},
        {"wsgi.input_terminated": True, "wsgi.input": BytesIO(b'{"title":"new"}')},  # HTTP/2
    ],
    ids=["chunked", "chunked, terminated", "HTTP/2"],
)
def test_body_of_unknown_length_refused(page, sent):
    """Django reads none of it (PEP 3333 needs the length): "nothing to change" would be a lie."""
    note = page.post("/api/notes", {"title": "old"}).json()

    answer = page.patch(f"/api/notes/{note['id']}", **sent)

    assert_problem(answer, 400, "invalid_request")
    assert "Content-Length" in answer.json()["detail"]
    assert page.get(f"/api/notes/{note['id']}").json()["title"] == "old"


def test_no_body_needs_no_length(page):
    """A server that says where the input ends, and a request without one."""
    empty = {"wsgi.input_terminated": True, "wsgi.input": BytesIO()}

    assert page.post("/auth/refresh", **empty).status_code == 200


@pytest.mark.parametrize("letters", ["a", "%", "\\", "a ", "\0", "\u20ac", "'"], ids=ascii)
@pytest.mark.parametrize("path", ["/api/notes?search=", "/api/notes?page=", "/auth/sessions?page="])
def test_query_of_any_length_never_an_error(page, path, letters):
    """A database's own limits are not the caller's business."""
    page.post("/api/notes", {"title": "a"})

    assert page.get(path + quote(letters * 30_000)).status_code in {200, 404}


@pytest.mark.parametrize("path", ["/api/notes/{0}", "/auth/sessions/{0}"])
@pytest.mark.parametrize("id_", ["%00", "a%00b", "%ff", "%ed%a0%80", "a" * 9_000, "%0a", "..%2f"])
def test_impossible_id_not_found(page, path, id_):
    """PostgreSQL refuses a zero letter with an error of its own."""
    assert_problem(page.delete(path.format(id_)), 404, "not_found")


@pytest.mark.parametrize("length", ["-1", "x", "1e3", ""])
def test_odd_content_length_never_an_error(page, length):
    """Servers check it; a proxy that does not must not cause a 500."""
    response = page.generic("POST", "/api/notes", '{"title":"x"}', CONTENT_LENGTH=length)

    assert response.status_code in {201, 400}


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "localhost@evil.example",
        "",
        "localhost:x",
        "a b",
        "[::1",
    ],
)
@pytest.mark.parametrize(
    "path", ["/auth/session", "/api/me", "/auth/login", "/.well-known/jwks.json", "/nothing"]
)
def test_wrong_host_refused(db, path, host):
    """Host header attacks: 400 before anything is looked at."""
    response = JSONClient().get(path, headers={"Host": host})

    if path == "/nothing":
        assert response.status_code == 400
    else:
        assert_problem(response, 400, "invalid_request")


@pytest.mark.parametrize(
    "path", ["/api/nothing", "/auth/nothing", "/auth/login/", "/api/", "/.well-known/x"]
)
def test_unknown_path_is_a_problem_that_names_nothing(db, path):
    """ASVS 16.5.1: no list of paths, no name of a model; trailing slashes are other paths."""
    for method in ("GET", "POST"):
        response = JSONClient().generic(method, path)
        assert_problem(response, 404, "not_found")


def test_page_that_is_missing_is_a_page(db):
    """People get words, programs get problems."""
    response = JSONClient().get("/nothing")

    assert (response.status_code, response["Content-Type"]) == (404, "text/html; charset=utf-8")


@pytest.mark.urls("tests.contract.broken_urls")
def test_error_of_ours_tells_nothing(db, log):
    """ASVS 16.5.1: 500 without a trace, a setting or a token; the log has it, blotted."""
    client = JSONClient(raise_request_exception=False)
    response = client.get("/api/broken")

    assert_problem(response, 500, "server_error")
    assert b"secret" not in response.content
    page = client.get("/broken")
    assert page.status_code == 500
    assert b"secret" not in page.content
    assert b"<html" in page.content
    assert "secret detail" in log.getvalue()
    assert not holds_jwt(log.getvalue())


@pytest.mark.urls("tests.contract.broken_urls")
def test_database_that_does_not_answer_is_503(db):
    """ASVS 16.5.3: closed, with Retry-After, and without the database's words."""
    response = JSONClient().get("/api/unreachable")

    assert_problem(response, 503, "unavailable")
    assert b"own words" not in response.content


@pytest.mark.parametrize(
    ("refusal", "status", "code", "headers"),
    [
        (Throttled(5), 429, "throttled", {"Retry-After": "5"}),
        (Throttled(), 429, "throttled", {"Retry-After": "600"}),
        (NotAcceptable(), 406, "not_acceptable", {}),
    ],
    ids=["throttled", "throttled for no time", "not acceptable"],
)
def test_refusal_of_another_app_keeps_its_status(refusal, status, code, headers):
    """A project's own views raise what DRF knows; none of it is an error of the server."""
    response = answer(refusal, {})

    assert response.status_code == status
    assert json.loads(response.content)["code"] == code
    assert headers.items() <= response.headers.items()


def test_refused_request_changes_nothing_where_requests_are_transactions(db, monkeypatch):
    """A view that refuses half way under ATOMIC_REQUESTS: as with DRF's own handler."""
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)

    with transaction.atomic():
        answer(PermissionDenied(), {})
        undone = transaction.get_rollback()
        transaction.set_rollback(False)

    assert undone


def test_failures_of_no_field_have_a_place_of_their_own():
    """A validator that raises a plain list is told in the one shape too."""
    found = translate(ValidationError(["These two do not go together."]))

    assert found.members["errors"] == {"non_field_errors": ["These two do not go together."]}


@pytest.mark.parametrize("missing", ["keys", "database"])
def test_server_that_lacks_something_is_not_ready(client, db, settings, tmp_path, missing):
    """A load balancer sends nobody to it, and is not told why."""
    if missing == "keys":
        key_store.reset()
        settings.GATEHOUSE = {**settings.GATEHOUSE, "SIGNING_KEYS": "broken"}

    def execute(run, sql, *rest):
        if missing == "database":
            raise OperationalError("the database is away")
        return run(sql, *rest)

    with connection.execute_wrapper(execute):
        answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["code"] == "unavailable"
    assert client.get("/healthz").status_code == 200


def test_two_credentials_come_before_both(alice):
    """RFC 6750 section 2: 400 whatever either is worth."""
    for cookie in ("good", "bad"):
        client = BrowserClient()
        client.sign_in(alice)
        if cookie == "bad":
            client.cookies[ACCESS] = "bad"
        response = client.get("/api/me", headers={"Authorization": "Bearer x"})
        assert_problem(response, 400, "two_credentials")


def test_each_401_names_its_code(page, program):
    """The contract's five reasons for a 401."""
    wrong = page.post("/auth/reauthenticate", {"password": "x"})
    assert_problem(wrong, 401, "invalid_credentials")
    page.cookies[ACCESS] = "x"
    assert_problem(page.get("/api/me"), 401, "invalid_token")
    page.cookies[REFRESH] = "x"
    assert_problem(page.post("/auth/refresh"), 401, "session_ended")
    del page.cookies[REFRESH]
    assert_problem(page.post("/auth/refresh"), 401, "no_refresh_token")
    assert_problem(JSONClient().get("/api/me"), 401, "not_authenticated")


@pytest.mark.parametrize(
    ("view", "text"),
    [
        (lambda request: pages.permission_denied(request, Exception()), "needs a right"),
        (pages.csrf_failure, "did not come from a page of this site"),
    ],
)
def test_page_of_a_403_says_which_one_it_is(rf, view, text):
    """Somebody without a right is not told to reload."""
    answer = view(rf.get("/admin/"))

    assert answer.status_code == 403
    assert text in answer.content.decode()


def test_each_403_names_its_code(page, program):
    """The contract's reasons for a 403, but for the step-up, which has tests of its own."""
    assert_problem(page.get("/api/audit"), 403, "insufficient_scope")
    assert_problem(program.get("/api/audit"), 403, "insufficient_scope")
    assert_problem(page.post("/api/notes", headers={"Origin": "null"}), 403, "csrf_failed")
    assert_problem(page.post("/auth/token", {}), 403, "browser_must_use_cookies")
