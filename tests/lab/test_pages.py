"""The lab's pages: complete, true to the code, and readable without script."""

import re
from pathlib import Path

import pytest

from lab import instrument, redaction, sources, standards
from lab.beliefs import BELIEFS
from lab.contents import PAGES
from lab.steps import STEPS
from lab.templatetags.lab import source as show_source
from tests.clients import BrowserClient
from tests.lab.clients import LabClient
from tests.servers import ROOT

EXPERIMENT = re.compile(r"<lab-experiment.*?</lab-experiment>", re.DOTALL)
TAG = re.compile(r"<[^>]+>")


def words(html: str) -> list[str]:
    return TAG.sub(" ", html).split()


def part(html: str, start: str, end: str) -> str:
    found = re.search(f"{start}(.*?){end}", html, re.DOTALL)
    assert found, start
    return found[1]


@pytest.mark.parametrize("slug", ["", *(f"/{page.slug}" for page in PAGES)])
def test_page_on_the_apps_host_is_served_under_the_apps_policy(
    browser_client: BrowserClient, slug: str
) -> None:
    """Each page is there to read, and weakens nothing on the app's origin."""
    answer = browser_client.get(f"/learn{slug}")

    assert answer.status_code == 200
    policy = browser_client.get("/login")["Content-Security-Policy"]
    assert answer["Content-Security-Policy"] == policy


@pytest.mark.parametrize("slug", [page.slug for page in PAGES])
def test_every_experiment_is_complete(
    browser_client: BrowserClient, lab_client: LabClient, slug: str
) -> None:
    """Question, two to four predictions, why in 60 words, code, standard, one thing to change."""
    pages = [browser_client.get(f"/learn/{slug}"), browser_client.get("/learn")]
    html = "".join(page.text for page in [*pages, lab_client.get(f"/learn/{slug}")])

    # A button says what it does: a page has many.
    assert not re.search(r"data-run[^>]*>\s*Run\s*<", html)
    for experiment in EXPERIMENT.findall(html):
        question = part(experiment, "data-question[^>]*>", "</h2>")
        assert len(words(question)) > 2
        predictions = re.findall(r'data-predict="[^"]+"', experiment)
        assert 2 <= len(predictions) <= 4, question
        why = words(part(experiment, "data-why>", "</div></div>"))
        assert 10 <= len(why) <= 60, (question, len(why))
        assert 'class="source"' in experiment, question
        assert 'class="standard"' in experiment, question
        assert len(words(part(experiment, 'class="change">', "</lab-experiment>"))) > 5, question


def test_every_experiment_has_a_browser_test(
    browser_client: BrowserClient, lab_client: LabClient
) -> None:
    """Each is named in one that runs it, so that a changed browser breaks a test and no lesson."""
    told = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "tests/e2e").glob("test_lab_*.py")
    )
    found = set()
    for slug in ("", *(f"/{page.slug}" for page in PAGES)):
        html = browser_client.get(f"/learn{slug}").text + lab_client.get(f"/learn{slug}").text
        found |= set(re.findall(r'<lab-experiment[^>]* id="([^"]+)"', html))

    assert len(found) == 28
    assert {name for name in found if f'"{name}"' not in told and f"#{name}" not in told} == set()


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.at_lab], ids=lambda page: page.slug
)
def test_attack_runs_at_the_lab_alone(
    browser_client: BrowserClient, lab_client: LabClient, page
) -> None:
    """On the app's host the page has only the way there: it runs nothing and spoils nothing."""
    app = browser_client.get(f"/learn/{page.slug}").text
    lab = lab_client.get(f"/learn/{page.slug}").text

    assert "<lab-experiment" not in app
    assert f"http://app.demo.localhost/learn/{page.slug}" in app
    assert "<lab-experiment" in lab
    assert "the lab’s own site. Everything here is throwaway" in lab


@pytest.mark.parametrize("name", sorted(sources.SHOWN))
def test_shown_source_is_the_code_that_runs(name: str) -> None:
    """File and line are right, to the letter."""
    found = sources.find(name)

    lines = (ROOT / found.file).read_text(encoding="utf-8").splitlines()
    assert list(found.lines) == lines[found.line - 1 : found.line - 1 + len(found.lines)]


@pytest.mark.parametrize(
    "name", ["project.settings.SECRET_KEY", "accounts.tokens.key_store.Source", "os.path"]
)
def test_source_that_is_not_allowed_cannot_be_shown(name: str) -> None:
    """The template tag reads from a list, not from anything that can be imported."""
    with pytest.raises(KeyError):
        sources.find(name)


@pytest.mark.parametrize("name", ["nowhere.at_all", "gatehouse/session.js#nothing"])
def test_source_that_is_gone_is_an_error(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A lesson whose code was renamed breaks its page: it never shows other code instead."""
    monkeypatch.setattr(sources, "SHOWN", sources.SHOWN | {name})

    with pytest.raises(LookupError) as refused:
        sources.find(name)

    assert refused.type is LookupError  # not that of a name that is not allowed


def test_mark_that_is_in_no_line_is_an_error() -> None:
    """A lesson cannot speak of a line that is no longer in the code that it shows."""
    name = "accounts.web.csrf.failure"

    shown = show_source(name, "HTTP_ORIGIN")["lines"]

    assert ["HTTP_ORIGIN" in text for _, text, _ in shown] == [marked for _, _, marked in shown]
    with pytest.raises(LookupError, match="no line with"):
        show_source(name, "HTTP_ORIGINS")


def test_watched_function_keeps_its_source_and_name() -> None:
    """What is shown is the function, not the watcher around it."""
    assert "def issue(" in "\n".join(sources.find("accounts.tokens.signing.issue").lines)
    assert sources.resolve("accounts.tokens.signing.issue").__name__ == "issue"


def test_every_function_that_the_timeline_speaks_of_is_watched() -> None:
    """One that was renamed or is no longer watched would silently leave its line empty."""
    script = (ROOT / "static/js/lab/timeline.js").read_text(encoding="utf-8")
    spoken_of = {*re.findall(r"'(accounts\.[\w.]+)':", script), *redaction.FACTS}

    assert len(spoken_of) > 10
    for name in spoken_of:
        assert hasattr(sources.resolve(name), "__wrapped__"), name
    assert spoken_of <= set(instrument.NAMES)


def test_map_names_what_stands_behind_each_step(browser_client: BrowserClient) -> None:
    """Eight steps, each with functions, standards and tests that exist."""
    html = browser_client.get("/learn/map").text

    assert [step.number for step in STEPS] == list(range(1, 9))
    for step in STEPS:
        row = part(html, f'<tr id="map-{step.number}">', "</tr>")
        assert step.title in row
        for source in step.sources:
            assert f"{source.file}:{source.line}" in row
        assert step.tests, f"step {step.number} has no tests"
        for file, count in step.tests:
            assert Path(ROOT, file).exists()
            assert f'{file}</code> <span class="muted">{count} test' in row
        assert row.count('class="standard"') == len(step.cited)


def test_every_belief_leads_to_an_experiment_that_tries_it(
    browser_client: BrowserClient, lab_client: LabClient
) -> None:
    """Fourteen of them, some true and some not. Each link ends where something runs."""
    beliefs = part(browser_client.get("/learn").text, "data-beliefs>", "</ol>")

    cards = re.findall(r"<li(.*?)</li>", beliefs, re.DOTALL)
    assert len(cards) == len(BELIEFS) == 14
    assert 4 <= beliefs.count('data-true="true"') <= 9
    for card in cards:
        links = re.findall(r'href="(http://app.demo.localhost)?([^"#]+)#([^"]+)"', card)
        assert links
        for at_lab, page, anchor in links:
            html = (lab_client if at_lab else browser_client).get(page).text
            place = anchor.removeprefix("places-")
            assert f'id="{anchor}"' in html or f'name="place" value="{place}"' in html, anchor


def test_glossary_has_its_words_once_and_in_order(browser_client: BrowserClient) -> None:
    """Twenty or more, alphabetical."""
    found = re.findall(
        r"<dt>(.*?)</dt>", part(browser_client.get("/learn/map").text, "data-glossary>", "</dl>")
    )

    assert len(found) >= 20
    assert found == sorted(set(found), key=str.casefold)


def test_standards_have_addresses() -> None:
    """Each is a link over https; an RFC's section is an anchor of it."""
    for name in standards.TITLES:
        assert standards.standard(name).url.startswith("https://")
    assert standards.standard("RFC 8725", "3.1").url.endswith("rfc8725.html#section-3.1")
    with pytest.raises(KeyError):
        standards.standard("RFC 0")


def test_learn_is_in_the_navigation(browser_client: BrowserClient) -> None:
    """The lab is found without being looked for."""
    assert '<a href="/learn"' in browser_client.get("/login").text
