"""The ASGI entry point; nothing in the app is asynchronous, WSGI is the faster choice."""

import os

from django.core.asgi import get_asgi_application

from project.startup import refuse_unsafe

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

refuse_unsafe()
application = get_asgi_application()
