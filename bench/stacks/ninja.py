"""The same endpoint on django-ninja with ninja-jwt, by a user query or stateless."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import path
from ninja_extra import NinjaExtraAPI
from ninja_jwt.authentication import JWTAuth, JWTStatelessUserAuthentication
from ninja_jwt.controller import NinjaJWTDefaultController

from bench.stacks.peers import body

api = NinjaExtraAPI()
stateless = settings.PEER == "ninja-jwt-stateless"


@api.get("me", auth=JWTStatelessUserAuthentication() if stateless else JWTAuth())
def me(request: HttpRequest) -> dict[str, Any]:
    return body(str(request.user.pk))


api.register_controllers(NinjaJWTDefaultController)
urlpatterns = [path("api/", api.urls)]
