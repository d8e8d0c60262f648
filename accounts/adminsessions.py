"""End the administration's sessions, which are Django's, together with all others of a user.

They are rows that name their user inside the signed data alone, so the live ones are read; there
are as many as people who signed in there within the hour. A project without django.contrib.sessions
has none; an engine that keeps no rows (cache, file, signed cookies) cannot be searched.
"""

from importlib import import_module

from django.apps import apps
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.utils import timezone


def end_all_of(user: AbstractBaseUser) -> int:
    """Says how many; a request that still holds one cannot save it again."""
    return _end(str(user.pk))


def end_everyones() -> int:
    return _end(None)


def leave_ended(request: HttpRequest) -> None:
    """A request that ended its own session goes on without one, or saving it would be an error."""
    session: SessionBase = request.session
    if session.session_key and not session.exists(session.session_key):
        session.flush()


def _end(user_id: str | None) -> int:
    """Sessions of this user; None: of whoever is signed in."""
    if not apps.is_installed("django.contrib.sessions"):
        return 0
    engine = import_module(settings.SESSION_ENGINE).SessionStore
    if not issubclass(engine, SessionStore):
        return 0
    live = engine.get_model_class().objects.filter(expire_date__gt=timezone.now())
    ended = 0
    for key, data in list(live.values_list("session_key", "session_data")):
        found = engine().decode(data).get(SESSION_KEY)
        if found is not None and user_id in (None, found):
            engine(key).delete()
            ended += 1
    return ended
