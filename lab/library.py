"""What the token library itself says to a careless caller: defence in depth, shown live.

With lab.vulnerable in mind: PyJWT refuses the classic confusion even when the algorithm list
allows it, which is why the naive readers had to be written by hand.
"""

import jwt


def asked_carelessly(token: str, secret: bytes) -> str:
    """The library's answer when it is told to take an asymmetric key's file as an HMAC secret."""
    try:
        jwt.decode(token, secret, algorithms=["HS256", "HS512"], options={"verify_aud": False})
    except jwt.PyJWTError as refusal:
        return f"{type(refusal).__name__}: {refusal}"
    return "accepted"
