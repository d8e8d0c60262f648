"""Show users, identities, sessions and events to staff.

A session that ends here ends everywhere at once. Identities, events and reset links are here if
the parts that own them are installed.
No page shows a token, a hash or a password. Nobody sets another person's password: staff send a
reset link (ASVS 5.0 6.4.6). Staff see everything. They may act on people who are not staff. Only
superusers may act on staff, and decide who is staff.
"""

from typing import TYPE_CHECKING, Any, cast

from django.apps import apps
from django.contrib import admin, messages
from django.contrib.auth import logout
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import QuerySet
from django.http import HttpRequest

from .. import callers, sessions, signals, subjects
from ..conf import conf
from ..models import Session
from .site import GatehouseAdmin, signed_in_here
from .site import site as own_site

# The project's own where it is one of ours (staff.apps.Administration): all models in one place.
site = admin.site if isinstance(admin.site, GatehouseAdmin) else own_site

CONFIRM = (
    "Sign in at {issuer}/login in this browser first, to show that it is you. Then do this again "
    "within five minutes."
)

ROLES = ("is_staff", "is_superuser")
# What the links of Django's own list filters add to the name of a column.
FILTERS = ("", "__exact", "__gte", "__isempty", "__isnull", "__lt")

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin  # which takes no type at run time


def is_installed(part: str) -> bool:
    """Return whether this part of the package is in INSTALLED_APPS."""
    return f"gatehouse_{part}" in apps.app_configs


class ForStaff(ModelAdmin):
    """Read-only base class: no adding, no deleting, no filtering by columns that are not shown."""

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
        """Allow the links of `list_filter` alone: a count of matches could give away a hash."""
        listed = (item[0] if isinstance(item, tuple) else item for item in self.list_filter)
        return lookup in {f"{column}{end}" for column in listed for end in FILTERS}

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search as Django does, with addresses and domains after an @ in their stored spelling."""
        words = (subjects.normalised(w) if "@" in w else w for w in search_term.split())
        return super().get_search_results(request, queryset, " ".join(words))

    @admin.display(description="device")
    def device(self, row: Any) -> str:
        return callers.device(row.user_agent)


class UserAdmin(ForStaff):
    """People: rename, deactivate, sign out, send a reset link. Only owners change an address."""

    list_display: tuple[str, ...] = (
        *("email", "name", "is_active", "is_staff"),
        *("last_login", "created_at"),
    )
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name", "gatehouse_subject__sub")
    ordering = ("email",)
    fields = ("email", "name", "is_active", *ROLES, "sub", "last_login", "created_at")
    readonly_fields = ("email", "sub", "last_login", "created_at")
    actions: tuple[str, ...] = ("end_all_sessions", "deactivate")

    @admin.display(description="sub")
    def sub(self, user: Any) -> str:
        return subjects.of(user).sub

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None or may_act_on(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.readonly_fields if is_superuser(request) else (*self.readonly_fields, *ROLES)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, so that the events that follow (sessions.user_changes) say who did it."""
        obj.gatehouse_saved_by = acting_staff(request)
        # Only what this form has changed: the row may have changed since it was read.
        obj.save(update_fields=form.changed_data if change else None)

    @admin.action(description="End all sessions of this user")
    def end_all_sessions(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        allowed = self.allowed(request, chosen)
        for user in allowed:
            ended = sessions.end_all_of(user, "admin")
            note(request, "session_ended", user, count=ended)
        if request.user in allowed:
            logout(request)  # or the next request would drop this session, and the message in it
        self.say_done(request, allowed, chosen)

    @admin.action(description="Deactivate")
    def deactivate(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        allowed = self.allowed(request, chosen)
        for user in allowed:
            user.is_active = False
            user.gatehouse_saved_by = acting_staff(request)
            user.save(update_fields=["is_active"])  # ends the sessions: sessions.user_changes
        self.say_done(request, allowed, chosen)

    def allowed(self, request: HttpRequest, chosen: QuerySet[Any]) -> list[Any]:
        """Return those of the chosen that this person may act on. Name the others in a message."""
        found = list(chosen)
        spared = [user.email for user in found if not may_act_on(request, user)]
        if spared:
            text = f"Only a superuser may do this to staff: {', '.join(spared)}."
            self.message_user(request, text, messages.ERROR)
        return [user for user in found if may_act_on(request, user)]

    def say_done(self, request: HttpRequest, done: list[Any], chosen: QuerySet[Any]) -> None:
        if done:
            text = f"Done for {len(done)} of {len(chosen)}."
            self.message_user(request, text, messages.SUCCESS)

    if is_installed("factors"):
        list_display = (*list_display, "second_factor")
        actions = (*actions, "remove_factors")

        @admin.display(description="second factor")
        def second_factor(self, user: Any) -> str:
            from ..factors.gate import methods

            return ", ".join(methods(user))

        @admin.action(description="Remove the second factor, as everything is lost")
        def remove_factors(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
            from ..factors.gate import remove_all

            own = signed_in_here(request).filter(user_id=cast(Any, request.user).pk)
            if not sessions.recent(own):
                text = CONFIRM.format(issuer=conf.issuer)
                self.message_user(request, text, messages.ERROR)
                return
            allowed = self.allowed(request, chosen)
            by = acting_staff(request)
            done = [user for user in allowed if remove_all(request, user, by=by)]
            self.say_done(request, done, chosen)

    if is_installed("people"):
        actions = (*actions, "send_reset_link")

        @admin.action(description="Send reset link")
        def send_reset_link(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
            from ..people.conf import conf
            from ..people.mails import NoMailServer
            from ..people.password_reset import send_reset

            if not conf.mail:
                self.message_user(request, NoMailServer.detail_text, messages.ERROR)
                return
            allowed = self.allowed(request, chosen)
            by = acting_staff(request)
            sent = [user for user in allowed if send_reset(request, user, by=by)]
            left = [user.email for user in allowed if user not in sent]
            if left:
                text = (
                    f"No link was sent to {', '.join(left)}: it is for active people with a real "
                    "address."
                )
                self.message_user(request, text, messages.WARNING)
            self.say_done(request, sent, chosen)


@admin.register(Session, site=site)
class SessionAdmin(ForStaff):
    """Who is signed in, where and since when. `key_hash` is left out on purpose."""

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


if is_installed("users"):
    site.register(apps.get_model("gatehouse_users", "User"), UserAdmin)


if is_installed("federation"):
    from ..federation import matching
    from ..federation.models import Identity

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
            done = sum(matching.unlink(request, row, by=acting_staff(request)) for row in allowed)
            self.message_user(request, f"Unlinked {done} of {len(found)}.", messages.SUCCESS)


if is_installed("audit"):
    from ..audit.models import SecurityEvent

    @admin.register(SecurityEvent, site=site)
    class SecurityEventAdmin(ForStaff):
        """What happened. Nobody adds or changes rows here."""

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


def may_act_on(request: HttpRequest, user: Any) -> bool:
    return is_superuser(request) or user is None or not (user.is_staff or user.is_superuser)


def note(request: HttpRequest, kind: str, user: Any, *, session: Any = None, **detail: Any) -> None:
    """Tell of an event of this user that says who did it."""
    detail = {"by": acting_staff(request), **detail}
    signals.tell(kind, request, user=user, session=session, detail=detail)


def acting_staff(request: HttpRequest) -> str:
    """Return the `sub` of whoever acts here, as events name them."""
    return subjects.of(cast(AbstractBaseUser, request.user)).sub
