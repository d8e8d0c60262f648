"""Say what the token says: GET /api/me. An access token costs no database query."""

from django.http import HttpResponse

from accounts.web.authentication import SignedInRequest
from accounts.web.base import ProtectedEndpoint, json_response
from api.serializers import MeSerializer


class MeView(ProtectedEndpoint):
    """GET /api/me: what the access token says, without a query."""

    answers = MeSerializer
    for_personal_tokens = True

    def get(self, request: SignedInRequest) -> HttpResponse:
        claims = request.auth
        return json_response(
            {
                "id": claims.sub,
                "session_id": claims.sid,
                "client_id": claims.client_id,
                "scope": sorted(claims.scope),
                "expires_at": claims.expires_at.isoformat().replace("+00:00", "Z"),
            }
        )
