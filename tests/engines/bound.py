"""A whole Chromium that binds sessions to a key, and what it tells of that by the DevTools.

It binds only over TLS with a certificate that it takes for good: that is pinned here, since ignoring
errors is not enough. Its keys are in software: they bind to nothing, but the protocol is the same.
"""

import base64
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import CHROMIUM_FLAGS
from tests.servers import Gatehouse
from tools import programs

COMPANION = "__Host-bound"
FEATURES = (
    "DeviceBoundSessions",
    "EnableBoundSessionCredentialsSoftwareKeysForManualTesting",
)


def options(app: Gatehouse) -> dict[str, Any]:
    """What Playwright starts such a browser with, for this server."""
    pem = (app.data_dir / "tls-certificate.pem").read_bytes()
    key = x509.load_pem_x509_certificate(pem).public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    pin = base64.b64encode(hashlib.sha256(der).digest()).decode()
    flags = [
        *CHROMIUM_FLAGS,
        f"--enable-features={','.join(FEATURES)}",
        f"--ignore-certificate-errors-spki-list={pin}",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
    ]
    return {"executable_path": programs.ensure("whole-chromium"), "args": flags}


def launch(browser: Browser, app: Gatehouse, home: dict[str, str]) -> Browser:
    """Start one beside the browser of the other tests."""
    return browser.browser_type.launch(**options(app), env=home)


def restart(
    browser: Browser, app: Gatehouse, home: dict[str, str], profile: Path
) -> BrowserContext:
    """Start one with a profile on the disk: what it keeps is there again at the next start."""
    context = browser.browser_type.launch_persistent_context(
        profile, **options(app), env=home, base_url=app.url
    )
    context.set_default_timeout(10_000)
    return context


class Bindings:
    """What the browser of one tab did about bound sessions."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.events: list[dict[str, Any]] = []
        self.cdp = page.context.new_cdp_session(page)
        self.cdp.on("Network.deviceBoundSessionEventOccurred", self.keep)
        self.cdp.send("Network.enable")
        self.cdp.send("Network.enableDeviceBoundSessions", {"enable": True})

    def keep(self, event: dict[str, Any]) -> None:
        self.events.append(event)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The details of the events of a kind: creation, challenge, refresh or termination."""
        return [one[f"{kind}EventDetails"] for one in self.events if f"{kind}EventDetails" in one]

    @property
    def signatures(self) -> int:
        """How often the device has signed: for each registration, and each challenge."""
        return len(self.of("creation")) + len(self.of("challenge"))

    def wait(self, reached: Callable[[], bool]) -> None:
        """Return once this is so. The events arrive while the page is asked something."""
        for _ in range(500):
            if reached():
                return
            self.page.evaluate("new Promise((done) => setTimeout(done, 20))")
        raise AssertionError(self.events)

    def wait_until_bound(self) -> None:
        """Return once a registration has ended. Fail unless the session is bound."""
        self.wait(lambda: bool(self.of("creation")))
        assert [one["fetchResult"] for one in self.of("creation")][-1] == "Success", self.events


def copy_jar(owner: BrowserContext, thief: BrowserContext) -> None:
    """Give the thief every cookie of the owner, as malware could. No browser ends a copy in time."""
    for cookie in owner.cookies():
        kept = {name: value for name, value in cookie.items() if name != "expires"}
        thief.add_cookies([kept])  # type: ignore[list-item]


def expect_badge(page: Page) -> None:
    """The account page says that this session is bound."""
    row = page.locator("[data-devices] li").filter(has=page.get_by_text("This device"))
    expect(row.get_by_text("Bound to its device")).to_be_visible()
