"""Does the time of a refused sign-in tell whether the address is known? (ASVS 6.3.8)"""

import statistics
import time
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher

from accounts.factors import recovery
from accounts.users.models import User
from tests.clients import BrowserClient
from tests.factors import steps

ROUNDS = 25


class RealArgon2(Argon2PasswordHasher):
    """OWASP's least parameters: the hash outweighs everything else a sign-in does."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1


@pytest.fixture
def slow_sign_in(settings: Any) -> None:
    """Real hashing; and callers behind a proxy, so that each try has a budget of its own."""
    settings.PASSWORD_HASHERS = [f"{__name__}.RealArgon2"]
    settings.GATEHOUSE = {**settings.GATEHOUSE, "TRUSTED_PROXIES": ["127.0.0.1"]}
    settings.MIDDLEWARE = [n for n in settings.MIDDLEWARE if not n.endswith(".DemoStaysLocal")]


@pytest.mark.usefixtures("slow_sign_in")
def test_refused_sign_ins_take_the_same_time_whatever_the_reason(
    browser_client: BrowserClient,
) -> None:
    """Unknown, wrong, inactive, without a password, with a second factor: the fastest are alike.

    A missing dummy hash would make one of them several times faster. The fastest, since whatever
    else the machine does can only slow a try down.
    """
    User.objects.create_user("wrong@example.com", "the right password, here")
    User.objects.create_user("inactive@example.com", "the right password, here", is_active=False)
    User.objects.create_user("unusable@example.com", None)
    factor = User.objects.create_user("factor@example.com", "the right password, here")
    steps.give_app(factor)
    recovery.renew(factor)
    reasons = ["unknown", "wrong", "inactive", "unusable", "factor"]
    times: dict[str, list[float]] = {reason: [] for reason in reasons}
    browser_client.get("/auth/session")

    for number in range(ROUNDS):
        browser_client.defaults["HTTP_X_FORWARDED_FOR"] = f"192.0.2.{number}"
        for reason in reasons:
            start = time.perf_counter()
            answer = browser_client.sign_in(f"{reason}@example.com", "a wrong password, tried")
            times[reason].append(time.perf_counter() - start)
            assert answer.json()["code"] == "invalid_credentials"

    fast = {reason: statistics.mean(sorted(found)[:5]) for reason, found in times.items()}
    assert max(fast.values()) / min(fast.values()) < 1.5, fast
