"""Personal access tokens for staff, where the part `programs` is installed: see them, end them."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from ..programs import personal_tokens
from ..programs.models import PersonalToken
from .admin import ForStaff, acting_staff, may_act_on, site


@admin.register(PersonalToken, site=site)
class PersonalTokenAdmin(ForStaff):
    """Which programs people have given a token, and what for. `digest` is left out on purpose."""

    list_display = ("user", "name", "scope", "created_at", "expires_at", "last_used_on")
    list_filter = ("created_at", "expires_at", "last_used_on")
    list_select_related = ("user",)
    search_fields = ("user__email", "user__name", "user__gatehouse_subject__sub", "name")
    ordering = ("-created_at",)
    fields = ("id", *list_display)
    actions = ("end_token",)

    @admin.action(description="End token")
    def end_token(self, request: HttpRequest, chosen: QuerySet[PersonalToken]) -> None:
        found = list(chosen.select_related("user"))
        allowed = [row for row in found if may_act_on(request, row.user)]
        ended = sum(personal_tokens.end(row, request, by=acting_staff(request)) for row in allowed)
        self.message_user(request, f"Ended {ended} of {len(found)}.", messages.SUCCESS)
