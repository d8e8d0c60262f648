"""Check the settings that name the identity provider."""

from ..checks import rule
from .conf import conf
from .provider import is_safe


@rule("E011")
def identity_provider() -> str:
    registered = bool(conf.oidc_client_id and conf.oidc_client_secret)
    if conf.oidc_issuer and not (is_safe(conf.oidc_issuer) and registered):
        return "OIDC_ISSUER must be https, and needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET."
    return ""
