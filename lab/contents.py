"""The lab's pages, in the order in which to visit them."""

from dataclasses import dataclass

from django.apps import apps


@dataclass(frozen=True)
class LabPage:
    """`at_lab`: its experiments run on the lab's own host, where something may be attacked."""

    slug: str
    title: str
    question: str
    minutes: int
    at_lab: bool = False

    @property
    def page(self) -> str:
        return f"learn-{self.slug}"


# These pages are there while the part that they are about is installed.
WITH_FACTORS = apps.is_installed("accounts.factors")
WITH_BINDING = apps.is_installed("accounts.binding")
PHISHING = LabPage(
    "phishing", "The page that asks for your code", "What can be typed away?", 2, True
)
BINDING = LabPage("binding", "One jar, two browsers", "What is a copied cookie jar worth?", 4, True)

PAGES = (
    LabPage("flow", "Watch your own sign-in", "What happens between password and answer?", 3),
    LabPage("storage", "Five places for a token", "Where can a thief not reach it?", 5, True),
    LabPage("forge", "Same bytes, two verifiers", "Why was this token refused?", 5, True),
    LabPage("inspect", "Read your cookie without touching it", "What do my tokens say?", 2),
    LabPage("cross-site", "The other tab", "Which cookies travel with a forged request?", 5, True),
    LabPage("refresh", "The thief, the tabs and the clock", "Who notices a copied token?", 5, True),
    *((PHISHING,) if WITH_FACTORS else ()),
    *((BINDING,) if WITH_BINDING else ()),
    LabPage("sessions", "A plain session beside a JWT", "When is a plain session better?", 2, True),
    LabPage("map", "The map", "Which function, standard and test stands behind each step?", 5),
)
BY_SLUG = {page.slug: page for page in PAGES}
