"""Judge every request in the order of the wire contract, before a handler is called.

The order is method, credential, scope, budget, media type, body. DRF looks at the method last, and
would answer a wrong method with a misleading 401.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from ..errors import LengthMissing, NotFound, TooLarge, UnsupportedMediaType
from ..tokens.claims import AccessClaims
from . import bodies, problems
from .authentication import TokenAuthentication
from .permissions import SignedIn, django_request


def json_response(data: Any) -> HttpResponse:
    """Return the answer that DRF would render of this, already rendered.

    For what is asked often: nothing is negotiated, since `AlwaysJSON` has one answer.
    """
    return HttpResponse(bodies.JSONRenderer().render(data), content_type=bodies.MEDIA_TYPE)


class View(APIView):
    """The base of every endpoint, whatever REST_FRAMEWORK says. `max_body` is in bytes.

    Its handlers are those of Django REST framework: they get its request, and read the body.
    `for_browsers` and `refuses` are for the API's description alone: whether only browsers call it,
    and which failures it has beyond those of its base class and method.
    """

    parser_classes: Sequence[Any] = (bodies.JSONParser,)
    renderer_classes: Sequence[Any] = (bodies.JSONRenderer,)
    content_negotiation_class: Any = bodies.AlwaysJSON

    max_body: ClassVar[int] = 16 * 1024
    for_browsers: ClassVar[bool] = False
    refuses: ClassVar[tuple[int, ...]] = ()

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        return transaction.non_atomic_requests(super().as_view(**initkwargs))

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {}  # DRF's would name the methods on every answer, not on OPTIONS and 405 alone

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        method = (request.method or "").lower()
        if method == "options":
            return  # it needs no credential
        if method not in self.http_method_names or not hasattr(self, method):
            raise exceptions.MethodNotAllowed(request.method or "")
        super().initial(request, *args, **kwargs)
        if any("\0" in str(part) for part in kwargs.values()):
            raise NotFound("PostgreSQL holds no zero letter: nothing has such an id")
        if method not in ("get", "head"):
            self.check_body(request)

    def check_body(self, request: Request) -> None:
        """Check media type and size before a byte is parsed.

        Raise LengthMissing, UnsupportedMediaType or TooLarge.
        """
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0
        if has_unmeasured_body(request):
            raise LengthMissing
        # Without a body the type means nothing, since some clients and servers make one up.
        kind = request.META.get("CONTENT_TYPE", "")
        base, _, parameters = kind.partition(";")
        charset = parameters.strip().lower().replace('"', "")
        json = base.strip().lower() == bodies.MEDIA_TYPE and charset in ("", "charset=utf-8")
        if length and not json:
            raise UnsupportedMediaType(kind[:80])
        if length > self.max_body:
            raise TooLarge(f"{length} bytes")

    def get_exception_handler(self) -> Any:
        return problems.answer

    def handle_exception(self, exc: Exception) -> Any:
        response = super().handle_exception(exc)
        if isinstance(exc, exceptions.MethodNotAllowed):
            response["Allow"] = ", ".join(self.allowed_methods)
        return response

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        finished = super().finalize_response(request, response, *args, **kwargs)
        # A cache cannot know on whose cookies or tokens an answer depends (RFC 6749 section 5.1).
        finished.headers.setdefault("Cache-Control", "no-store")
        # What authentication has to say in any answer (accounts.binding: the next nonce).
        for name, value in getattr(django_request(request), "answer_headers", {}).items():
            finished.headers[name] = value
        return finished

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return HttpResponse(status=204, headers={"Allow": ", ".join(self.allowed_methods)})


class Endpoint(View):
    """A view that says on the class what it takes and what it answers.

    Its handlers get Django's own request. Where a method takes a body they also get what the body
    says, as `given`, validated before they are called: `def post(self, request, given)`.
    `takes`, `answers` and `status` may be mappings by method.
    """

    # A serializer class: the body of POST, PUT and PATCH.
    takes: ClassVar[Any] = None
    # A serializer class, `dict` for any JSON object, or the status of an answer without a body.
    answers: ClassVar[Any] = dict
    # The status of an answer with a body.
    status: ClassVar[Any] = 200
    # For the description alone: a serializer class whose fields are the parameters of GET.
    query: ClassVar[Any] = None

    http: HttpRequest

    @classmethod
    def body_of(cls, method: str) -> type[Serializer[Any]] | None:
        """Return the serializer class of the body that a method takes, or None."""
        if isinstance(cls.takes, Mapping):
            return cls.takes.get(method)
        return cls.takes if method in ("POST", "PUT", "PATCH") else None

    @classmethod
    def answer_of(cls, method: str) -> Any:
        """Return what a method answers: a serializer class, `dict` or a status."""
        return cls.answers[method] if isinstance(cls.answers, Mapping) else cls.answers

    @classmethod
    def status_of(cls, method: str) -> int:
        """Return the status with which a method answers a body."""
        found: int = cls.status[method] if isinstance(cls.status, Mapping) else cls.status
        return found

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer as DRF does, but for what the handlers get."""
        self.args, self.kwargs = args, kwargs
        self.headers = self.default_response_headers
        self.http = request
        self.request = self.initialize_request(request, *args, **kwargs)
        try:
            self.initial(self.request, *args, **kwargs)
            response = self.handle(request, *args, **kwargs)
        except Exception as error:
            response = self.handle_exception(error)
        self.response = self.finalize_response(self.request, response, *args, **kwargs)
        return self.response

    def handle(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Validate the body if the method takes one, and call the handler.

        Raise ValidationError if the body is not as it should be.
        """
        method = request.method or ""
        handler = getattr(self, method.lower())
        body = self.body_of(method)
        if body is None:
            return handler(request, *args, **kwargs)
        form = body(data=self.request.data)
        form.is_valid(raise_exception=True)
        return handler(request, dict(form.validated_data), *args, **kwargs)


def has_unmeasured_body(request: Request) -> bool:
    """Return whether a body comes without its length, in chunks or by HTTP/2 (RFC 9112 6.3)."""
    if "CONTENT_LENGTH" in request.META:
        return False
    chunked = "HTTP_TRANSFER_ENCODING" in request.META
    if not request.META.get("wsgi.input_terminated"):
        return chunked  # reading would wait for more
    return chunked or bool(request.META["wsgi.input"].read(1))


# The number of a page, as JSON writes it.
NUMBER = re.compile(r"[1-9][0-9]*", re.ASCII)


class Pages(PageNumberPagination):
    """Answer lists in pages of this size. `?page=` is a whole number from 1 on, or left out."""

    page_size = 20

    def get_paginated_response(self, data: Any) -> Any:
        return json_response(super().get_paginated_response(data).data)

    def get_page_number(self, request: Request, paginator: Any) -> str:
        """Return the page that is asked for. Raise NotFound where it is no such number.

        DRF takes an empty text for the first page, `last` for the last, and whatever `int` reads.
        """
        asked = request.query_params.get(self.page_query_param, "1")
        if not NUMBER.fullmatch(asked):
            raise NotFound(f"page {asked[:20]!r} is no number of a page")
        return asked


class ProtectedView(View):
    """The base of every view for signed-in callers, by cookie or Bearer."""

    authentication_classes: Sequence[type[BaseAuthentication]] = (TokenAuthentication,)
    permission_classes: Sequence[type[BasePermission]] = (SignedIn,)

    @property
    def claims(self) -> AccessClaims:
        """Return what the caller's token says."""
        return cast(AccessClaims, self.request.auth)


class ProtectedEndpoint(Endpoint, ProtectedView):
    """The base of every endpoint for signed-in callers."""
