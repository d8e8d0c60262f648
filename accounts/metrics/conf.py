"""Declare the setting of this part."""

from .. import conf as core


class Conf(core.Conf):
    metrics_token = core.Option(
        "",
        "whoever sends this as `Authorization: Bearer` may read `GET /metrics`: 32 characters or "
        "more. Empty: nothing is counted, and there is no such page",
    )


conf = Conf()
