"""The application as a deployment starts it: production mode, on plain http behind a proxy."""

import secrets
import sys
from pathlib import Path

from accounts.tokens import key_store, keys
from tests.servers import Gatehouse

KEYS_FILE = "signing-keys.json"


class Production(Gatehouse):
    """`with Production(folder, "https://localhost:8443") as app`: the address is the proxy's."""

    def __init__(self, data_dir: Path, issuer: str, **env: object) -> None:
        defaults = {
            "GATEHOUSE_MODE": "production",
            "GATEHOUSE_ISSUER": issuer,
            "GATEHOUSE_HOSTS": "localhost",
            "GATEHOUSE_TRUSTED_PROXIES": "127.0.0.1",
            "GATEHOUSE_SECRET_KEY": secrets.token_urlsafe(50),
            "GATEHOUSE_SIGNING_KEYS_FILE": data_dir / KEYS_FILE,
            "GATEHOUSE_WORKERS": 2,
        }
        super().__init__(data_dir, **{**defaults, **env})
        if not (data_dir / KEYS_FILE).exists():
            data_dir.mkdir(parents=True, exist_ok=True)
            key_store.write(keys.Ring([keys.new_key("active")]), data_dir / KEYS_FILE)

    def _command(self) -> list[str]:
        return [sys.executable, "manage.py", "serve", "--port", str(self.port)]
