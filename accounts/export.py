"""A person's own data as one JSON document (GDPR articles 15 and 20).

What other apps keep about a person they add themselves: `EXPORTS` names a function for each part,
so that this package need not know them.
"""

from typing import Any

from django.utils.module_loading import import_string

from accounts import devices, serializers, subjects
from accounts.conf import conf
from accounts.models import Identity, SecurityEvent, Session, User


def everything_about(user: User) -> dict[str, Any]:
    """Profile, sessions, security events, and the parts of other apps."""
    found: dict[str, Any] = {
        "account": {
            **subjects.describe(user),
            "created_at": serializers.moment(user.created_at),
            "last_sign_in": serializers.moment(user.last_login) if user.last_login else None,
        },
        "identities": list(
            Identity.objects.filter(user=user).values("issuer", "subject", "created_at")
        ),
        "sessions": [
            _session(row) for row in Session.objects.filter(user=user).order_by("-created_at")
        ],
        "events": serializers.Event(
            SecurityEvent.objects.filter(user=user).order_by("-id"), many=True
        ).data,
    }
    for part, path in conf.exports.items():
        found[part] = import_string(path)(user)
    return found


def _session(session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "client": session.client,
        "method": session.method,
        "device": devices.describe(session.user_agent),
        "user_agent": session.user_agent,
        "address": session.address,
        "created_at": serializers.moment(session.created_at),
        "last_used_at": serializers.moment(session.last_used_at),
        "ended_at": serializers.moment(session.ended_at) if session.ended_at else None,
        "end_reason": session.end_reason or None,
    }
