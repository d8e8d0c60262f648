"""The WSGI entry point of a peer's project."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.stacks.documented")
application = get_wsgi_application()
