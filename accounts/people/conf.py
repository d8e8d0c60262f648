"""Declare the settings of this part."""

from .. import conf as core


class Conf(core.Conf):
    mail = core.Option(
        True, "whether this server can send mail. Without it nobody can register or reset"
    )
    exports = core.Option[dict[str, str]](
        {},
        "parts of a person's data export that other apps add: name to the dotted path of a "
        "function, which is called with the user",
    )


conf = Conf()
