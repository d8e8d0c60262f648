"""Say what the token says, without a database query: GET /api/me."""

from django.http import HttpResponse

from accounts.web.authentication import SignedInRequest
from accounts.web.base import ProtectedEndpoint, json_response
from api.serializers import MeSerializer


class MeView(ProtectedEndpoint):
    """GET /api/me: what the access token says, without a query."""

    answers = MeSerializer

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
