"""This site with one page more."""

from project.settings import *  # noqa: F403
from project.settings import BASE_DIR, INSTALLED_APPS, STATICFILES_DIRS

INSTALLED_APPS = [*INSTALLED_APPS, "examples.htmx"]
ROOT_URLCONF = "examples.htmx.urls"
HTMX = BASE_DIR / "examples" / "htmx" / "node_modules" / "htmx.org" / "dist"
STATICFILES_DIRS = [*STATICFILES_DIRS, ("htmx", HTMX)]
