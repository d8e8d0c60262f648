"""GET /metrics: for whoever has the token that the setting METRICS_TOKEN names."""

import hmac

from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from rest_framework.request import Request

from ..credentials import budgets
from ..errors import InvalidToken, NotAuthenticated, NotFound
from ..web.authentication import bearer_token
from ..web.base import Endpoint
from . import counts
from .conf import conf


class MetricsView(Endpoint):
    """GET /metrics: the counts, in the text format of Prometheus."""

    authentication_classes = ()
    permission_classes = ()

    def check_permissions(self, request: Request) -> None:
        """Raise NotFound where nobody may read, NotAuthenticated and InvalidToken."""
        if not conf.metrics_token:
            raise NotFound
        sent = bearer_token(self.http)
        if sent is None:
            raise NotAuthenticated
        if not hmac.compare_digest(sent.encode(), conf.metrics_token.encode()):
            budgets.count_bad_token(self.http)
            raise InvalidToken("this is not the token of the metrics")

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(counts.text(), content_type=CONTENT_TYPE_PLAIN_0_0_4)
