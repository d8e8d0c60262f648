"""Endpoints of the second factor: sign in with one, and look after one's own."""

from typing import Any, ClassVar

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from rest_framework import serializers
from rest_framework.response import Response

from .. import credentials, signals, subjects
from ..credentials import budgets
from ..errors import EnrolmentRequired, InvalidCredentials, NotFound, ValidationFailed
from ..web import browser
from ..web.authentication import SignedInRequest
from ..web.base import ProtectedEndpoint
from ..web.bodies import Body, Factors, Name, State
from ..web.browser import BrowserView, own_session, response_with_cookies
from ..web.permissions import RecentlyAuthenticated
from . import gate, interrupted, passkeys, recovery, totp
from .models import Passkey

ONE_OF = "Send a code, a recovery code or a passkey's answer: one of them."
WRONG_CODE = "This code is wrong or too old. Enter the one that the app shows now."
BAD_PASSKEY = "This passkey could not be added. Try again, or take another one."


class Naming(Body):
    name = Name()


class Enrolment(Body):
    """What the browser made of a passkey, and what its person calls it."""

    credential = serializers.DictField()
    name = Name(default="")


class PasskeySignIn(Body):
    credential = serializers.DictField()
    remember = serializers.BooleanField(default=False)


class Code(Body):
    code = serializers.CharField(max_length=32)


class PasskeyOptions(serializers.Serializer[Any]):
    """What `navigator.credentials` takes, in WebAuthn's own JSON."""

    publicKey = serializers.DictField()  # noqa: N815  (WebAuthn's name)


class PasskeyBody(serializers.Serializer[Any]):
    """A passkey. `synced`: it is kept in several devices."""

    id = serializers.CharField()
    name = serializers.CharField()
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)
    synced = serializers.BooleanField()


class App(serializers.Serializer[Any]):
    """An authenticator app. `locked`: too many wrong codes were entered, and it opens nothing."""

    confirmed_at = serializers.DateTimeField()
    locked = serializers.BooleanField()


class Own(serializers.Serializer[Any]):
    """What a person has set up. `totp` is null without an authenticator app."""

    passkeys = PasskeyBody(many=True)
    totp = App(allow_null=True)
    recovery_codes_left = serializers.IntegerField()


class Secret(serializers.Serializer[Any]):
    """A new secret for an authenticator app, as text, as an address, and as a picture."""

    secret = serializers.CharField()
    otpauth = serializers.CharField()
    qr = serializers.CharField()


class Codes(serializers.Serializer[Any]):
    codes = serializers.ListField(child=serializers.CharField())


class FactorView(BrowserView):
    """POST /auth/login/factor: complete a sign-in whose password was right."""

    takes = Factors
    answers = State
    refuses = (401, 429)

    def post(self, request: HttpRequest, given: dict[str, Any]) -> HttpResponse:
        if len(given) != 1:
            raise ValidationFailed(errors={"code": [ONE_OF]})
        step = interrupted.read(request)
        user = step.user()
        step.count_try()
        proven = [*step.proven(), *credentials.prove(request, user, given)]
        step.use()
        issued = browser.sign_in(request, user, evidence=proven, remember=step.remember)
        response = response_with_cookies(issued)
        interrupted.drop(response)
        return response


class PasskeyOptionsView(BrowserView):
    """POST /auth/login/passkey/options: a challenge, for whoever asks."""

    answers = PasskeyOptions

    def post(self, request: HttpRequest) -> Response:
        return Response(passkeys.request_options())


class PasskeySignInView(BrowserView):
    """POST /auth/login/passkey: sign in with a passkey alone."""

    takes = PasskeySignIn
    answers = State
    refuses = (401, 429)

    def post(self, request: HttpRequest, given: dict[str, Any]) -> HttpResponse:
        limits = gate.passkey_budgets(request)
        budgets.spend(limits)
        try:
            passkey = gate.use_passkey(request, given["credential"])
            issued = browser.sign_in(
                request,
                passkey.user,
                evidence=[passkeys.evidence(passkey)],
                remember=given["remember"],
            )
        except InvalidCredentials:
            signals.tell("sign_in_failed", request, detail={"with": "passkey"}, anonymous=True)
            raise
        budgets.give_back(limits)
        return response_with_cookies(issued)


class OwnView(ProtectedEndpoint):
    """The base of what people do with their own factors. It is open to whoever must set one up."""

    permission_classes = (RecentlyAuthenticated,)
    for_enrolment = True


class FactorsView(ProtectedEndpoint):
    """GET /auth/factors: what the person has set up."""

    answers = Own
    for_enrolment = True

    def get(self, request: SignedInRequest) -> Response:
        _, user = own_session(request)
        return Response(gate.described(user))


class NewPasskeyOptionsView(OwnView):
    """POST /auth/passkeys/options: what a browser makes a new passkey from."""

    answers = PasskeyOptions

    def post(self, request: SignedInRequest) -> Response:
        session, user = own_session(request)
        return Response(passkeys.creation_options(user, session.id))


class NewPasskeyView(OwnView):
    """POST /auth/passkeys: add the passkey that the browser has made."""

    takes = Enrolment
    answers = PasskeyBody
    status = 201

    def post(self, request: SignedInRequest, given: dict[str, Any]) -> Response:
        session, user = own_session(request)
        try:
            with transaction.atomic():
                subjects.lock(user.pk)
                if Passkey.objects.filter(user_id=user.pk).count() >= passkeys.MOST:
                    raise passkeys.RefusedError("too many")
                made = passkeys.enrol(user, session.id, given["credential"], given["name"])
                made.refresh_from_db()  # the database has dated it
                proof = passkeys.evidence(made)
                gate.added(request, session, proof, "passkey_added", passkey=made.name)
        except passkeys.RefusedError as error:
            raise ValidationFailed(str(error), errors={"credential": [BAD_PASSKEY]}) from error
        return Response(gate.passkey_json(made), status=self.status)


class PasskeyView(OwnView):
    """PATCH and DELETE /auth/passkeys/{id}: name it, remove it."""

    takes: ClassVar[Any] = {"PATCH": Naming}
    answers: ClassVar[Any] = {"PATCH": PasskeyBody, "DELETE": 204}

    def patch(self, request: SignedInRequest, given: dict[str, Any], passkey_id: str) -> Response:
        session, user = own_session(request)
        passkey = own(user, passkey_id)
        passkey.name = given["name"] or passkeys.UNNAMED
        with transaction.atomic():
            passkey.save(update_fields=["name"])
            detail = {"passkey": passkey.name}
            signals.tell("passkey_renamed", request, user=user, session=session, detail=detail)
        return Response(gate.passkey_json(passkey))

    def delete(self, request: SignedInRequest, passkey_id: str) -> Response:
        session, user = own_session(request)
        gate.remove_passkey(request, session, own(user, passkey_id))
        return Response(status=204)


class TotpView(OwnView):
    """POST and DELETE /auth/totp: make a secret for an app, or remove the app."""

    answers: ClassVar[Any] = {"POST": Secret, "DELETE": 204}

    def post(self, request: SignedInRequest) -> Response:
        _, user = own_session(request)
        return Response(totp.begin(user))

    def delete(self, request: SignedInRequest) -> Response:
        session, _ = own_session(request)
        gate.remove_totp(request, session)
        return Response(status=204)


class TotpConfirmView(OwnView):
    """POST /auth/totp/confirm: a first code shows that the app has the secret."""

    takes = Code
    answers = 204

    def post(self, request: SignedInRequest, given: dict[str, Any]) -> Response:
        session, user = own_session(request)
        limits = budgets.sign_in_budgets(request, user.get_username())
        budgets.spend(limits)
        try:
            with transaction.atomic():
                subjects.lock(user.pk)
                proof = totp.confirm(user, given["code"])
                gate.added(request, session, proof, "totp_added")
        except totp.WrongCodeError as error:
            raise ValidationFailed(str(error), errors={"code": [WRONG_CODE]}) from error
        budgets.give_back(limits)
        return Response(status=204)


class RecoveryCodesView(OwnView):
    """POST /auth/recovery-codes: ten new codes, which nobody is shown again."""

    answers = Codes

    def post(self, request: SignedInRequest) -> Response:
        session, user = own_session(request)
        with transaction.atomic():
            subjects.lock(user.pk)
            if not gate.methods(user):
                raise EnrolmentRequired("recovery codes are for people with a factor")
            codes = recovery.renew(user)
            signals.tell("recovery_codes_made", request, user=user, session=session)
        return Response({"codes": codes})


def own(user: Any, passkey_id: str) -> Passkey:
    """Return this person's passkey. Raise NotFound, for somebody else's too."""
    found = Passkey.objects.filter(user_id=user.pk, credential_id=passkey_id).first()
    if found is None:
        raise NotFound
    return found
