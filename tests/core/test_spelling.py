"""One mailbox has one spelling, and two mailboxes never share one."""

import unicodedata

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import FailureCount
from accounts.users.models import User
from accounts.users.spelling import canonical_email, mailable
from accounts.web.bodies import is_one_line
from tests.clients import PASSWORDS, BrowserClient
from tests.people import mails

PASSWORD = "seven grey herons at noon"
UMLAUT = "kim@xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("Alice@Example.COM", "alice@example.com"),
        (" alice@example.com\n", "alice@example.com"),
        ("kim@bücher.example", UMLAUT),  # what Firefox sends
        ("kim@xn--bcher-kva.example", UMLAUT),  # what Chromium sends
        ("KIM@XN--BCHER-KVA.Example", UMLAUT),
        ("kim@BÜCHER.example", UMLAUT),
        ("kim@bu\u0308cher.example", UMLAUT),
        ("kim@ｂücher.example", UMLAUT),
        ("kim@bücher。example", UMLAUT),
        ("kim@bü\u00adcher.example", UMLAUT),  # a soft hyphen, which UTS 46 drops
        ("info@straße.example", "info@xn--strae-oqa.example"),
        ("info@STRAẞE.example", "info@xn--strae-oqa.example"),
        ("info@ΚΌΣΜΟΣ.example", "info@xn--vxaejoc4c.example"),
        ("info@نامه\u200cای.example", "info@xn--mgba3gch31f060k.example"),
        ("info@例え。テスト", "info@xn--r8jz45g.xn--zckzah"),
        ("a@ab--cd.example", "a@ab--cd.example"),  # IDNA refuses it; the DNS knows such names
        ("a@[192.0.2.1]", "a@[192.0.2.1]"),
        ("JOSE\u0301@example.com", "josé@example.com"),
        ("Weiß@example.com", "weiß@example.com"),
        ("ΟΔΟΣ@example.com", "οδοσ@example.com"),
        ('"Kim@Home"@Example.com', '"kim@home"@example.com'),
        ("Kim", "kim"),
        ("", ""),
    ],
)
def test_address_in_another_spelling_is_the_same(typed: str, canonical: str) -> None:
    """Case, composition, punycode and the browser's own mapping of a domain make no other mailbox."""
    assert canonical_email(typed) == canonical


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("weiß@example.com", "weiss@example.com"),
        ("WEIẞ@example.com", "weiss@example.com"),
        ("info@straße.example", "info@strasse.example"),
        ("info@κόλος.example", "info@κόλοσ.example"),
        ("info@ıstanbul.example", "info@istanbul.example"),
        ("info@bücher.example", "info@bucher.example"),
        ("info@bücher.example", "info@buecher.example"),
        ("info@аpple.example", "info@apple.example"),  # the first letter is Cyrillic
        ("İpek@example.com", "ipek@example.com"),
        ("ıpek@example.com", "ipek@example.com"),
        ("ſam@example.com", "sam@example.com"),
        ("ﬁona@example.com", "fiona@example.com"),
        ("ａlice@example.com", "alice@example.com"),
        ("alice＠example.com", "alice@example.com"),
        ("οδος@example.com", "οδοσ@example.com"),
        ("x²@example.com", "x2@example.com"),
        ("a.b@example.com", "ab@example.com"),
        ("a+b@example.com", "a@example.com"),
    ],
)
def test_letters_that_only_look_alike_are_different_mailboxes(one: str, other: str) -> None:
    """No letter becomes another one: the second mailbox may be somebody else's."""
    assert canonical_email(one) != canonical_email(other)


LABEL = st.text(st.sampled_from("aBüßẞİıſςΣK\u0308\u200c\u00adxn-.。😀_א１"), max_size=12)


@settings(deadline=None)
@given(st.one_of(st.text(), st.builds("{}@{}".format, LABEL, LABEL)))
def test_canonical_spelling_is_its_own(text: str) -> None:
    """Whatever is stored is found again by what is stored."""
    once = canonical_email(text)
    assert canonical_email(once) == once


def test_canonical_spelling_of_every_letter_is_its_own() -> None:
    """In both parts, alone and with a mark that composes with the lower case of some."""
    letters = (c for c in map(chr, range(0x110000)) if len({*spellings(c)}) > 1)
    for letter in letters:
        for text in (letter, f"{letter}\u0308", f"@b{letter}b.example"):
            once = canonical_email(text)
            assert canonical_email(once) == once, hex(ord(letter))


def spellings(letter: str) -> tuple[str, ...]:
    """What a letter becomes by case and by composition; most stay what they are."""
    return (
        *(letter, letter.lower(), letter.upper(), letter.casefold()),
        *(unicodedata.normalize(form, letter) for form in ("NFC", "NFKC")),
    )


@pytest.mark.parametrize(
    "text",
    [
        *("", "alice", "alice@", "@example.com", "alice@example", "a b@example.com"),
        *("a@😀.example", "a@xn--.example", "a@xn--a.example", "a@XN--i-7iq.example"),
        *("a@a_b.example", "a@-b.example", "a@b..example", "a@" + "ü" * 60 + ".example"),
        *("weiß@example.com", "ſam@example.com", "\u212aim@example.com", "ａ@example.com"),
        *("a" * 250 + "@b.example", "a" * 210 + "@" + "ü" * 30 + ".example", "\u0300\u0316" * 8000),
    ],
)
def test_address_without_a_way_for_mail_is_refused(text: str) -> None:
    """No such domain, a local part beyond ASCII, or too long."""
    with pytest.raises(ValidationError):
        mailable(text)


NAMES = [
    *("Alice", "O’Brien-Šimůnek, Jr.", "李 小龍", "Nguyễn Thị", "Nguye\u0302\u0303n", "𝒜𝓁"),
    *("علی\u200cرضا", "ශ්\u200dරී", "क्\u200dष", "\u200fיוסי", "\u202bعلي\u202c"),
    *("\u2067علي\u2069", "\u2066A\u2069", "\u202aA", "\u202dA", "\u202eA", "\u2068A\u2069"),
    *(
        "👩\u200d👩\u200d👧\u200d👦",
        "❤\ufe0f",
        "🏴\U000e0067\U000e007f",
        "a\u00adb",
        "a\u00a0b",
        "\ue000",
    ),
    *(
        "\u0378",
        "\U0001fae9",
        "\U000e0001",
        "a\ufeffb",
        "a\u2060b",
    ),  # some Pythons know no such letters
]


def test_name_in_any_script_is_kept_as_it_was_written(
    browser_client: BrowserClient, alice: User
) -> None:
    """With joiners, marks of direction, emoji, and letters that this Python does not know yet."""
    browser_client.sign_in(alice)

    for name in NAMES:
        answer = browser_client.patch("/auth/account", {"name": name})
        assert (answer.status_code, answer.json().get("name")) == (200, name), ascii(name)


OUTSIDE = [*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\u2028", "\u2029"]


@pytest.mark.parametrize("name", ["Al{}ice", "Alice{}", "{}"])
def test_name_with_a_control_character_or_line_break_is_refused(
    browser_client: BrowserClient, alice: User, name: str
) -> None:
    """Anywhere in it: a name is one line."""
    browser_client.sign_in(alice)

    for letter in OUTSIDE:
        answer = browser_client.patch("/auth/account", {"name": name.format(letter)})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["name"]), ascii(letter)


def test_every_other_letter_of_unicode_may_stand_in_a_name() -> None:
    """What is refused are control characters, line breaks and lone surrogates, nothing else."""
    refused = {c for c in map(chr, range(0x110000)) if not is_one_line(c)}

    assert refused == {*OUTSIDE, *map(chr, range(0xD800, 0xE000))}
    assert {unicodedata.category(c) for c in refused} == {"Cc", "Zl", "Zp", "Cs"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("first", "second"), [("kim@bücher.example", UMLAUT), (UMLAUT, "kim@bücher.example")]
)
def test_account_from_one_browser_is_signed_in_to_from_another(
    browser_client: BrowserClient, first: str, second: str
) -> None:
    """Chromium sends the domain in punycode, Firefox as it was typed: it is one account."""
    browser_client.get("/auth/session")
    browser_client.post("/auth/register", {"email": first})
    token = mails.token_in(mails.to(UMLAUT))
    browser_client.post("/auth/email/verify", {"token": token, "password": PASSWORD})

    assert browser_client.sign_in(second, PASSWORD).status_code == 200
    assert browser_client.get("/auth/account").json()["email"] == UMLAUT
    browser_client.post("/auth/register", {"email": second})
    assert mails.to(UMLAUT).subject == "You already have an account"
    browser_client.post("/auth/password/reset", {"email": second})
    assert mails.to(UMLAUT).subject == "Reset your password"


@pytest.mark.django_db
def test_spellings_of_a_domain_share_one_budget(browser_client: BrowserClient) -> None:
    """Who guesses cannot begin anew with another spelling."""
    for email in ("kim@bücher.example", UMLAUT, "kim@BÜCHER.example"):
        assert browser_client.sign_in(email, "wrong, but long enough").status_code == 401

    assert set(FailureCount.objects.values_list("count", flat=True)) == {3}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("kim@😀.example", "no domain"),
        ("kim@xn--a.example", "no domain"),
        ("weiß@example.com", "before the @"),
        ("kim", "Write a whole address"),
    ],
)
@pytest.mark.parametrize("path", ["/auth/register", "/auth/password/reset"])
def test_address_that_no_mail_can_reach_is_named_at_its_field(
    browser_client: BrowserClient, path: str, email: str, said: str
) -> None:
    """The form says what is wrong with it, and nothing is sent."""
    browser_client.get("/auth/session")

    answer = browser_client.post(path, {"email": email})

    assert answer.status_code == 400
    assert said in answer.json()["errors"]["email"][0]
    assert mails.sent() == []


@pytest.mark.django_db
@pytest.mark.parametrize("email", ["kim@😀.example", "kim@xn--a.example", "weiß@example.com"])
def test_address_that_no_mail_can_reach_is_unknown_at_sign_in(
    browser_client: BrowserClient, email: str
) -> None:
    """The same answer as for any address that nobody has."""
    answer = browser_client.sign_in(email, "wrong, but long enough")

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")


@pytest.mark.django_db
def test_superuser_gets_the_canonical_address() -> None:
    """Django's command asks the field whether an address is good, and the manager spells it."""
    call_command("createsuperuser", "--noinput", "--email", "Kim@Bücher.example", verbosity=0)

    assert User.objects.get().email == UMLAUT
    with pytest.raises(CommandError, match="no domain"):
        call_command("createsuperuser", "--noinput", "--email", "kim@xn--a.example", verbosity=0)


@pytest.mark.parametrize(
    "spelling",
    ["ALICE@example.com", " alice@example.com ", "Alice@EXAMPLE.com"],
)
def test_person_signs_in_with_another_spelling(
    browser_client: BrowserClient, alice: User, spelling: str
) -> None:
    """Look-up, budget and uniqueness share one spelling (ASVS 15.3.5)."""
    assert browser_client.sign_in(spelling, PASSWORDS[alice.email]).status_code == 200
