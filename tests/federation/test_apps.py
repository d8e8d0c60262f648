"""What the part needs besides itself."""

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured


def test_without_the_part_that_sends_mails_nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the line that is missing."""
    configs = {name: one for name, one in apps.app_configs.items() if name != "gatehouse_people"}
    monkeypatch.setattr(apps, "app_configs", configs)

    with pytest.raises(ImproperlyConfigured, match=r"accounts\.people"):
        configs["gatehouse_federation"].ready()
