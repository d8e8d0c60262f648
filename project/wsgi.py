"""Make the WSGI application, which granian serves."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse

from project import cores, env, server
from project.startup import refuse_unsafe
from project.unread import ReadToTheEnd

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

refuse_unsafe()
if settings.PIN:
    # Before the server makes its threads, which then stay there too.
    cores.keep_to_one(settings.DATA_DIR, server.workers())
# Half of the threads are left to everybody else.
places = max(1, env.number("GATEHOUSE_THREADS", least=1) // 2)
django_application = get_wsgi_application()


def in_one_piece(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer with a list where the body is there already: granian asks for each piece of others.

    Streams and files stay as they are.
    """
    answer = django_application(environ, start_response)
    if not isinstance(answer, HttpResponse):
        return answer
    answer.close()
    return [answer.content]


application = ReadToTheEnd(in_one_piece, places)
