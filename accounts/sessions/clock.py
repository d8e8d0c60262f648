"""The database's clock, which all servers share; a server's own may be off by seconds."""

import time
from datetime import datetime

from django.db import connection
from django.db.models.functions import Now
from django.db.models.sql import Query


def database_now() -> datetime:
    """Return the database's time, in UTC."""
    query = Query(None)  # of no table
    query.add_annotation(Now(), "now")
    ((now,),) = query.get_compiler(connection.alias).results_iter()
    found: datetime = now
    return found


def seconds_ahead() -> float:
    """Return by how many seconds at least this server's clock is ahead of the database's.

    The number is negative if it is behind. The database looked at its own clock at some moment
    while it was asked.
    """
    before = time.time()
    theirs = database_now().timestamp()
    return max(before - theirs, 0) or min(time.time() - theirs, 0)
