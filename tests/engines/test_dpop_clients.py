"""docs/how-to/dpop.md: programs of two other libraries prove their key to a running server."""

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.binding.proofs import new_key, signed
from tests.docs import named_blocks
from tests.engines import npm
from tests.engines.people import PASSWORDS
from tests.servers import Gatehouse
from tools import programs

EMAIL = "alice@example.com"
SNIPPETS = {info.split()[1]: text for info, text in named_blocks("docs/how-to/dpop.md")}


def interpreter_of(name: str, folder: Path) -> str:
    """What runs this snippet in this folder, with the packages that it imports."""
    if name.endswith(".py"):
        return sys.executable
    npm.ensure_packages(npm.HTTP_CLIENTS)
    # Node looks for packages beside the script, whatever the working directory is.
    (folder / "node_modules").symlink_to(npm.HTTP_CLIENTS / "node_modules")
    return programs.ensure("node")


@pytest.mark.parametrize("name", SNIPPETS)
def test_program_of_another_library_signs_in_calls_and_refreshes(
    name: str, server: Gatehouse, tmp_path: Path
) -> None:
    """It takes the nonces, and its session is bound: the row names a key."""
    (tmp_path / name).write_text(SNIPPETS[name])
    own = {"URL": server.url, "EMAIL": EMAIL, "PASSWORD": PASSWORDS[EMAIL]}

    done = subprocess.run(
        [interpreter_of(name, tmp_path), name, "/api/me", "/api/notes?search=x"],
        cwd=tmp_path,
        env=os.environ | own,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    me, notes, again, _ = map(json.loads, done.stdout.splitlines())
    assert (me["client_id"], me["session_id"]) == ("cli", again["session_id"])
    assert "results" in notes
    asked = f"from accounts.models import Session; print(Session.objects.get(id='{me['session_id']}').jkt)"
    assert len(server.manage("shell", "-c", asked).split()[-1]) == 43


def test_two_proofs_in_two_headers_are_refused(server: Gatehouse) -> None:
    """RFC 9449 section 4.3, rule 1, on the wire: the server hides neither of them from us."""
    key = new_key()

    def proof(nonce: str | None) -> str:
        claims = {"jti": secrets.token_hex(16), "htm": "POST", "htu": f"{server.url}/auth/token"}
        head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False)}
        return signed(key, head, claims | {"iat": int(time.time()), "nonce": nonce})

    def sign_in(*proofs: str) -> tuple[int, str]:
        """Status and whole answer of a sign-in with these headers DPoP."""
        body = json.dumps({"email": EMAIL, "password": PASSWORDS[EMAIL]})
        lines = ["POST /auth/token HTTP/1.1", "Host: localhost", "Connection: close"]
        lines += [f"DPoP: {one}" for one in proofs]
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}", "", body]
        port = urlsplit(server.url).port or 0
        with socket.create_connection(("127.0.0.1", port), timeout=60) as wire:
            wire.sendall("\r\n".join(lines).encode())
            answer = b"".join(iter(lambda: wire.recv(65536), b"")).decode()
        return int(answer.split()[1]), answer

    status, answer = sign_in(proof(None))
    found = re.search(r"(?im)^dpop-nonce: (\S+)", answer)
    assert status == 400
    assert found
    nonce = found[1]

    status, answer = sign_in(proof(nonce), proof(nonce))

    assert status == 400
    assert "invalid_dpop_proof" in answer
    assert sign_in(proof(nonce))[0] == 200
