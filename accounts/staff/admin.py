"""Users, identities, sessions and events for staff. What ends a session here ends it at once,
everywhere.

No token, no hash and no password stands on any page; nobody sets another's password, staff send a
reset link (ASVS 5.0 6.4.6). Staff see everything and may act on people who are not staff; on
staff, and on who is staff, only superusers may act.
"""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.contrib.auth import logout
from django.db.models import QuerySet
from django.http import HttpRequest

from .. import sessions, signals, subjects, user_agents
from ..audit.models import SecurityEvent
from ..conf import conf
from ..errors import NoMailServer
from ..federation import matching
from ..federation.models import Identity
from ..models import Session
from ..people import registration
from ..spelling import canonical_email
from ..users.models import User
from . import site as adminsite

# The project's own where it is one of ours (staff.apps.Administration): all models in one place.
site = admin.site if isinstance(admin.site, adminsite.GatehouseAdmin) else adminsite.site

ROLES = ("is_staff", "is_superuser")
# What the links of Django's own list filters add to the name of a column.
FILTERS = ("", "__exact", "__gte", "__isempty", "__isnull", "__lt")

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin  # which takes no type at run time


class ForStaff(ModelAdmin):
    """Read-only for whoever got in; nothing is added or deleted, or asked of a hidden column."""

    list_per_page = 50
    show_full_result_count = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """The links of `list_filter` and no more: a count of matches would give a hash away."""
        listed = (item[0] if isinstance(item, tuple) else item for item in self.list_filter)
        return lookup in {f"{column}{end}" for column in listed for end in FILTERS}

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """As Django's, with addresses and domains after an @ spelled as they are stored."""
        words = (canonical_email(w) if "@" in w else w for w in search_term.split())
        return super().get_search_results(request, queryset, " ".join(words))

    @admin.display(description="device")
    def device(self, row: Any) -> str:
        return user_agents.describe(row.user_agent)


@admin.register(User, site=site)
class UserAdmin(ForStaff):
    """People: rename, deactivate, sign out, send a reset link. Addresses change by proof alone."""

    list_display = ("email", "name", "is_active", "is_staff", "last_login", "created_at")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name", "gatehouse_subject__sub")
    ordering = ("email",)
    fields = ("email", "name", "is_active", *ROLES, "sub", "last_login", "created_at")
    readonly_fields = ("email", "sub", "last_login", "created_at")
    actions = ("end_all_sessions", "deactivate", "send_reset_link")

    @admin.display(description="sub")
    def sub(self, user: User) -> str:
        return subjects.of(user).sub

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None or may_act_on(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.readonly_fields if is_superuser(request) else (*self.readonly_fields, *ROLES)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """The events that this causes (sessions.user_changes) say who did it."""
        obj.gatehouse_saved_by = by(request)  # type: ignore[attr-defined]
        # What this form has changed, not what the row was when it was read.
        obj.save(update_fields=form.changed_data if change else None)

    @admin.action(description="End all sessions of this user")
    def end_all_sessions(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        allowed = self.allowed(request, chosen)
        for user in allowed:
            ended = sessions.end_all_of(user, "admin")
            note(request, "session_ended", user, count=ended)
        if request.user in allowed:
            logout(request)  # or the next request would drop this session, and the message in it
        self.say_done(request, allowed, chosen)

    @admin.action(description="Deactivate")
    def deactivate(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        allowed = self.allowed(request, chosen)
        for user in allowed:
            user.is_active = False
            user.gatehouse_saved_by = by(request)  # type: ignore[attr-defined]
            user.save(update_fields=["is_active"])  # ends the sessions: sessions.user_changes
        self.say_done(request, allowed, chosen)

    @admin.action(description="Send reset link")
    def send_reset_link(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        if not conf.mail:
            self.message_user(request, NoMailServer.detail_text, messages.ERROR)
            return
        allowed = self.allowed(request, chosen)
        sent = [user for user in allowed if registration.send_reset(request, user, by=by(request))]
        left = [user.email for user in allowed if user not in sent]
        if left:
            text = (
                f"No link was sent to {', '.join(left)}: it is for active people with a real "
                "address."
            )
            self.message_user(request, text, messages.WARNING)
        self.say_done(request, sent, chosen)

    def allowed(self, request: HttpRequest, chosen: QuerySet[User]) -> list[User]:
        """Those of the chosen that this person may act on; the others are named."""
        found = list(chosen)
        spared = [user.email for user in found if not may_act_on(request, user)]
        if spared:
            text = f"Only a superuser may do this to staff: {', '.join(spared)}."
            self.message_user(request, text, messages.ERROR)
        return [user for user in found if may_act_on(request, user)]

    def say_done(self, request: HttpRequest, done: list[User], chosen: QuerySet[User]) -> None:
        if done:
            text = f"Done for {len(done)} of {len(chosen)}."
            self.message_user(request, text, messages.SUCCESS)


@admin.register(Identity, site=site)
class IdentityAdmin(ForStaff):
    """Who signs in to which account through the identity provider. Staff may only unlink."""

    list_display = ("user", "subject", "issuer", "created_at")
    list_filter = ("issuer", "created_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "user__name", "user__gatehouse_subject__sub", "subject")
    ordering = ("-id",)
    fields = ("user", "subject", "issuer", "created_at")
    actions = ("unlink",)

    @admin.action(description="Unlink from the account")
    def unlink(self, request: HttpRequest, chosen: QuerySet[Identity]) -> None:
        found = list(chosen.select_related("user"))
        allowed = [identity for identity in found if may_act_on(request, identity.user)]
        done = sum(matching.unlink(request, row, by=by(request)) for row in allowed)
        self.message_user(request, f"Unlinked {done} of {len(found)}.", messages.SUCCESS)


@admin.register(Session, site=site)
class SessionAdmin(ForStaff):
    """Who is signed in, where and since when; `key_hash` is left out on purpose."""

    list_display = (
        *("user", "device", "client", "method", "address"),
        *("created_at", "last_used_at", "ended_at", "end_reason"),
    )
    list_filter = ("client", "method", ("ended_at", admin.EmptyFieldListFilter), "end_reason")
    list_select_related = ("user",)
    search_fields = ("user__email", "user__name", "user__gatehouse_subject__sub", "address", "id")
    ordering = ("-last_used_at",)
    fields = (
        *("id", "user", "device", "user_agent", "client", "method", "address"),
        *("created_at", "last_used_at", "authenticated_at"),
        *("idle_expires_at", "absolute_expires_at", "generation", "ended_at", "end_reason"),
    )
    actions = ("end_session",)

    @admin.action(description="End session")
    def end_session(self, request: HttpRequest, chosen: QuerySet[Session]) -> None:
        ended = 0
        for session in chosen.select_related("user"):
            row = Session.objects.filter(id=session.id)
            if may_act_on(request, session.user) and sessions.end(row, "admin"):
                ended += 1
                note(request, "session_ended", session.user, session=session)
        self.message_user(request, f"Ended {ended} of {len(chosen)}.", messages.SUCCESS)


@admin.register(SecurityEvent, site=site)
class SecurityEventAdmin(ForStaff):
    """What happened; rows are added by what happens, and never changed."""

    list_display = ("at", "words", "user", "address", "device", "detail")
    list_filter = ("kind", "at")
    list_select_related = ("user",)
    search_fields = ("user__email", "user__gatehouse_subject__sub", "address", "session_id")
    ordering = ("-id",)
    fields = ("at", "kind", "words", "user", "session_id", "address", "user_agent", "detail")

    @admin.display(description="what happened")
    def words(self, event: SecurityEvent) -> str:
        return signals.KINDS.get(event.kind, event.kind)


def is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


def may_act_on(request: HttpRequest, user: User | None) -> bool:
    return is_superuser(request) or user is None or not (user.is_staff or user.is_superuser)


def note(
    request: HttpRequest, kind: str, user: User | None, *, session: Any = None, **detail: Any
) -> None:
    """An event in the owner's list that says who did it."""
    detail = {"by": by(request), **detail}
    signals.tell(kind, request, user=user, session=session, detail=detail)


def by(request: HttpRequest) -> str:
    """Who did it, as the outside knows them."""
    return subjects.of(cast(User, request.user)).sub
