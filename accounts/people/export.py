"""A person's own data as one JSON document (GDPR articles 15 and 20).

What other parts of this package keep about a person they add themselves, by the signal
`accounts.signals.exporting`. Other apps add theirs by the setting `EXPORTS`, which names a function
for each part. So this module need not know them.
"""

from typing import Any

from django.utils.module_loading import import_string

from .. import subjects, user_agents
from ..conf import conf
from ..models import Session
from ..signals import exporting
from ..users.models import User
from ..web import bodies


def everything_about(user: User) -> dict[str, Any]:
    """Return profile and sessions, then the parts of others in the order of their names."""
    answers: list[tuple[Any, Any]] = exporting.send(None, user=user)
    parts: dict[str, Any] = {}
    for _, part in answers:
        parts |= part
    return {
        "account": {
            **subjects.describe(user),
            "created_at": bodies.moment(user.created_at),
            "last_sign_in": bodies.moment(user.last_login) if user.last_login else None,
        },
        "sessions": [
            _session(row) for row in Session.objects.filter(user=user).order_by("-created_at")
        ],
        **dict(sorted(parts.items())),
        **{name: import_string(path)(user) for name, path in conf.exports.items()},
    }


def _session(session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "client": session.client,
        "method": session.method,
        "device": user_agents.describe(session.user_agent),
        "user_agent": session.user_agent,
        "address": session.address,
        "created_at": bodies.moment(session.created_at),
        "last_used_at": bodies.moment(session.last_used_at),
        "ended_at": bodies.moment(session.ended_at) if session.ended_at else None,
        "end_reason": session.end_reason or None,
    }
