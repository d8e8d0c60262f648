"""Sign staff in to the administration, which starts a session of Django's.

It takes the same credentials, budgets and events as any other sign-in. The JWT cookies do not open
the administration: whoever holds a stolen browser session is not staff yet. For people with a
second factor, the cookies say whether it was just used in this browser.
"""

from typing import Any, cast

from django import forms
from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from rest_framework.exceptions import ErrorDetail

from .. import credentials, sessions, signals, subjects
from ..conf import conf
from ..credentials.verification import LONGEST_PASSWORD
from ..errors import (
    BindingRequired,
    EnrolmentRequired,
    InvalidCredentials,
    Problem,
    SecondFactorRequired,
)
from ..evidence import BY_PASSWORD, ONE, level
from ..models import Session
from ..web.browser import access_claims

# The administration's own form has no place for a passkey.
FIRST = (
    "Your account has a second factor. Sign in with it at {issuer}/login in this browser, then "
    "enter your password here within five minutes."
)

BOUND = (
    "Your account needs a sign-in that is bound to this device. Open {issuer}/account in a browser "
    "that can bind one, sign in there, then enter your password here within five minutes."
)

signals.KINDS["admin_signed_in"] = "Signed in to the administration"


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
            self.require_second_factor(user)
            self.require_bound_session(user)
        except Problem as refusal:
            self.request.refusal = refusal  # type: ignore[attr-defined]
            raise forms.ValidationError(str(refusal.detail)) from refusal
        self.user_cache = user
        return given

    def confirm_login_allowed(self, user: Any) -> None:
        """Raise InvalidCredentials if the user is not staff.

        So nobody learns that the password was right.
        """
        try:
            super().confirm_login_allowed(user)
        except forms.ValidationError as error:
            signals.tell("sign_in_failed", self.request, user=user, detail={"to": "admin"})
            raise InvalidCredentials("the user is not staff") from error

    def require_second_factor(self, user: Any) -> None:
        """Raise SecondFactorRequired unless the password is enough for this person.

        What is missing counts if it was proven in this browser's own session within the last five
        minutes. Raise EnrolmentRequired if the person must have a second factor and has none.
        """
        own = signed_in_here(self.request).filter(user=user)
        evidence = [*BY_PASSWORD, *sessions.recent(own)]
        try:
            sessions.require(user, evidence, self.request)
        except SecondFactorRequired as error:
            error.detail = ErrorDetail(FIRST.format(issuer=conf.issuer), error.code)
            raise
        if level(evidence) == ONE and subjects.must_have_second_factor(user):
            raise EnrolmentRequired

    def require_bound_session(self, user: Any) -> None:
        """Raise BindingRequired if REQUIRE_BINDING is set and this browser's own session is not."""
        if not subjects.must_be_bound(user):
            return
        claims = access_claims(self.request)
        if claims is None or not claims.jkt or claims.sub != subjects.of(user).sub:
            refusal = BindingRequired("the administration needs a bound session")
            refusal.detail = ErrorDetail(BOUND.format(issuer=conf.issuer), refusal.code)
            raise refusal


class GatehouseAdmin(AdminSite):
    """The administration at /admin/, for active staff."""

    login_form = SignInForm

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        title = f"{conf.name} administration"
        return {**super().each_context(request), "site_header": title, "site_title": title}

    def login(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Answer a refusal with the status and the headers that any other sign-in has."""
        was = self.has_permission(request)
        response: HttpResponseBase = super().login(request, extra_context)
        refusal = getattr(request, "refusal", None)
        if refusal is not None:
            response.status_code = refusal.status_code
            for name, text in refusal.headers.items():
                response.headers[name] = text
        elif not was and self.has_permission(request):
            signals.tell("admin_signed_in", request, user=cast(AbstractBaseUser, request.user))
        return response

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Redirect to our page: Django's own ends no session and counts no wrong guess."""
        return HttpResponseRedirect("/account#password")

    def password_change_done(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return self.password_change(request)


def signed_in_here(request: HttpRequest) -> QuerySet[Session]:
    """Return the session whose access cookie came with the request and is still good, if any."""
    claims = access_claims(request)
    return Session.objects.filter(id=claims.sid) if claims else Session.objects.none()


site = GatehouseAdmin(name="admin")
