"""The administration's own way in: a session of Django's, apart from all tokens.

The same credentials, budgets and events as any sign-in, but the JWT cookies never open it: whoever
holds a stolen browser session is not staff yet.
"""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, TypeVar, cast

from django import forms
from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase

from accounts import adminsessions, credentials, events
from accounts.conf import conf
from accounts.errors import InvalidCredentials, Problem
from accounts.serializers import LONGEST_PASSWORD

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class SignInForm(AdminAuthenticationForm):
    """Django's form, with `credentials.verify` behind it."""

    request: HttpRequest

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.CharField, self.fields["password"]).max_length = LONGEST_PASSWORD

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if not {"username", "password"} <= given.keys():
            return given  # a field is missing: its own error says so
        try:
            user = credentials.verify(self.request, given["username"], given["password"])
            self.confirm_login_allowed(user)
        except Problem as refusal:
            self.request.refusal = refusal  # type: ignore[attr-defined]
            raise forms.ValidationError(str(refusal.detail)) from refusal
        self.user_cache = user
        return given

    def confirm_login_allowed(self, user: Any) -> None:
        """InvalidCredentials for who is not staff: nobody learns that the password was right."""
        try:
            super().confirm_login_allowed(user)
        except forms.ValidationError as error:
            events.record("sign_in_failed", self.request, user=user, detail={"to": "admin"})
            raise InvalidCredentials("the user is not staff") from error


class GatehouseAdmin(AdminSite):
    """The administration at /admin/, for active staff."""

    login_form = SignInForm

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        title = f"{conf.name} administration"
        return {**super().each_context(request), "site_header": title, "site_title": title}

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """As Django's, for people who end their own session here too."""
        inner = super().admin_view(view, cacheable)

        def outer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            response = inner(request, *args, **kwargs)
            if request.method == "POST":
                adminsessions.leave_ended(request)
            return response

        return cast(View, update_wrapper(outer, inner))

    def login(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """A refusal has the status and the words that any other sign-in has."""
        was = self.has_permission(request)
        response: HttpResponseBase = super().login(request, extra_context)
        refusal = getattr(request, "refusal", None)
        if refusal is not None:
            response.status_code = refusal.status_code
            for name, text in refusal.headers.items():
                response.headers[name] = text
        elif not was and self.has_permission(request):
            events.record("admin_signed_in", request, user=cast(AbstractBaseUser, request.user))
        return response

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Django's own page would end no session and count no wrong guess: one place does that."""
        return HttpResponseRedirect("/account#password")

    def password_change_done(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return self.password_change(request)


site = GatehouseAdmin(name="admin")
