"""The WSGI entry point, which granian serves."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from accounts.web.unread import ReadToTheEnd
from project import cores, env, server
from project.startup import refuse_unsafe

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

refuse_unsafe()
if settings.PIN:
    # Before the server makes its threads, which then stay there too.
    cores.keep_to_one(settings.DATA_DIR, server.workers())
# Half of the threads are left to everybody else.
places = max(1, env.number("GATEHOUSE_THREADS", least=1) // 2)
application = ReadToTheEnd(get_wsgi_application(), places)
