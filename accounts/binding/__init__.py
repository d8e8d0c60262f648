"""Bind a session to a key that its device keeps, so that a copy of its tokens is worth minutes.

Browsers do it by Device Bound Session Credentials (`dbsc`), programs by DPoP (`dpop`, RFC 9449).
"""
