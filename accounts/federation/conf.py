"""Declare the settings of this part."""

from .. import conf as core


class Conf(core.Conf):
    home = core.Option(
        "/notes", "the page after a sign-in through the identity provider that named none"
    )
    oidc_issuer = core.Option(
        "",
        "an OpenID Connect provider to sign in through; register `/auth/oidc/callback` below this "
        "server's address with it",
    )
    oidc_client_id = core.Option("", "our client id there")
    oidc_client_secret = core.Option("", "our client secret there")
    oidc_name = core.Option("your organisation", "what people call it, on its button")
    oidc_trust_email = core.Option(
        False,
        "whether an address counts as verified where the provider does not say. Set it only if "
        "nobody can choose the address that the provider tells: whoever could would get an "
        "account under another's address",
    )


conf = Conf()
