"""Declare the settings of this part."""

from .. import conf as core


class Conf(core.Conf):
    binding = core.Option(
        True,
        "whether sessions are bound to a key of their device, where the browser or the program "
        "can; without it no proof is asked for, not even of sessions that are bound",
    )


conf = Conf()
