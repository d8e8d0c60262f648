"""The lab's safety rules, each with the tests that hold it.

A playground of attacks must not become one: the list below is what the lab promises whoever runs
it, and every promise names its proof.
"""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.test import override_settings

from project.checks import production_is_safe
from tests.servers import ROOT

RULES = {
    "its keys, issuer, audience and people are its own, made at start": [
        "lab/test_profile.py::test_lab_has_keys_of_its_own",
        "lab/test_profile.py::test_lab_token_at_the_real_api_is_refused",
        "lab/test_profile.py::test_real_token_at_the_lab_is_refused",
        "lab/test_people.py::test_alice_at_the_app_is_refused",
        "lab/test_safety.py::test_no_key_and_no_token_is_kept_with_the_code",
    ],
    "accounts never imports it": [
        "test_architecture.py::test_imports_run_one_way_and_each_library_has_its_owner",
        "lab/test_safety.py::test_contracts_fence_the_lab_and_its_unsafe_readers",
    ],
    "without its folder the app works": [
        "lab/test_without.py::test_project_without_the_lab_passes_its_checks",
        "lab/test_without.py::test_project_without_the_lab_still_works",
        "lab/test_without.py::test_tests_of_the_project_without_the_lab_can_be_collected",
    ],
    "its cookies and storage keys carry a mark, and live shortly": [
        "lab/test_benches.py::test_cookie_without_mark_or_with_a_long_life_is_no_cookie_of_the_lab",
        "lab/test_people.py::test_alice_at_the_lab_gets_marked_cookies_with_the_apps_attributes",
        "e2e/test_lab_storage.py::test_token_that_script_can_reach_outlives_the_tab",
    ],
    "no endpoint returns a live token": [
        "lab/test_inspect.py::test_no_page_or_endpoint_of_the_lab_echoes_a_real_token",
        "lab/test_recorder.py::test_nothing_noted_could_be_replayed",
        "e2e/test_lab_inspect.py::test_own_tokens_are_shown_in_three_panes_without_their_signature",
        "e2e/test_lab_inspect.py::test_pasted_token_of_the_live_issuer_is_refused_and_wiped",
        "e2e/test_lab_refresh.py::test_no_answer_and_no_storage_holds_a_token",
    ],
    "hostile pages are served on hostile hosts, app pages never there": [
        "lab/test_storage.py::test_hostile_page_is_answered_on_hostile_hosts_only",
        "lab/test_phishing.py::test_relay_is_on_hostile_hosts_only",
        "lab/test_hosts.py::test_app_page_on_another_host_names_and_links_the_apps_address",
        "lab/test_hosts.py::test_endpoint_on_a_hostile_host_does_not_exist",
    ],
    "outside the demo it is off unless its hosts are named, all of them": [
        "lab/test_hosts.py::test_production_without_lab_hosts_has_no_lab",
        "lab/test_hosts.py::test_hostile_sibling_of_a_real_app_is_refused",
        "lab/test_safety.py::test_lab_host_without_a_hostile_one_is_refused",
    ],
    "each browser has its own bench, for an hour, and limited; nothing is shared": [
        "lab/test_benches.py::test_bench_of_another_browser_cannot_be_seen",
        "lab/test_benches.py::test_bench_after_its_hour_is_gone_with_its_log",
        "lab/test_benches.py::test_too_many_requests_to_the_lab_are_throttled",
        "lab/test_safety.py::test_no_module_of_the_lab_keeps_anything_that_changes",
    ],
    "the loot sink keeps tokens of the lab alone, for a while": [
        "lab/test_storage.py::test_loot_sink_drops_whatever_is_no_lab_token",
        "lab/test_storage.py::test_loot_is_forgotten_after_ten_minutes",
    ],
    "a class lets in whoever has its code, shares nothing, and leaves nothing": [
        "lab/test_class.py::test_stranger_is_led_to_the_door_and_gets_nothing",
        "lab/test_class.py::test_caller_from_elsewhere_is_refused",
        "lab/test_class.py::test_guessing_codes_from_one_address_is_throttled",
        "lab/test_class.py::test_pupils_behind_one_address_are_counted_apart",
        "lab/test_class.py::test_pupil_sees_the_mails_to_own_addresses_alone",
        "lab/test_class.py::test_tally_counts_answers_and_tells_nobody_whose_they_are",
        "lab/test_class.py::test_new_class_leaves_nothing_of_the_old_one",
        "lab/test_class_mode.py::test_only_yes_opens_a_class",
        "lab/test_class_mode.py::test_class_with_something_of_another_server_is_refused",
        "lab/test_class_mode.py::test_class_starts_with_keys_of_its_own_and_without_the_demos_people",
    ],
}
FOLDERS = ("accounts", "api", "docs", "project", "static", "templates", "tools")
WRITTEN = {".py", ".js", ".html", ".md", ".css", ".json", ".toml", ".yml", ".yaml"}
SECRET = re.compile(r"BEGIN [A-Z ]*PRIVATE KEY|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}")


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_its_tests(rule: str) -> None:
    """A test that is renamed or taken out takes a promise with it, and is missed here."""
    for name in RULES[rule]:
        file, _, test = name.partition("::")
        tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
        assert test in {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}


def test_no_key_and_no_token_is_kept_with_the_code() -> None:
    """Scanners and copiers find nothing: whatever the lab signs with is made on the machine."""
    shown = [
        path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in WRITTEN
    ]

    assert len(shown) > 100
    assert [path for path in shown if SECRET.search(path.read_text(encoding="utf-8"))] == []


def test_contracts_fence_the_lab_and_its_unsafe_readers() -> None:
    """The rules of imports about the lab hold, and let in whom they should."""
    rules = ROOT / "lab" / "imports.toml"
    contracts = tomllib.loads(rules.read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    allowed = {
        protected: set(contract["allowed_importers"])
        for contract in contracts
        for protected in contract.get("protected_modules", [])
    }
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache", "--config", rules], cwd=ROOT, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stdout
    assert allowed["lab.**"] == {"project.urls", "lab.**"}
    assert allowed["lab.vulnerable"] == {"lab.verdicts", "lab.forging"}


def test_lab_host_without_a_hostile_one_is_refused() -> None:
    """Outside the demo, half a lab is a mistake and not a lab."""
    with override_settings(DEMO=False, LAB_HOSTS=["lab.example.net"], HOSTILE_HOSTS=[]):
        assert "project.E006" in [found.id for found in production_is_safe(None)]


def test_no_module_of_the_lab_keeps_anything_that_changes() -> None:
    """No learner's step reaches another's through the server's memory: all of it is in a bench."""
    changing = []
    for path in sorted((ROOT / "lab").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Global):
                changing.append(f"{path.name}: global {', '.join(node.names)}")
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            value = getattr(node, "value", None)
            empty = isinstance(value, ast.List | ast.Set) or (
                isinstance(value, ast.Dict) and not value.keys
            )
            made = isinstance(value, ast.Call) and getattr(value.func, "id", "") in {
                "dict",
                "list",
                "set",
                "defaultdict",
                "Counter",
            }
            if path.name != "urls.py" and (empty or made) and path.parent.name != "sites":
                changing.append(f"{path.name}:{node.lineno}")

    assert changing == []
