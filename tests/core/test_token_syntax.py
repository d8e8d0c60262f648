"""Step 7: one text has one meaning. Whatever is not the compact form of our tokens is refused."""

import json

import pytest

from accounts import strict_json
from accounts.tokens import jws
from tests.core import forge
from tests.core.presenting import ACCESS, assert_refused, by_bearer


@pytest.fixture
def good(browser_client, alice) -> str:
    browser_client.sign_in(alice)
    return browser_client.cookies[ACCESS].value


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def around(token: str) -> dict[str, str]:
    """Texts around a good token that a lenient reader would take for it."""
    head, payload, signature = token.split(".")
    return {
        "empty": "",
        "dots": "..",
        "one segment": head,
        "two segments": f"{head}.{payload}",
        "four segments": f"{token}.{signature}",
        "five segments": f"{head}..{payload}.{signature}.{signature}",
        "trailing dot": f"{token}.",
        "leading dot": f".{token}",
        "no header": f".{payload}.{signature}",
        "no payload": f"{head}..{signature}",
        "no signature": f"{head}.{payload}.",
        "padded token": f"{token}=",
        "padded token twice": f"{token}==",
        "padded header": f"{head}=.{payload}.{signature}",
        "padded payload": f"{head}.{payload}==.{signature}",
        "cut signature": token[:-1],
        "cut payload": f"{head}.{payload[:-1]}.{signature}",
        "longer signature": f"{token}AAAA",
        "space inside": f"{head}. {payload}.{signature}",
        "tab inside": f"{head}.\t{payload}.{signature}",
        "space in a segment": f"{head}.{payload[:9]} {payload[9:]}.{signature}",
        "percent sign": token.replace(".", "%2E"),
        "not ASCII": f"{token}é",
        "full-width letters": token.translate({ord("e"): "ｅ"}),
        "zero-width space": token.replace(".", ".\u200b"),
        "standard base64": f"{head}.{payload}.+/{signature[2:]}",
        "quoted": f"'{token}'",
        "comma": f"{token},{token}",
        "scheme inside": f"Bearer {token}",
        "JSON serialization": json.dumps(
            {"protected": head, "payload": payload, "signature": signature}, separators=(",", ":")
        ).replace(",", "."),
    }


@pytest.mark.parametrize("mutation", around("a.b.c"))
def test_text_that_only_resembles_a_token_refused(good, mutation):
    """draft-ietf-oauth-rfc8725bis section 3.14: three base64url segments and nothing else."""
    assert_refused(around(good)[mutation])


@pytest.mark.parametrize("index", [0, 1, 2])
def test_other_spelling_of_the_same_bytes_refused(good, index):
    """CVE-2026-102269: unused bits of a segment's last character must be zero."""
    parts = good.split(".")
    segment, unused = parts[index], -len(parts[index]) % 4
    if unused == 0:  # every bit is used: there is no other spelling
        unused, parts[index] = 2, forge.b64(forge.unb64(segment) + b" ")
        parts[2] = forge.b64(forge.signature(".".join(parts[:2])))
        segment = parts[index]
        unused = -len(segment) % 4
    last = ALPHABET.index(segment[-1])
    for bits in range(1, 4**unused):
        parts[index] = segment[:-1] + ALPHABET[last ^ bits]
        assert_refused(".".join(parts))


DUPLICATES = {
    "two alg": ('"alg":"none",', ""),
    "two typ": ('"typ":"JWT",', ""),
    "two kid": ('"kid":"x",', ""),
    "two sub": ("", '"sub":"mallory",'),
    "two exp": ("", '"exp":1,'),
    "two sub, escaped": ("", '"\\u0073ub":"mallory",'),
    "two members inside": ("", '"nested":{"a":1,"a":2},'),
}


@pytest.mark.parametrize("case", DUPLICATES)
def test_member_that_stands_twice_refused(good, case):
    """RFC 7515 section 4, RFC 7519 section 4: two readers could take one each."""
    head, payload = (json.dumps(part) for part in forge.contents(good))
    in_head, in_payload = DUPLICATES[case]

    assert_refused(forge.signed("{" + in_head + head[1:], "{" + in_payload + payload[1:]))


ENCODINGS = ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-8-sig"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_part_that_is_not_utf8_refused(good, encoding):
    """RFC 8725 section 3.7, RFC 8259 section 8.1: UTF-8, without a byte order mark."""
    head, payload = (json.dumps(part) for part in forge.contents(good))

    assert_refused(forge.signed(head, payload.encode(encoding)))
    assert_refused(forge.signed(head.encode(encoding), payload))


NO_OBJECTS = [
    b"", b" ", b"null", b"true", b"1", b'"text"', b"[]", b"[[]]", b"{", b"}", b"{}", b"{}{}",
    b"\xff", b"\xed\xa0\x80", b"\0", b"{'a':1}", b'{"a":1,}', b'{"a":01}', b"NaN", b"// {}",
]  # fmt: skip


@pytest.mark.parametrize("data", NO_OBJECTS, ids=repr)
def test_part_that_is_no_json_object_refused(good, data):
    """RFC 7519 section 7.2: header and claims are JSON objects."""
    head, payload = forge.contents(good)

    assert_refused(forge.signed(head, data))
    assert_refused(forge.signed(data, payload))


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"a":[', "[" * 7])
def test_bottomless_nesting_refused(good, opening):
    """CVE-2026-102265: 20,000 levels are a refusal, not an error; so is the most that fits."""
    head, payload = forge.contents(good)
    for depth in (20_000, 2_900 // len(opening)):
        deep = opening * depth
        assert_refused(forge.signed(head, deep))
        assert_refused(forge.signed(deep, payload))


def test_bottomless_claim_refused(good):
    """CVE-2026-101918: the same inside claims that are good otherwise."""
    head, payload = forge.contents(good)

    def token(levels: int) -> str:
        return forge.signed(head, json.dumps(payload)[:-1] + f',"x":{"[" * levels}{"]" * levels}}}')

    assert by_bearer(token(strict_json.DEEPEST - 1)).status_code == 200  # within the claims' braces
    for levels in (strict_json.DEEPEST, 1_100):
        assert_refused(token(levels))


@pytest.mark.parametrize("size", [4_097, 16_384, 100_000, 2_000_000])
def test_token_that_is_too_long_refused(good, size):
    """What a token costs to read is limited before it is read: 4 KiB."""
    head, payload = forge.contents(good)
    token = forge.signed(head, {**payload, "filler": "x" * size})

    assert_refused(token)
    assert_refused("a" * size)
    assert_refused("." * size)
    assert_refused("a." * (size // 2))


def text_of(length: int) -> str:
    """The form of a token in exactly so many characters; blanks in the header make up the rest."""
    signature = forge.b64(bytes(64))
    for blanks in range(3):
        head = forge.b64(b'{"alg":"ES256"}' + b" " * blanks)
        left = length - len(head) - len(signature) - 2
        if left % 4 != 1:  # no bytes have such a text
            return f"{head}.{'A' * left}.{signature}"
    raise AssertionError(length)


@pytest.mark.parametrize("length", [200, 4_095, 4_096])
def test_text_up_to_the_limit_is_read(length):
    """4,096 characters are a token's most: what is read is the whole text."""
    text = text_of(length)

    assert len(text) == length
    assert jws.parse(text).signed == text.rpartition(".")[0].encode()


@pytest.mark.parametrize("length", [4_097, 4_098, 100_000])
def test_text_beyond_the_limit_is_not_read(length):
    """One character more is refused for its length, before anything is decoded."""
    with pytest.raises(jws.Malformed, match="longer than 4096 characters"):
        jws.parse(text_of(length))


def test_token_of_the_longest_length_accepted(good):
    """The limit is exact: 4,096 characters are read."""
    head, payload = forge.contents(good)
    for filler in range(2_000, 3_072):
        token = forge.signed(head, {**payload, "filler": "x" * filler})
        if len(token) >= 4_095:
            break

    assert 4_095 <= len(token) <= 4_096
    assert by_bearer(token).status_code == 200


def test_encrypted_token_refused(good):
    """draft-ietf-oauth-rfc8725bis section 3.15: nothing is decrypted and nothing is unpacked."""
    head = forge.b64(json.dumps(forge.header(alg="dir", enc="A128GCM", zip="DEF")).encode())

    assert_refused(f"{head}..AAAA.{good.split('.')[1]}.AAAA")
