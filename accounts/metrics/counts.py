"""Count events and refreshes, so that the counts of all processes of this machine add up.

Each process counts in a file of its own below DATA_DIR, and whoever is asked reads them all: the
multiprocess mode of prometheus_client. Which files there are is read from the environment when
that library is first imported, so this module sets it. Counts begin at nothing when `forget` is
called, as a server does that starts.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from .. import signals
from ..errors import Unavailable
from ..sessions import revocation
from .conf import conf

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
os.environ.setdefault(VARIABLE, str(conf.data_dir / "metrics"))

from prometheus_client import CollectorRegistry, Counter, generate_latest  # noqa: E402
from prometheus_client.metrics_core import GaugeMetricFamily, Metric  # noqa: E402
from prometheus_client.multiprocess import MultiProcessCollector  # noqa: E402
from prometheus_client.registry import Collector  # noqa: E402

# What counts is in the files, so no registry of the project's own needs to know these objects.
EVENTS = Counter("gatehouse_events", "Security events, by kind.", ["kind"], registry=None)
REFRESHES = Counter(
    "gatehouse_refreshes",
    "Refresh tokens of live sessions, by what they deserved.",
    ["verdict"],
    registry=None,
)


def folder() -> Path:
    """Return where the files of all processes lie."""
    return Path(os.environ[VARIABLE])


def forget() -> None:
    """Remove the files of processes from before. For a server that starts."""
    for file in folder().glob("*.db"):
        file.unlink(missing_ok=True)


@receiver(signals.happened)
def count_event(sender: None, kind: str, **kwargs: Any) -> None:
    """Count an event, once it is certain that it happened."""
    count(EVENTS, kind)


@receiver(signals.refreshed)
def count_refresh(sender: None, verdict: str, **kwargs: Any) -> None:
    """Count a refresh."""
    count(REFRESHES, verdict)


def count(counter: Counter, label: str) -> None:
    """Add one after the transaction. A full disk is a line in the log, and stops nobody."""
    if conf.metrics_token:
        transaction.on_commit(partial(add_one, counter, label), robust=True)


def add_one(counter: Counter, label: str) -> None:
    """Add one now."""
    folder().mkdir(parents=True, exist_ok=True)
    counter.labels(label).inc()


class FeedAge(Collector):
    """Say how old the revocation feed of this process is.

    It is read first if that is due, as for each request. So an age above ten seconds says that it
    cannot be read, and that the API answers 503.
    """

    def collect(self) -> Iterator[Metric]:
        with suppress(Unavailable):
            revocation.current()
        yield GaugeMetricFamily(
            "gatehouse_revocation_feed_age_seconds",
            "Since the revocation feed was read, in the process that answers.",
            value=revocation.age(),
        )


def text() -> bytes:
    """Return the counts of all processes of this machine, and the age of this one's feed."""
    folder().mkdir(parents=True, exist_ok=True)
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(folder()))  # type: ignore[no-untyped-call]  # it has no types
    registry.register(FeedAge())
    return generate_latest(registry)
