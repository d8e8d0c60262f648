"""What the demo makes by itself, and no other mode does."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.users.models import User
from project import demo
from tests.project import test_startup

production = test_startup.production


def create_demo() -> str:
    said = StringIO()
    call_command("create_demo", stdout=said)
    return said.getvalue()


def test_demo_people_are_created_once(db: None) -> None:
    """Safe to repeat."""
    first, second = create_demo(), create_demo()

    assert (first.count("created"), second) == (len(demo.PEOPLE), "")
    assert User.objects.get(email="carol@example.com").is_staff


def test_demo_people_do_not_exist_in_production(db: None, settings: Any) -> None:
    """Their passwords are public (ASVS 5.0 6.3.2)."""
    settings.DEMO = False

    with pytest.raises(CommandError, match="demo mode only"):
        create_demo()
    assert not User.objects.exists()


def test_production_offers_nobody(production: dict[str, str]) -> None:
    """Pages and the command read one setting, which has people in the demo alone."""
    program = "import project.settings as s; print(s.DEMO, s.DEMO_PEOPLE)"

    done = test_startup.start(production, "-c", program)

    assert done.stdout == "False ()\n"


@pytest.mark.parametrize("given", [False, True])
def test_demo_makes_its_signing_keys_unless_they_are_given(
    production: dict[str, str], tmp_path: Path, given: bool
) -> None:
    """It does on the first start. A second start goes on with them."""
    environment = {
        name: value
        for name, value in production.items()
        if not name.startswith("GATEHOUSE") or (given and name == "GATEHOUSE_SIGNING_KEYS")
    }
    environment |= {"GATEHOUSE_DATA_DIR": str(tmp_path), "GATEHOUSE_MODE": "demo"}
    program = "from accounts.tokens import key_store; print(key_store.ring().active_kid)"

    first, second = (
        test_startup.start(environment, "manage.py", "shell", "-v0", "-c", program)
        for _ in range(2)
    )

    assert first.stdout == second.stdout != ""
    assert (tmp_path / "signing-keys.json").exists() is not given


def test_production_makes_no_signing_keys(production: dict[str, str], tmp_path: Path) -> None:
    """Keys that appear by themselves differ between servers."""
    del production["GATEHOUSE_SIGNING_KEYS"]
    missing = tmp_path / "keys.json"

    done = test_startup.start(production | {"GATEHOUSE_SIGNING_KEYS_FILE": str(missing)})

    assert done.returncode != 0
    assert "SIGNING_KEYS_FILE" in done.stderr
    assert not missing.exists()
