"""Passwords are hashed beside the answers, not before them."""

import os
import threading

from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password

from project import hashing


class Quick(hashing.Argon2):
    """The real algorithm with small parameters."""

    time_cost, memory_cost, parallelism = 1, 64, 1


class QuickDjango(Argon2PasswordHasher):
    time_cost, memory_cost, parallelism = 1, 64, 1


def priority() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def test_hash_has_a_lower_priority_than_the_thread_that_waits_for_it() -> None:
    """Linux gives each thread its own; the request's thread could not take its back."""
    usual = priority()

    Quick().encode("a password", "a salt for it")

    assert hashing.thread.submit(priority).result() == min(usual + hashing.NICE, 19)
    assert priority() == usual


def test_hashes_are_those_of_django(settings) -> None:
    """Each takes what the other has made, so a setting can change at any time."""
    for maker, reader in ((Quick, QuickDjango), (QuickDjango, Quick)):
        text = maker().encode("a password", "a salt for it")
        settings.PASSWORD_HASHERS = [f"{reader.__module__}.{reader.__name__}"]

        assert check_password("a password", text)
        assert not check_password("another", text)
        assert make_password("a password").startswith("argon2$")
