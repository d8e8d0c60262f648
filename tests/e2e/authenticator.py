"""A virtual authenticator in Chromium, by the DevTools protocol: a device that holds passkeys."""

from typing import Any

from playwright.sync_api import CDPSession, Page

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Authenticator:
    """The device of one tab. Its person is there and shows who they are, until told otherwise."""

    def __init__(self, page: Page, **options: Any) -> None:
        self.cdp: CDPSession = page.context.new_cdp_session(page)
        self.cdp.send("WebAuthn.enable", {"enableUI": False})
        added = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE | options})
        self.id = added["authenticatorId"]

    def send(self, command: str, **options: Any) -> dict[str, Any]:
        return dict(
            self.cdp.send(f"WebAuthn.{command}", {"authenticatorId": self.id, **options}) or {}
        )

    @property
    def passkeys(self) -> list[dict[str, Any]]:
        """What it holds."""
        return list(self.send("getCredentials")["credentials"])

    def refuse(self) -> None:
        """The person is there and shows no finger and no PIN: the browser says that it was cancelled."""
        self.send("setUserVerified", isUserVerified=False)

    def agree(self) -> None:
        self.send("setUserVerified", isUserVerified=True)
