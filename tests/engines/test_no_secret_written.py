"""A whole visit, and then a look into everything that it wrote."""

import sqlite3
from collections.abc import Callable

import httpx

from tests.engines.people import PASSWORDS, Visitor, fetch_tokens
from tests.leaks import holds_jwt
from tests.servers import Gatehouse


def test_nothing_that_a_visit_wrote_holds_a_secret(
    serve: Callable[..., Gatehouse], visitor_of: Callable[[str], Visitor]
) -> None:
    """ASVS 16.2.5: no token and no password in the log, the database or a mail."""
    server = serve()
    visitor = visitor_of(server.url)
    visitor.send("GET", "/auth/session")
    wrong = {"email": "alice@example.com", "password": "a wrong password, tried"}
    visitor.send("POST", "/auth/login", wrong)
    visitor.send("POST", "/auth/login", {**wrong, "email": "my secret passphrase typed here"})
    visitor.sign_in()
    visitor.send("POST", "/auth/refresh")
    visitor.send("POST", "/auth/password/reset", {"email": "bob@example.com"})
    stolen = dict(visitor.cookies)
    program = fetch_tokens(server.url).json()
    bearer = {"Authorization": f"Bearer {program['access_token']}"}
    httpx.get(f"{server.url}/api/me", headers=bearer)
    httpx.get(f"{server.url}/api/me", headers={"Authorization": bearer["Authorization"] + "x"})
    httpx.get(f"{server.url}/nowhere?token={program['access_token']}")
    httpx.get(f"{server.url}/api/me", headers={**bearer, "Host": "elsewhere.example"})
    visitor.send("POST", "/auth/logout")
    visitor.cookies = stolen
    visitor.send("POST", "/auth/refresh")
    secrets = ["a wrong password, tried", "my secret passphrase", *PASSWORDS.values()]
    secrets += [part for value in stolen.values() for part in value.split(".")[1:]]

    written = {"log": server.log}
    with sqlite3.connect(server.data_dir / "db.sqlite3") as database:
        written["database"] = "\n".join(database.iterdump())
    for mail in (server.data_dir / "mail").glob("*"):
        written[mail.name] = mail.read_text()

    assert "signed_in" in written["log"]
    assert "alice@example.com" in written["database"]
    found = [
        (place, secret) for place, text in written.items() for secret in secrets if secret in text
    ]
    assert found == []
    assert [place for place, text in written.items() if holds_jwt(text)] == []
