"""The lab's bank: the API that every experiment attacks. Its balances are the bench's, play money.

It takes what the five ways of storing a token send: a Bearer token, the HttpOnly cookie, or the
readable cookie that should not exist. Tokens are judged by the app's own code.
"""

from typing import Any

from django.db.models import F
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import errors
from accounts.tokens.claims import AccessClaims
from accounts.web import authentication, csrf
from accounts.web.authentication import (
    Principal,
    SignedInRequest,
    TokenAuthentication,
    bearer_token,
)
from accounts.web.base import ProtectedEndpoint
from accounts.web.permissions import django_request
from lab import profile
from lab.models import Bench

READABLE = "lab_token"
PRICE = 1


def lasting() -> dict[str, Any]:
    """The lab's settings with access tokens that outlast a learner's thinking."""
    return {**profile.lab(), "ACCESS_SECONDS": 300}


class BankAuthentication(TokenAuthentication):
    """The app's, and the readable cookie as a third way in."""

    def authenticate(self, request: Request) -> tuple[Principal, AccessClaims] | None:
        http = django_request(request)
        readable = http.COOKIES.get(READABLE)
        if readable is None or bearer_token(http) is not None:
            return super().authenticate(request)
        principal = authentication.authenticate_token(http, readable)
        csrf.check(http)
        return principal, principal.claims


class AccountView(ProtectedEndpoint):
    """GET: the caller's balance. POST: pay 1 to whoever asks, as the caller."""

    authentication_classes = (BankAuthentication,)

    def get(self, request: SignedInRequest) -> Response:
        return Response({"balance": bench_of(request).balance})

    def post(self, request: SignedInRequest) -> Response:
        bench = bench_of(request)
        Bench.objects.filter(id=bench.id, balance__gte=PRICE).update(balance=F("balance") - PRICE)
        bench.refresh_from_db()
        return Response({"balance": bench.balance})


def bench_of(request: SignedInRequest) -> Bench:
    bench = Bench.objects.filter(person_sub=request.auth.sub).first()
    if bench is None:
        raise errors.NotFound("this person has no account")
    return bench


def refill(bench: Bench) -> None:
    Bench.objects.filter(id=bench.id).update(balance=100)


def balance(bench: Bench) -> int:
    found: Any = Bench.objects.values_list("balance", flat=True).get(id=bench.id)
    return int(found)
