"""Declare the settings of this part."""

from .. import conf as core


class Conf(core.Conf):
    api_clients = core.Option(True, "whether programs may sign in at `/auth/token`")
    personal_token_days = core.Option(
        365, "the longest life of a personal access token, in days; 0: there are none"
    )


conf = Conf()
