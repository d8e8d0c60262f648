"""Configure the administration as an app."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin


class StaffConfig(AppConfig):
    name = __package__
    label = "gatehouse_staff"
    verbose_name = "Gatehouse: administration"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks  # noqa: F401  (it registers itself)


class Administration(admin.AdminConfig):
    """Django's administration with our sign-in: in `INSTALLED_APPS` for `django.contrib.admin`.

    All models that a project has registered stay.
    """

    default_site = f"{__package__}.site.GatehouseAdmin"
    default = False  # the app of this folder is the one above
