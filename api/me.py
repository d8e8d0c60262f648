"""GET /api/me: the token alone, without a database query."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.authentication import SignedInRequest
from accounts.endpoints import ProtectedView
from api.serializers import MeSerializer


class MeView(ProtectedView):
    """GET /api/me: what the access token says, without a query."""

    @extend_schema(responses=MeSerializer)
    def get(self, request: SignedInRequest) -> Response:
        claims = request.auth
        return Response(
            {
                "id": claims.sub,
                "session_id": claims.sid,
                "client_id": claims.client_id,
                "scope": sorted(claims.scope),
                "expires_at": claims.expires_at.isoformat().replace("+00:00", "Z"),
            }
        )
