"""Read what the lab's pages ask before each experiment, from the pages themselves."""

from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser

from django.http import HttpRequest
from django.template.loader import render_to_string

from lab import contents
from lab.pages import LearnPage


@dataclass
class Question:
    """Hold a question, and in `answers` the words of each button by the key of its prediction."""

    text: str = ""
    answers: dict[str, str] = field(default_factory=dict)


class Reader(HTMLParser):
    """Collect each `lab-experiment` of a page: its `data-question` and every `data-predict`."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, Question] = {}
        self.current = Question()
        self.key: str | None = None
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "lab-experiment":
            self.current = self.found.setdefault(str(given.get("id")), Question())
        elif "data-question" in given:
            self.key, self.inside = None, tag
        elif given.get("data-predict"):
            self.key, self.inside = given["data-predict"], tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self.inside:
            self.inside = ""

    def handle_data(self, data: str) -> None:
        if not self.inside:
            return
        if self.key is None:
            self.current.text += data
        else:
            self.current.answers[self.key] = self.current.answers.get(self.key, "") + data


@cache
def all_questions() -> dict[str, Question]:
    """Return the questions that have predictions, by the ids of their experiments."""
    found: dict[str, Question] = {}
    for slug in ("", *(page.slug for page in contents.PAGES)):
        page = LearnPage(slug=slug)
        request = HttpRequest()
        request.host_kind = "app"  # type: ignore[attr-defined]
        page.setup(request)
        reader = Reader()
        reader.feed(render_to_string(page.get_template_names(), page.get_context_data()))
        found |= {name: tidy(one) for name, one in reader.found.items() if one.answers}
    return found


def tidy(question: Question) -> Question:
    """Return the same in one line each, without the sign of the link."""
    answers = {key: " ".join(text.split()) for key, text in question.answers.items()}
    return Question(" ".join(question.text.split()).lstrip("# "), answers)
