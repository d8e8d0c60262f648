"""The WSGI entry point, which granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from project import env
from project.startup import refuse_unsafe
from project.unread import ReadToTheEnd

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

refuse_unsafe()
# Half of the threads are left to everybody else.
places = max(1, env.number("GATEHOUSE_THREADS", least=1) // 2)
application = ReadToTheEnd(get_wsgi_application(), places)
