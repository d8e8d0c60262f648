"""The WSGI entry point, which granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from project.startup import refuse_unsafe

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

refuse_unsafe()
application = get_wsgi_application()
