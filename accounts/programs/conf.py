"""Declare the setting of this part."""

from .. import conf as core


class Conf(core.Conf):
    api_clients = core.Option(True, "whether programs may sign in at `/auth/token`")


conf = Conf()
