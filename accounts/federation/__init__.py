"""Sign people in through an identity provider: OpenID Connect, authorization code with PKCE.

Needs `people`: an address that the provider does not vouch for is proven by a mailed link.
"""
