"""Connect what must run whenever a user changes, and the system checks."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin


class AccountsConfig(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # They register themselves. The log comes before the mails, as what is noted is told.
        from . import checks  # noqa: F401
        from .audit import events  # noqa: F401
        from .federation import matching  # noqa: F401
        from .people import checks as people_checks  # noqa: F401
        from .people import links, notices  # noqa: F401
        from .sessions import user_changes
        from .staff import checks as staff_checks  # noqa: F401

        user_changes.connect()


class Administration(admin.AdminConfig):
    """Django's administration with our sign-in: in `INSTALLED_APPS` for `django.contrib.admin`.

    All models that a project has registered stay.
    """

    default_site = "accounts.staff.site.GatehouseAdmin"
    default = False  # the app "accounts" is the one above
