"""What people do in the demo's mailbox."""

from playwright.sync_api import Locator, Page, expect


def open_mail(page: Page, subject: str, email: str) -> Locator:
    """The newest mail with this subject to this address, opened."""
    page.goto("/mail")
    mail = page.locator(".mails li").filter(has_text=subject).filter(has_text=email).first
    expect(mail).to_be_visible()
    if mail.locator("details").get_attribute("open") is None:
        mail.locator("summary").click()
    return mail


def follow_link(page: Page, subject: str, email: str) -> None:
    """Opens that mail and its link."""
    open_mail(page, subject, email).locator(".letter a").first.click()
