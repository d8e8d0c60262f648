"""One table of what can be wrong with an access token, and the cause that each refusal names.

A row is a name and a function of a good token, which returns one text or several. Its cause is the
beginning of what the log says. What a caller is told is always the same.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from .. import strict_json
from ..conf import LEEWAY_SECONDS
from ..tokens import key_store, keys
from ..tokens.claims import LATEST
from ..tokens.jws import LONGEST
from . import forge
from .forge import N, P, der, fixed

Mutation = Callable[[str], str | Iterable[str]]

LENGTH = f"longer than {LONGEST} characters, or not text"
SEGMENTS = "not three base64url segments"
CANONICAL = "a segment is not canonical base64url"
SIZE = "the signature has not the length"
SIGNATURE = "the signature does not fit"
MEMBERS = "the header has other members"
TYP = "typ is not at+jwt"
KID = "kid names no key of ours"
ALG = "alg is not the algorithm of this key"


def claims_of(token: str) -> dict[str, Any]:
    return forge.contents(token)[1]


def head(**changes: Any) -> Mutation:
    """Another header, signed by the server's key. A change to None leaves the member out."""
    return lambda good: forge.signed(forge.header(**changes), claims_of(good))


def claim(**changes: Any) -> Mutation:
    """Other claims, signed by the server's key. `...` leaves a claim out."""
    return lambda good: forge.altered(good, **changes)


def short(value: Any) -> str:
    return repr(value)[:30]


# ---- the text: one text has one meaning


def around(token: str) -> dict[str, tuple[str, str]]:
    """Texts around a good token that a lenient reader would take for it."""
    first, payload, signature = token.split(".")
    serialization = {"protected": first, "payload": payload, "signature": signature}
    return {
        "empty": ("", SEGMENTS),
        "dots": ("..", SEGMENTS),
        "one segment": (first, SEGMENTS),
        "two segments": (f"{first}.{payload}", SEGMENTS),
        "four segments": (f"{token}.{signature}", SEGMENTS),
        "five segments": (f"{first}..{payload}.{signature}.{signature}", SEGMENTS),
        "trailing dot": (f"{token}.", SEGMENTS),
        "leading dot": (f".{token}", SEGMENTS),
        "no header": (f".{payload}.{signature}", SEGMENTS),
        "no payload": (f"{first}..{signature}", SEGMENTS),
        "no signature": (f"{first}.{payload}.", SEGMENTS),
        "padded token": (f"{token}=", SEGMENTS),
        "padded token twice": (f"{token}==", SEGMENTS),
        "padded header": (f"{first}=.{payload}.{signature}", SEGMENTS),
        "padded payload": (f"{first}.{payload}==.{signature}", SEGMENTS),
        "cut signature": (token[:-1], "a segment is cut off"),
        "longer signature": (f"{token}AAAA", ""),
        "space inside": (f"{first}. {payload}.{signature}", SEGMENTS),
        "tab inside": (f"{first}.\t{payload}.{signature}", SEGMENTS),
        "space in a segment": (f"{first}.{payload[:9]} {payload[9:]}.{signature}", SEGMENTS),
        "percent sign": (token.replace(".", "%2E"), SEGMENTS),
        "not ASCII": (f"{token}é", SEGMENTS),
        "full-width letters": (token.translate({ord("e"): "ｅ"}), SEGMENTS),
        "zero-width space": (token.replace(".", ".\u200b"), SEGMENTS),
        "standard base64": (f"{first}.{payload}.+/{signature[2:]}", SEGMENTS),
        "quoted": (f"'{token}'", SEGMENTS),
        "comma": (f"{token},{token}", SEGMENTS),
        "scheme inside": (f"Bearer {token}", SEGMENTS),
        "JSON serialization": (
            json.dumps(serialization, separators=(",", ":")).replace(",", "."),
            SEGMENTS,
        ),
    }


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def other_spellings(index: int) -> Mutation:
    """The same bytes with other unused bits in a segment's last character (CVE-2026-102269)."""

    def texts(good: str) -> Iterator[str]:
        parts = good.split(".")
        if len(parts[index]) % 4 == 0:  # every bit is used: one byte more leaves some unused
            parts[index] = forge.b64(forge.unb64(parts[index]) + b" ")
            parts[2] = forge.b64(forge.signature(".".join(parts[:2])))
        segment = parts[index]
        last = ALPHABET.index(segment[-1])
        for bits in range(1, 4 ** (-len(segment) % 4)):
            parts[index] = segment[:-1] + ALPHABET[last ^ bits]
            yield ".".join(parts)

    return texts


def twice(in_head: str, in_payload: str) -> Mutation:
    """A member that stands twice (RFC 7515 section 4, RFC 7519 section 4)."""

    def text(good: str) -> str:
        first, payload = (json.dumps(part) for part in forge.contents(good))
        return forge.signed("{" + in_head + first[1:], "{" + in_payload + payload[1:])

    return text


def encoded(encoding: str) -> Mutation:
    """RFC 8725 section 3.7, RFC 8259 section 8.1: UTF-8, without a byte order mark."""

    def texts(good: str) -> Iterator[str]:
        first, payload = (json.dumps(part) for part in forge.contents(good))
        yield forge.signed(first, payload.encode(encoding))
        yield forge.signed(first.encode(encoding), payload)

    return texts


def in_either_part(data: bytes | str) -> Mutation:
    """RFC 7519 section 7.2: header and claims are JSON objects."""

    def texts(good: str) -> Iterator[str]:
        first, payload = forge.contents(good)
        yield forge.signed(first, data)
        yield forge.signed(data, payload)

    return texts


def deep_claim(levels: int) -> Mutation:
    """CVE-2026-101918: bottomless nesting inside claims that are good otherwise."""

    def text(good: str) -> str:
        first, payload = forge.contents(good)
        deep = f',"x":{"[" * levels}{"]" * levels}}}'
        return forge.signed(first, json.dumps(payload)[:-1] + deep)

    return text


def too_long(size: int) -> Mutation:
    """What a token costs to read is limited before it is read."""

    def texts(good: str) -> Iterator[str]:
        first, payload = forge.contents(good)
        yield forge.signed(first, {**payload, "filler": "x" * size})
        yield from ("a" * size, "." * size, "a." * (size // 2 + 1))

    return texts


def encrypted(good: str) -> str:
    """draft-ietf-oauth-rfc8725bis section 3.15: nothing is decrypted and nothing is unpacked."""
    members = forge.header(alg="dir", enc="A128GCM", zip="DEF")
    return f"{forge.b64(forge.written(members))}..AAAA.{good.split('.')[1]}.AAAA"


NO_OBJECTS = [
    b"", b" ", b"null", b"true", b"1", b'"text"', b"[]", b"[[]]", b"{", b"}", b"{}", b"{}{}",
    b"\xff", b"\xed\xa0\x80", b"\0", b"{'a':1}", b'{"a":1,}', b'{"a":01}', b"NaN", b"// {}",
]  # fmt: skip
DUPLICATES = {
    "two alg": ('"alg":"none",', ""),
    "two typ": ('"typ":"JWT",', ""),
    "two kid": ('"kid":"x",', ""),
    "two sub": ("", '"sub":"mallory",'),
    "two exp": ("", '"exp":1,'),
    "two sub, escaped": ("", '"\\u0073ub":"mallory",'),
    "two members inside": ("", '"nested":{"a":1,"a":2},'),
}
ENCODINGS = ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-8-sig"]


def syntax() -> Iterator[tuple[str, str, Mutation]]:
    for name, (_, cause) in around("a.b.c").items():
        yield name, cause, lambda good, name=name: around(good)[name][0]
    for index, name in enumerate(("header", "payload", "signature")):
        yield f"{name} in another spelling", CANONICAL, other_spellings(index)
    for name, parts in DUPLICATES.items():
        yield name, "a member name stands twice", twice(*parts)
    for encoding in ENCODINGS:
        yield encoding, "", encoded(encoding)
    for data in NO_OBJECTS:
        yield f"a part is {data!r}", "", in_either_part(data)
    for opening in ("[", '{"a":', '{"a":[', "[" * 7):
        yield f"{opening} without an end", LENGTH, in_either_part(opening * 20_000)
        fits = opening * (2_900 // len(opening))
        yield f"{opening} as often as fits", "", in_either_part(fits)
    for levels in (strict_json.DEEPEST, 1_100):
        yield f"a claim {levels} deep", "the payload is nested too deeply", deep_claim(levels)
    for size in (4_097, 16_384, 100_000, 2_000_000):
        yield f"{size} characters", LENGTH, too_long(size)
    yield "encrypted", SEGMENTS, encrypted


# ---- the header: it decides nothing but which of our keys it claims (RFC 8725)

UNSIGNED = ["none", "None", "NONE", "nOnE", "", "none "]
OTHER = ["HS256", "hs256", "HS384", "HS512", "es256", "ES256 ", "ES384", "ES512", "ES256K", "EdDSA"]
OTHER += ["RS256", "PS256", "ES256\0", "Ｅ𝐒256"]
ODD: list[Any] = [["ES256"], ["HS256"], {"ES256": 1}, 0, 256, True, False]
KIDS: list[Any] = [
    "", " ", "unknown", "A" * 43, "a" * 3000, "../../dev/null", "/dev/null", "' OR 1=1 --",
    "|sleep 10", "$(sleep 10)", "\0", "null", 0, 1, -1, 10**30, 1.5, True, False,
    [], ["x"], {}, {"kid": "x"},
]  # fmt: skip
# RFC 7515 section 4.1.11, CVE-2026-32597: what is not understood is not passed over.
FURTHER: list[dict[str, Any]] = [
    {"crit": ["exp"]}, {"crit": ["exp"], "exp": 1}, {"crit": []}, {"crit": "exp"}, {"crit": {}},
    {"crit": [1]}, {"crit": ["alg"]}, {"crit": ["b64"], "b64": False},
    {"crit": ["b64"], "b64": True}, {"b64": False}, {"b64": True}, {"zip": "DEF"},
    {"enc": "A128GCM"}, {"cty": "JWT"}, {"exp": 1}, {"unheard": "of"},
]  # fmt: skip
TYPES: list[Any] = [
    "JWT", "jwt", "", "at+JWT", "AT+JWT", " at+jwt", "at+jwt ", "at+jwt\0", "application/at+jwt",
    "rt+jwt", "logout+jwt", "dpop+jwt", "secevent+jwt", "JWE", ["at+jwt"], {"at+jwt": 1}, 1, True,
]  # fmt: skip


def without_signature(alg: str) -> Mutation:
    """RFC 7519 section 6: an unsecured JWT is nobody's word."""
    return lambda good: (
        forge.signed(forge.header(alg=alg), claims_of(good)).rpartition(".")[0] + "."
    )


def public_key_texts() -> list[bytes]:
    """Return every spelling of the public key that somebody might take for a shared secret."""
    key = key_store.ring().active
    spki, pem = serialization.PublicFormat.SubjectPublicKeyInfo, serialization.Encoding.PEM
    text = key.public.public_bytes(pem, spki)
    point = key.public.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return [
        text,
        text.strip(),
        text.replace(b"\n", b"\r\n"),
        text.strip().replace(b"\n", b"\r\n"),
        text.replace(b"\n", b""),
        text.replace(b"\n", b"\n "),
        b"\xef\xbb\xbf" + text,
        b"".join(text.splitlines()[1:-1]),
        key.public.public_bytes(serialization.Encoding.DER, spki),
        point,
        json.dumps(key.public_jwk()).encode(),
        json.dumps(key.public_jwk(), separators=(",", ":")).encode(),
        json.dumps(key_store.ring().jwks()).encode(),
        key.kid.encode(),
        key.public_jwk()["x"].encode(),
        b"",
    ]


def public_key_as_secret(alg: str) -> Mutation:
    """RFC 8725 section 2.1, CVE-2026-102268: no spelling of the public key is an HMAC secret."""

    def texts(good: str) -> Iterator[str]:
        message = f"{forge.b64(forge.written(forge.header(alg=alg)))}.{good.split('.')[1]}"
        for secret in public_key_texts():
            mac = hmac.digest(secret, message.encode(), f"sha{alg[2:]}")
            yield f"{message}.{forge.b64((mac * 2)[:64])}"

    return texts


def key_brought_along(place: str) -> Mutation:
    """RFC 8725 section 3.10, ASVS 9.1.3: a token cannot bring the key that proves it."""

    def texts(good: str) -> Iterator[str]:
        mallory = keys.new_key("active")
        digest = hashlib.sha256(b"certificate").digest()
        members: dict[str, Any] = {
            "jwk": {"jwk": mallory.public_jwk()},
            "jwk, her kid": {"jwk": mallory.public_jwk(), "kid": mallory.kid},
            "jku": {"jku": "http://127.0.0.1:9/jwks.json", "kid": mallory.kid},
            "jku, our kid": {"jku": "http://127.0.0.1:9/jwks.json"},
            "jku, file": {"jku": "file:///dev/zero"},
            "x5u": {"x5u": "http://127.0.0.1:9/cert.pem"},
            "x5c": {"x5c": [base64.b64encode(b"certificate").decode()]},
            "x5t": {"x5t": forge.b64(digest)},
            "x5t#S256": {"x5t#S256": forge.b64(digest)},
        }[place]
        yield forge.signed(forge.header(**members), claims_of(good), mallory.private)
        yield forge.signed(forge.header(**members), claims_of(good))

    return texts


PLACES = [
    "jwk",
    "jwk, her kid",
    "jku",
    "jku, our kid",
    "jku, file",
    "x5u",
    "x5c",
    "x5t",
    "x5t#S256",
]


def kid_in_another_spelling(good: str) -> Iterator[str]:
    """RFC 7515 section 4.1.4: `kid` is compared to the letter."""
    kid = key_store.ring().active_kid
    for other in (kid.swapcase(), f" {kid}", f"{kid}=", kid[:-1], f"{kid}\0", [kid], {kid: kid}):
        yield forge.signed(forge.header(kid=other), claims_of(good))


def unencoded_payload(good: str) -> str:
    """RFC 7797: the payload would say one thing and its encoding another."""
    first = forge.b64(forge.written(forge.header(b64=False, crit=["b64"])))
    payload = json.dumps(claims_of(good))
    raw = forge.signature(f"{first}.{payload}")
    return f"{first}.{forge.b64(payload.encode())}.{forge.b64(raw)}"


def header() -> Iterator[tuple[str, str, Mutation]]:
    for alg in [*UNSIGNED, *OTHER, *ODD]:
        yield f"alg is {alg!r}", ALG, head(alg=alg)
    yield "no alg", MEMBERS, head(alg=None)
    null = lambda good: forge.signed({**forge.header(), "alg": None}, claims_of(good))  # noqa: E731
    yield "alg is null", ALG, null
    for alg in ("none", "None", "NONE", "nOnE", "", "ES256"):
        yield f"alg is {alg!r} and no signature", SEGMENTS, without_signature(alg)
    for alg in ("HS256", "HS384", "HS512"):
        yield f"{alg} with the public key", ALG, public_key_as_secret(alg)
    for place in PLACES:
        yield f"a key in {place}", MEMBERS, key_brought_along(place)
    cause = "the header has half a character"
    yield "kid is half a character", cause, head(kid="\ud800")
    for kid in KIDS:
        yield f"kid is {short(kid)}", LENGTH if kid == "a" * 3000 else KID, head(kid=kid)
    yield "no kid", MEMBERS, head(kid=None)
    yield "kid in another spelling", KID, kid_in_another_spelling
    for members in FURTHER:
        yield f"header with {members}", MEMBERS, head(**members)
    yield "unencoded payload", MEMBERS, unencoded_payload
    for typ in TYPES:
        yield f"typ is {typ!r}", TYP, head(typ=typ)
    yield "no typ", MEMBERS, head(typ=None)


# ---- the signature (FIPS 186-5 section 6.4.2, RFC 7518 section 3.4)

TOP = 2**256 - 1
PAIRS: dict[str, Callable[[int, int], tuple[int, int]]] = {
    "r and s are zero": lambda r, s: (0, 0),
    "r is zero": lambda r, s: (0, s),
    "s is zero": lambda r, s: (r, 0),
    "r and s are one": lambda r, s: (1, 1),
    "r and s are n": lambda r, s: (N, N),
    "r is n": lambda r, s: (N, s),
    "s is n": lambda r, s: (r, N),
    "r is n - 1": lambda r, s: (N - 1, s),
    "s is n - 1": lambda r, s: (r, N - 1),
    "r is n + 1": lambda r, s: (N + 1, s),
    "s is n + 1": lambda r, s: (r, N + 1),
    "r and s are p": lambda r, s: (P, P),
    "r is p": lambda r, s: (P, s),
    "s is p": lambda r, s: (r, P),
    "r is p + 1": lambda r, s: (P + 1, s),
    "r is 2^256 - 1": lambda r, s: (TOP, s),
    "s is 2^256 - 1": lambda r, s: (r, TOP),
    "r is negated": lambda r, s: (N - r, s),
    "both are negated": lambda r, s: (N - r, N - s),
    "r as a negative number": lambda r, s: (2**256 - r, s),
    "s as a negative number": lambda r, s: (r, 2**256 - s),
    "r and s change places": lambda r, s: (s, r),
    "r is s": lambda r, s: (s, s),
    "s is r": lambda r, s: (r, r),
    "r is one more": lambda r, s: (r + 1, s),
    "s is one less": lambda r, s: (r, s - 1),
    "one bit of r": lambda r, s: (r ^ 1 << 255, s),
    "one bit of s": lambda r, s: (r, s ^ 1),
    "the inverse of s": lambda r, s: (r, pow(s, -1, N)),
    "s has leading zeros": lambda r, s: (r, s >> 8),
}
# What takes the place of the 64 bytes. An empty signature has no segment of its own.
FORMS: dict[str, tuple[str, Callable[[int, int], bytes]]] = {
    "nothing": (SEGMENTS, lambda r, s: b""),
    "one byte": (SIZE, lambda r, s: b"\0"),
    "r alone": (SIZE, lambda r, s: fixed(r, s)[:32]),
    "63 bytes": (SIZE, lambda r, s: fixed(r, s)[:63]),
    "without its first byte": (SIZE, lambda r, s: fixed(r, s)[1:]),
    "65 bytes": (SIZE, lambda r, s: fixed(r, s) + b"\0"),
    "a zero before r": (SIZE, lambda r, s: b"\0" + fixed(r, s)),
    "a zero before each": (SIZE, lambda r, s: b"\0" + fixed(r, s)[:32] + b"\0" + fixed(r, s)[32:]),
    "twice": (SIZE, lambda r, s: fixed(r, s) * 2),
    "DER": (SIZE, lambda r, s: der(r, s)),
    "DER of zeros": (SIZE, lambda r, s: der(0, 0)),
    "DER of n": (SIZE, lambda r, s: der(N, N)),
    "DER, 64 bytes of it": (SIGNATURE, lambda r, s: der(r, s)[:64]),
    "DER with trailing bytes": (SIZE, lambda r, s: der(r, s) + b"\0\0"),
    "DER without the end": (SIZE, lambda r, s: der(r, s)[:-1]),
    "little-endian": (SIGNATURE, lambda r, s: fixed(r, s)[:32][::-1] + fixed(r, s)[32:][::-1]),
    "as of P-384": (SIZE, lambda r, s: r.to_bytes(48, "big") + s.to_bytes(48, "big")),
    "as of P-521": (SIZE, lambda r, s: r.to_bytes(66, "big") + s.to_bytes(66, "big")),
    "hexadecimal": (SIZE, lambda r, s: fixed(r, s).hex().encode()),
    "zeros": (SIGNATURE, lambda r, s: bytes(64)),
    "ones": (SIGNATURE, lambda r, s: b"\xff" * 64),
}
CURVES: list[ec.EllipticCurve] = [ec.SECP256K1(), ec.SECP384R1(), ec.SECP521R1()]
DIGESTS: list[hashes.HashAlgorithm] = [hashes.SHA1(), hashes.SHA384(), hashes.SHA512()]  # noqa: S303


def by_numbers(change: Callable[[int, int], tuple[int, int]]) -> Mutation:
    return lambda good: forge.with_signature(good, fixed(*change(*forge.numbers(good))))


def by_form(change: Callable[[int, int], bytes]) -> Mutation:
    return lambda good: forge.with_signature(good, change(*forge.numbers(good)))


def by_another_key(**members: Callable[[Any], Any]) -> Mutation:
    """A key that is not ours signs nothing for us, whatever `kid` it claims."""

    def text(good: str) -> str:
        mallory = keys.new_key("active")
        own = {name: value(mallory) for name, value in members.items()}
        return forge.signed(forge.header(**own), claims_of(good), mallory.private)

    return text


def on_another_curve(curve: ec.EllipticCurve) -> Mutation:
    def text(good: str) -> str:
        message = good.rpartition(".")[0].encode()
        raw = ec.generate_private_key(curve).sign(message, ec.ECDSA(hashes.SHA256()))
        return forge.with_signature(good, raw.ljust(64, b"\0")[:64])

    return text


def over_another_digest(digest: hashes.HashAlgorithm) -> Mutation:
    """ES256 is ECDSA with SHA-256 and nothing else."""

    def text(good: str) -> str:
        raw = forge.server_key().sign(good.rpartition(".")[0].encode(), ec.ECDSA(digest))
        return forge.with_signature(good, fixed(*forge.decode_dss_signature(raw)))

    return text


def tampered(name: str) -> Mutation:
    """RFC 7515 section 5.2: the signature covers every claim."""

    def text(good: str) -> str:
        first, _, signature = good.split(".")
        claims = claims_of(good)
        value = claims[name]
        claims[name] = value + 1 if isinstance(value, int) else f"{value} audit:read"
        return f"{first}.{forge.b64(forge.written(claims))}.{signature}"

    return text


def of_another_token(good: str) -> str:
    """A good signature does not carry over to other claims."""
    other = forge.altered(good, jti="CCCCCCCCCCCCCCCCCCCCCC")
    return f"{good.rpartition('.')[0]}.{other.rpartition('.')[2]}"


def signature() -> Iterator[tuple[str, str, Mutation]]:
    for name, change in PAIRS.items():
        yield name, SIGNATURE, by_numbers(change)
    for name, (cause, form) in FORMS.items():
        yield f"signature: {name}", cause, by_form(form)
    yield "another key", SIGNATURE, by_another_key()
    yield "another key and its kid", KID, by_another_key(kid=lambda key: key.kid)
    for curve in CURVES:
        yield f"curve {curve.name}", SIGNATURE, on_another_curve(curve)
    for digest in DIGESTS:
        yield f"digest {digest.name}", SIGNATURE, over_another_digest(digest)
    yield "signature of another token", SIGNATURE, of_another_token
    for name in ("sub", "exp", "scope", "ver", "sid"):
        yield f"tampered {name}", SIGNATURE, tampered(name)


# ---- the claims (RFC 7519, RFC 9068): what an authentic token must say before it counts

CLAIMS = ["iss", "aud", "sub", "client_id", "iat", "exp", "jti", "sid", "gen", "ver", "scope"]
CLAIMS += ["auth_time", "amr", "acr"]
# RFC 7519 section 4.1.1, CVE-2024-53861: the issuer is compared whole and to the letter.
ISSUERS = [
    "", "http://localhost/", "http://localhost:80", "https://localhost", "http://LOCALHOST",
    "http://localhos", "http://localhost.evil.example", "http://evil.example", " http://localhost",
]  # fmt: skip
NO_ISSUERS: list[Any] = [["http://localhost"], {"http://localhost": 1}, 0, True, None]
# ASVS 9.2.3: a token for somebody else, or for many, is not for us.
AUDIENCES = [
    "", "gatehouse", "gatehouse-api2", "GATEHOUSE-API", "gatehouse-api ", "http://localhost",
    "http://localhost/auth/refresh",
]  # fmt: skip
NO_AUDIENCES: list[Any] = [
    [], ["other"], ["gatehouse-api"], ["other", "gatehouse-api"], {"gatehouse-api": 1}, 0, None,
]  # fmt: skip
NO_NUMBERS: list[Any] = ["", "1", str(10**10), 1.5, 1e300, [], [1], {}, True, None]
NO_TEXTS: list[Any] = [0, 1, 10**30, 1.5, [], ["x"], {}, {"x": "y"}, True, False, None]
NO_LISTS: list[Any] = ["", "pwd", 0, 1, {}, {"pwd": 1}, True, None]
NO_IDENTIFIERS = ["", "a\0b", " ", "é", "x" * 300, "a b", "a\nb"]
# RFC 8259 section 6: NaN and the infinities are no JSON, and no time.
NO_JSON = ["NaN", "Infinity", "-Infinity"]


def number(name: str, text: str) -> Mutation:
    """A number as it is written here, which no JSON encoder of ours would write."""

    def forged(good: str) -> str:
        first, payload = forge.contents(good)
        raw = forge.written({**payload, name: 777777}).replace(b"777777", text.encode())
        return forge.signed(first, raw)

    return forged


def past(seconds: int) -> Mutation:
    return lambda good: forge.altered(good, exp=int(time.time()) - seconds)


def ahead(name: str, seconds: int) -> Mutation:
    """Begins so far in the future, and ends no later after that than a good one does."""

    def text(good: str) -> str:
        begins = int(time.time()) + seconds
        ends = {"exp": begins + 300} if name == "iat" else {}
        return forge.altered(good, **{name: begins, **ends})

    return text


def lives_too_long(good: str) -> str:
    """Its session's end would be forgotten before it: the revocation feed looks back so far."""
    return forge.altered(good, exp=claims_of(good)["iat"] + 301)


def later_sign_in(good: str) -> str:
    """A sign-in that had not happened when the token was made."""
    return forge.altered(good, auth_time=claims_of(good)["iat"] + 1)


# No column and no header holds one (RFC 8259 section 8.2).
HALF_A_CHARACTER = {"sid": "\ud800"}, {"key": "\udfff"}, {"\ud800": 1}, {"deep": [{"er": "\udc00"}]}


def claims() -> Iterator[tuple[str, str, Mutation]]:
    for odd_claims in HALF_A_CHARACTER:
        cause = "the payload has half a character"
        yield f"{odd_claims!r}", cause, claim(**odd_claims)
    for name in CLAIMS:
        yield f"no {name}", f"{name} is missing", claim(**{name: ...})
    for value in ISSUERS:
        yield f"iss is {value!r}", "iss is not this issuer", claim(iss=value)
    for value in AUDIENCES:
        yield f"aud is {value!r}", "aud is another audience", claim(aud=value)
    odd = {"iss": NO_ISSUERS, "aud": NO_AUDIENCES}
    odd |= dict.fromkeys(("iat", "exp", "gen", "ver", "auth_time"), NO_NUMBERS)
    odd |= dict.fromkeys(("sub", "sid", "jti", "client_id", "scope", "acr"), NO_TEXTS)
    odd["amr"] = NO_LISTS
    for name, values in odd.items():
        for value in values:
            yield f"{name} is {short(value)}", f"{name} is missing", claim(**{name: value})
    for name in ("iat", "exp", "gen", "ver", "auth_time"):
        for outside in (-1, -(10**30), LATEST + 1, 10**30):
            yield f"{name} is {outside}", f"{name} is out of range", claim(**{name: outside})
    for name in ("sub", "sid", "jti"):
        for text in NO_IDENTIFIERS:
            cause = f"{name} is no identifier of ours"
            yield f"{name} is {text!r:.20}", cause, claim(**{name: text})
    for client in ("", "WEB", "web ", "admin"):
        yield f"client_id is {client!r}", "client_id is unknown", claim(client_id=client)
    for level in ("", "0", "4", "10", " 2"):
        yield f"acr is {level!r}", "acr is unknown", claim(acr=level)
    for word in ("", "a b", "é", "x" * 17, 1, None, ["pwd"]):
        yield f"amr has {short(word)}", "amr is no list of words", claim(amr=["pwd", word])
    yield "auth_time after iat", "auth_time is after iat", later_sign_in
    for odd_key in (
        None,
        "x" * 43,
        {},
        {"jkt": 1},
        {"jkt": "x" * 42},
        {"jkt": "x" * 43, "x5t": "y"},
    ):
        why = "cnf is no thumbprint of a key"
        yield f"cnf is {short(odd_key)}", why, claim(cnf=odd_key)
    for text in NO_JSON:
        for name in ("exp", "iat", "nbf", "other"):
            yield f"{name} is {text}", f"{text} is not JSON", number(name, text)
    for text in ("1e999", "-1e999"):
        for name in ("exp", "iat"):
            yield f"{name} is {text}", f"{name} is missing", number(name, text)
        yield f"nbf is {text}", "its time (nbf)", number("nbf", text)
    for begins in ("", "x", [], {}, 10**30, LATEST):
        yield f"nbf is {begins!r:.9}", "its time (nbf)", claim(nbf=begins)
    for seconds in (LEEWAY_SECONDS + 2, 60):
        yield f"nbf in {seconds} s", "its time (nbf)", ahead("nbf", seconds)
    for seconds in (LEEWAY_SECONDS + 2, 60, 3600, 10**9):
        yield f"iat in {seconds} s", "it was issued (iat) in the future", ahead("iat", seconds)
    for seconds in (LEEWAY_SECONDS + 1, 60, 86400, 10**9):
        yield f"exp {seconds} s ago", "its time (exp) is over", past(seconds)
    yield "lives too long", "it lives longer", lives_too_long


TABLE: dict[str, tuple[str, Mutation]] = {
    f"{group.__name__}: {name}": (cause, mutation)
    for group in (syntax, header, signature, claims)
    for name, cause, mutation in group()
}
