"""Give addresses one spelling, however people type them.

No letter becomes another one, only another spelling of itself. The owner of `weiß@…` is not the
owner of `weiss@…`, and `straße.example` is another domain than `strasse.example`.
"""

import idna
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from ..subjects import lower

LONGEST_EMAIL = 254  # RFC 5321 section 4.5.3.1.3, without the angle brackets

TOO_LONG = f"An address has at most {LONGEST_EMAIL} characters."
LOCAL_PART = "Mail can be sent to plain letters (a to z), digits and signs before the @, no others."
NO_ADDRESS = "Write a whole address, such as name@example.com."
DOMAIN = "What stands after the @ is no domain that mail can be sent to."


def canonical_email(text: str) -> str:
    """Return the one spelling of an address, for look-ups, budgets and uniqueness alike.

    The domain is written as the DNS knows it, by IDNA 2008 after the mapping of UTS 46. The part
    before the @ is composed (NFC) and in lower case. A text that is no address has one spelling
    too, so that it can be looked up. No account is found by it.
    """
    local, at, domain = text.strip().rpartition("@")
    try:
        spelled = encoded(domain) if at else lower(domain)
    except idna.IDNAError:
        spelled = lower(domain)
    return f"{lower(local)}{at}{spelled}"


def mailable(text: str) -> str:
    """Return the canonical spelling of an address that mail can be sent to.

    Raise `ValidationError` for any other text. A local part beyond ASCII would need SMTPUTF8
    (RFC 6531), which Django's mail does not speak and many mail servers refuse.
    """
    if len(text) > LONGEST_EMAIL:  # before any work that grows with the length
        raise ValidationError(TOO_LONG)
    local, _, domain = text.strip().rpartition("@")
    if not local.isascii():
        raise ValidationError(LOCAL_PART)
    try:
        email = f"{lower(local)}@{encoded(domain)}"
    except idna.IDNAError as error:
        raise ValidationError(DOMAIN) from error
    if len(email) > LONGEST_EMAIL:
        raise ValidationError(TOO_LONG)
    EmailValidator(NO_ADDRESS)(email)
    return email


def validate_mailable(text: str) -> None:
    """Raise `ValidationError` unless mail can be sent to this address: for fields of models."""
    mailable(text)


def encoded(domain: str) -> str:
    """Return the domain in ASCII and lower case. Raise `idna.IDNAError` if it has no such form.

    The DNS compares ASCII names without regard to case, so these need no encoding, and IDNA would
    refuse some that exist. A label that begins with xn-- must be one that IDNA can read.
    """
    if domain.isascii() and "xn--" not in domain.lower():
        return domain.lower()
    return idna.encode(domain, uts46=True, std3_rules=True).decode()
