"""Proofs that Chromium 156 has made, byte by byte: what we read has to be what browsers write."""

import pytest
from joserfc.jwk import ECKey

from accounts.binding import dbsc, keys
from accounts.tokens.jws import Malformed

# With the challenges that were given to it, and the authorization of an example.
REGISTRATION = (
    "eyJhbGciOiJFUzI1NiIsImp3ayI6eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6Ijk4bzFkOXZibE5ib3FCYjR1Y1"
    "ozcWUzd0hYUHRVUHhOcDR6Szd1aTA2RFEiLCJ5IjoiSHpRWUhCSUNsYklkbXhlZm5tRG85R0ROeURUVnNwbno3cWFEMlVQ"
    "SjNKcyJ9LCJ0eXAiOiJkYnNjK2p3dCJ9.eyJhdXRob3JpemF0aW9uIjoibThKeDRjUWUwdUx3NlB6TjFkVGZLZyIsImp0a"
    "SI6ImEtZmlyc3QtY2hhbGxlbmdlIn0.XdZRoroffQAhexHN4q0fWF2LhjMVAsDjFDZvH_nQU_qA1xgRb9hoxwFQPKc63LK"
    "0WYJlPWQfV3xj2ICzfyn21g"
)
RENEWAL = (
    "eyJhbGciOiJFUzI1NiIsInR5cCI6ImRic2Mrand0In0.eyJqdGkiOiJhLXNlY29uZC1jaGFsbGVuZ2UifQ.y3pTH6_Tr0e"
    "G90ae__CRts962TNwoKxQXBWyJkJno_Y7cwkGd7nALIXFeCx_qgABR9cb1vowh7JnLNHiurRY_A"
)


def test_registration_of_a_browser_is_read() -> None:
    """Its key, and the two values that it signs."""
    proof = keys.read_proof(REGISTRATION, dbsc.TYP)
    key, jkt = keys.read_key(proof.header["jwk"])

    claims = keys.verify(proof, key)

    assert claims == {"authorization": "m8Jx4cQe0uLw6PzN1dTfKg", "jti": "a-first-challenge"}
    assert jkt == ECKey.import_key(proof.header["jwk"]).thumbprint()


def test_renewal_of_a_browser_is_checked_by_the_key_of_its_registration() -> None:
    """It names no key, so the name that we gave the session has to lead back to it."""
    first = keys.read_proof(REGISTRATION, dbsc.TYP)
    key, jkt = keys.read_key(first.header["jwk"])
    name = dbsc.Name.read(str(dbsc.Name("a session", key)))
    assert name is not None

    claims = keys.verify(keys.read_proof(RENEWAL, dbsc.TYP), name.key)

    assert (claims, name.jkt) == ({"jti": "a-second-challenge"}, jkt)


@pytest.mark.parametrize("place", [10, 50, -10])
def test_proof_of_a_browser_counts_to_the_byte(place: int) -> None:
    """Changed anywhere, it is none."""
    first = keys.read_proof(REGISTRATION, dbsc.TYP)
    key, _ = keys.read_key(first.header["jwk"])
    other = "A" if RENEWAL[place] != "A" else "B"
    changed = RENEWAL[:place] + other + RENEWAL[place:][1:]

    with pytest.raises(Malformed):
        keys.verify(keys.read_proof(changed, dbsc.TYP), key)
