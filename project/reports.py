"""Log what browsers tell of violations of the Content Security Policy: POST /csp-reports.

Anyone may call it and no credential is looked at: browsers send reports without a CSRF token. It
writes to the log alone, so many lines a minute in each process, and answers 204 whatever came.
"""

import json
import logging
import threading
import time

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

log = logging.getLogger("project.csp")

LONGEST = 8 * 1024  # bytes
LINES_A_MINUTE = 30
# What a line shows of a report. Nothing of it is trusted.
SHOWN = ("document-uri", "effective-directive", "blocked-uri", "source-file", "line-number")

_lock = threading.Lock()
_window = {"since": 0.0, "lines": 0.0}


@csrf_exempt
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """Log one report, if it is one and the minute's lines are not used up."""
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    if 0 < length <= LONGEST and _may_log():
        try:
            report = json.loads(request.body)["csp-report"]
            shown = {name: str(report.get(name, ""))[:200] for name in SHOWN}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            pass  # not a report: nothing worth a line
        else:
            log.warning("content security policy violated", extra={"report": shown})
    return HttpResponse(status=204)


def _may_log() -> bool:
    now = time.monotonic()
    with _lock:
        if now - _window["since"] >= 60:
            _window.update(since=now, lines=0)
        _window["lines"] += 1
        return _window["lines"] <= LINES_A_MINUTE
