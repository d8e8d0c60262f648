"""Configure the user model as an app."""

from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = __package__
    label = "gatehouse_users"
    verbose_name = "Gatehouse: people"
    default_auto_field = "django.db.models.BigAutoField"
