"""Step 7: ES256 signatures. The classes of edge cases are Wycheproof's, written as our own data."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from ..models import Session
from ..tokens import keys
from . import forge
from .forge import N, P, der, fixed
from .presenting import ACCESS, assert_refused, by_bearer


@pytest.fixture
def good(browser_client, alice) -> str:
    browser_client.sign_in(alice)
    return browser_client.cookies[ACCESS].value


TOP = 2**256 - 1

# What takes the place of (r, s), from the good pair. All have the right length.
PAIRS: dict[str, Callable[[int, int], tuple[int, int]]] = {
    "r and s are 0": lambda r, s: (0, 0),
    "r is 0": lambda r, s: (0, s),
    "s is 0": lambda r, s: (r, 0),
    "r and s are 1": lambda r, s: (1, 1),
    "r is 1, s is 0": lambda r, s: (1, 0),
    "r is 0, s is 1": lambda r, s: (0, 1),
    "r and s are n": lambda r, s: (N, N),
    "r is n": lambda r, s: (N, s),
    "s is n": lambda r, s: (r, N),
    "r is n, s is 0": lambda r, s: (N, 0),
    "r is 0, s is n": lambda r, s: (0, N),
    "r and s are n - 1": lambda r, s: (N - 1, N - 1),
    "r and s are n + 1": lambda r, s: (N + 1, N + 1),
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

# What takes the place of the 64 bytes.
FORMS: dict[str, Callable[[int, int], bytes]] = {
    "nothing": lambda r, s: b"",
    "one byte": lambda r, s: b"\0",
    "r alone": lambda r, s: fixed(r, s)[:32],
    "63 bytes": lambda r, s: fixed(r, s)[:63],
    "without its first byte": lambda r, s: fixed(r, s)[1:],
    "65 bytes": lambda r, s: fixed(r, s) + b"\0",
    "a zero before r": lambda r, s: b"\0" + fixed(r, s),
    "a zero before each": lambda r, s: b"\0" + fixed(r, s)[:32] + b"\0" + fixed(r, s)[32:],
    "twice": lambda r, s: fixed(r, s) * 2,
    "DER": der,
    "DER of zeros": lambda r, s: der(0, 0),
    "DER of n": lambda r, s: der(N, N),
    "DER, 64 bytes of it": lambda r, s: der(r, s)[:64],
    "DER with trailing bytes": lambda r, s: der(r, s) + b"\0\0",
    "DER without the end": lambda r, s: der(r, s)[:-1],
    "little-endian": lambda r, s: fixed(r, s)[:32][::-1] + fixed(r, s)[32:][::-1],
    "48 bytes each, as of P-384": lambda r, s: r.to_bytes(48, "big") + s.to_bytes(48, "big"),
    "66 bytes each, as of P-521": lambda r, s: r.to_bytes(66, "big") + s.to_bytes(66, "big"),
    "hexadecimal": lambda r, s: fixed(r, s).hex().encode(),
    "zeros": lambda r, s: bytes(64),
    "ones": lambda r, s: b"\xff" * 64,
}


@pytest.mark.parametrize("case", PAIRS)
def test_other_numbers_in_the_signature_refused(good, case):
    """FIPS 186-5 section 6.4.2: r and s are from 1 to n - 1, and they fit the message."""
    r, s = PAIRS[case](*forge.numbers(good))

    assert_refused(forge.with_signature(good, fixed(r, s)))


@pytest.mark.parametrize("case", FORMS)
def test_other_form_of_the_signature_refused(good, case):
    """RFC 7518 section 3.4: the signature is r and s, of 32 bytes each, and not DER."""
    assert_refused(forge.with_signature(good, FORMS[case](*forge.numbers(good))))


def test_signature_of_another_key_refused(good):
    """A key that is not ours signs nothing for us, whatever `kid` it claims."""
    mallory = keys.new_key("active")
    head, payload = forge.contents(good)

    assert_refused(forge.signed(head, payload, mallory.private))
    assert_refused(forge.signed({**head, "kid": mallory.kid}, payload, mallory.private))


CURVES = [ec.SECP256K1(), ec.SECP384R1(), ec.SECP521R1()]
DIGESTS = [hashes.SHA1(), hashes.SHA384(), hashes.SHA512()]  # noqa: S303


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_signature_on_another_curve_refused(good, curve):
    """A signature counts on the curve of our key alone."""
    message = good.rpartition(".")[0]
    foreign = ec.generate_private_key(curve)
    raw = foreign.sign(message.encode(), ec.ECDSA(hashes.SHA256()))

    assert_refused(forge.with_signature(good, raw.ljust(64, b"\0")[:64]))


@pytest.mark.parametrize("digest", DIGESTS, ids=lambda digest: digest.name)
def test_signature_over_another_digest_refused(good, digest):
    """ES256 is ECDSA with SHA-256 and nothing else."""
    message = good.rpartition(".")[0]
    raw = forge.server_key().sign(message.encode(), ec.ECDSA(digest))

    assert_refused(forge.with_signature(good, fixed(*forge.decode_dss_signature(raw))))


def test_signature_of_another_token_refused(browser_client, alice, good):
    """A good signature does not carry over to other claims."""
    browser_client.sign_in(alice)
    other = browser_client.cookies[ACCESS].value

    assert_refused(f"{good.rpartition('.')[0]}.{other.rpartition('.')[2]}")


@pytest.mark.parametrize("claim", ["sub", "exp", "scope", "ver", "sid"])
def test_tampered_claims_refused(good, claim):
    """RFC 7515 section 5.2: the signature covers every claim."""
    head, _payload, signature = good.split(".")
    claims = forge.contents(good)[1]
    changed = claims[claim] + 1 if isinstance(claims[claim], int) else f"{claims[claim]} audit:read"

    tampered = forge.b64(forge.written({**claims, claim: changed}))
    assert_refused(f"{head}.{tampered}.{signature}")


def test_mirrored_signature_of_a_signed_out_session_refused(browser_client, good):
    """(r, n - s) verifies too: what ends a session must not depend on the token's text."""
    r, s = forge.numbers(good)
    mirrored = forge.with_signature(good, fixed(r, N - s))
    assert by_bearer(mirrored).status_code == 200

    assert browser_client.post("/auth/logout").status_code == 204

    assert_refused(good)
    assert_refused(mirrored)
    assert_refused(forge.altered(good, jti="CCCCCCCCCCCCCCCCCCCCCC"))
    assert Session.objects.get().end_reason == "signed_out"


NO_KEYS = {
    "zero": 0,
    "n": N,
    "n + 1": N + 1,
    "above n": TOP,
}


@pytest.mark.parametrize("case", NO_KEYS)
def test_private_key_of_no_point_refused(case):
    """The private number is from 1 to n - 1; with 0 or n the public point would be at infinity."""
    jwk = keys.new_key("active").private_jwk()
    with pytest.raises(ValueError, match=r"."):
        keys.read_key({**jwk, "d": forge.b64(NO_KEYS[case].to_bytes(32, "big"))})


NO_POINTS = {
    "the origin": (0, 0),
    "x is 0": (0, None),
    "y is 0": (None, 0),
    "beyond the field": (P, P),
    "not on the curve": (None, 1),
    "another key's point": ("other", "other"),
}


@pytest.mark.parametrize("case", NO_POINTS)
def test_jwk_whose_point_is_not_its_keys_refused(case):
    """SP 800-56A section 5.6.2.3: a JWK whose x and y are not the key's own is damaged or hostile."""
    jwk = keys.new_key("active").private_jwk()
    other = keys.new_key("active").public_jwk()
    changed = dict(jwk)
    for name, value in zip("xy", NO_POINTS[case], strict=True):
        if value == "other":
            changed[name] = other[name]
        elif value is not None:
            changed[name] = forge.b64(value.to_bytes(32, "big"))
    with pytest.raises(ValueError, match=r"."):
        keys.read_key(changed)
