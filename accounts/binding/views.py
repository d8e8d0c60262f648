"""Endpoints that the browser itself calls: no page and no script does.

It sends no CSRF token, which it cannot know, and not always an Origin, which is checked where it is
sent. A challenge of ours that works once stands in for both. The key is the credential, and no
cookie is.
"""

import logging
from typing import Any, NoReturn

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from .. import sessions, signals, tokens
from ..credentials import budgets
from ..credentials.challenges import BadChallengeError, make
from ..errors import DeviceProofRequired, InvalidRequest, NotFound
from ..models import Session
from ..tokens.jws import Malformed
from ..tokens.keys import b64
from ..web import base, browser, cookies, csrf, problems
from . import companion, dbsc, step_up
from .conf import conf

log = logging.getLogger("gatehouse")


class Scope(serializers.Serializer[Any]):
    """Which requests need the companion. The last rule that fits decides."""

    origin = serializers.CharField()
    include_site = serializers.BooleanField()
    scope_specification = serializers.ListField(child=serializers.DictField())


class Credential(serializers.Serializer[Any]):
    """A cookie that the session is bound by."""

    type = serializers.CharField()
    name = serializers.CharField()
    attributes = serializers.CharField()


class Bound(serializers.Serializer[Any]):
    """A bound session, as the browser keeps it. `continue`: false if it is over, alone then."""

    session_identifier = serializers.CharField()
    refresh_url = serializers.CharField(required=False)
    scope = Scope(required=False)
    credentials = Credential(many=True, required=False)

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "continue": serializers.BooleanField(required=False)}


class DeviceView(base.Endpoint):
    """The base of what browsers call by themselves."""

    authentication_classes = ()
    permission_classes = ()
    answers = Bound
    refuses = (400, 403, 404, 429)

    def check_permissions(self, request: Request) -> None:
        """Raise CsrfFailed if Origin is another's, and InvalidRequest for a body."""
        csrf.check_origin(self.http)
        if self.http.META.get("CONTENT_LENGTH") not in (None, "", "0"):
            raise InvalidRequest("the proof stands in a header, and nothing in the body")


class RegistrationView(DeviceView):
    """POST /auth/binding: bind a new session to the key that the device has made for it."""

    def post(self, request: HttpRequest) -> HttpResponse:
        if not conf.binding:
            raise NotFound("sessions are not bound here")
        try:
            name = dbsc.session_to_bind(dbsc.proof_in(request))
        except (Malformed, BadChallengeError) as error:
            refuse(request, None, error)
        session = bind(request, name)
        response = answer(request, name)
        renew_access(request, response, session)
        return response


class RefreshView(DeviceView):
    """POST /auth/binding/refresh: a new companion for a proof, or a challenge for the proof.

    The browser is told that the session is over if it is. A wrong proof ends it.
    """

    def post(self, request: HttpRequest) -> HttpResponse:
        name = dbsc.Name.read(request.META.get("HTTP_SEC_SECURE_SESSION_ID", "").strip('"'))
        if name is None:
            budgets.count_bad_token(request)
            raise NotFound("no bound session is called so")
        session = live_session(name) if conf.binding else None
        if session is None:
            return over(name)
        proof = dbsc.proof_in(request)
        if not proof:
            return challenge(name)
        try:
            dbsc.check_renewal(proof, name)
        except BadChallengeError as error:
            log.info("a companion was not renewed: %s", error, extra={"session": session.id})
            return challenge(name)
        except Malformed as error:
            end(request, session, error)
            return over(name)
        return answer(request, name, answers=step_up.answers(request))


def bind(request: HttpRequest, name: dbsc.Name) -> Session:
    """Bind the session that is called so, and return it.

    Raise DeviceProofRequired if it is bound already, or over.
    """
    called_so = Session.objects.select_related("user__gatehouse_subject").filter(id=name.session_id)
    with transaction.atomic():
        if sessions.bind(name.session_id, name.jkt):
            session = called_so.get()
            signals.tell("bound", request, user=session.user, session=session)
            return session
    refuse(request, called_so.first(), Malformed("the session is bound already, or over"))


def live_session(name: dbsc.Name) -> Session | None:
    """Return the live session that is called so and bound to this key, or None."""
    found = Session.objects.select_related("user").filter(id=name.session_id).first()
    if found is None or sessions.why_not_live(found, sessions.database_now()):
        return None
    return found if name.names(found) else None


def answer(request: HttpRequest, name: dbsc.Name, *, answers: str = "") -> HttpResponse:
    """Return the description of a bound session, with a new companion."""
    response = base.json_response(dbsc.description(request, name))
    made = companion.Companion(sid=name.session_id, jkt=name.jkt, answers=answers)
    companion.keep(response, made)
    return response


def challenge(name: dbsc.Name) -> HttpResponse:
    """Return the refusal that has the browser sign a new challenge."""
    refusal = DeviceProofRequired("a proof is asked for")
    text = b64(make(dbsc.renewal(name.session_id)))
    refusal.headers["Secure-Session-Challenge"] = f'"{text}";id="{name}"'
    return problems.from_problem(refusal)


def over(name: dbsc.Name) -> HttpResponse:
    """Tell the browser to forget a bound session."""
    response = base.json_response({"session_identifier": str(name), "continue": False})
    companion.drop(response)
    return response


def end(request: HttpRequest, session: Session, cause: Malformed) -> None:
    """End a session whose device signed wrongly: somebody has its name and not its key."""
    budgets.count_bad_token(request)
    with transaction.atomic():
        if sessions.end(Session.objects.filter(id=session.id), "binding_lost"):
            detail = {"reason": str(cause)}
            user = session.user
            signals.tell("binding_lost", request, user=user, session=session, detail=detail)


def refuse(request: HttpRequest, session: Session | None, cause: Exception) -> NoReturn:
    """Refuse to bind a session. Raise DeviceProofRequired, or Throttled after too many."""
    signals.tell(
        "binding_refused",
        request,
        user=session.user if session else None,
        session=session,
        detail={"reason": str(cause)},
        anonymous=True,
    )
    budgets.count_bad_token(request)
    raise DeviceProofRequired(str(cause)) from cause


def renew_access(request: HttpRequest, response: HttpResponse, session: Session) -> None:
    """Have the access token name the key at once, where the browser sent the one that does not.

    Without a cookie of the session nothing is handed out: the challenge alone earns no token.
    """
    claims = browser.access_claims(request)
    if claims is not None and claims.sid == session.id:
        cookies.set_access(response, tokens.issue(session, "", sessions.database_now()))
