"""List the people of demo mode. Their passwords are public, so no other mode knows them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    email: str
    name: str
    password: str
    is_staff: bool = False


PEOPLE = (
    Person("alice@example.com", "Alice", "alice walks the long way home"),
    Person("bob@example.com", "Bob", "bob keeps bees on the roof"),
    Person("carol@example.com", "Carol", "carol reads every log line", is_staff=True),
)
