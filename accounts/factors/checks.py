"""A recommendation of this part, for production: `manage.py check --deploy` says it."""

from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register

from ..conf import conf


@register(Tags.security, deploy=True)
def staff_should_have_one(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if conf.second_factor != "optional":
        return []
    text = "SECOND_FACTOR should be staff: a stolen password of theirs opens everybody's data."
    return [Warning(text, id="gatehouse.W008")]
