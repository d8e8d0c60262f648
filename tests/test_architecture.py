"""The rules that hold the code together, checked on its text: directions, owners, sizes."""

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("accounts", "api", "lab", "project")
MOST_LINES = 300
MOST_LINES_OF_A_FUNCTION = 40
# They say where something is kept, not what it is.
VAGUE = {"utils", "util", "helpers", "helper", "services", "common", "misc", "manager", "managers"}

COOKIE_READ = re.compile(r"\.COOKIES\b")
COOKIE_CALL = re.compile(r"\.(set_cookie|set_signed_cookie|delete_cookie)\(")
# What would run a string as script or markup; Trusted Types refuse it at run time as well.
HTML_SINK = re.compile(
    r"\b(innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|setHTMLUnsafe)\b"
    r"|\bdocument\.write|\beval\(|\bnew Function\(",
    re.IGNORECASE,
)
# Each is refused by the Content Security Policy, silently for whoever wrote it.
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)[^>]*>|<style\b|<[a-z][^>]*\s(on[a-z]+|style)\s*=", re.IGNORECASE
)
STYLE_FROM_SCRIPT = re.compile(r"""setAttribute\(\s*["'](style|on[a-z]+)["']""", re.IGNORECASE)
# A finding of mypy that is set aside without a reason; what middleware adds to a request has one.
UNEXPLAINED = re.compile(
    r"# type: ignore(?!\[attr-defined\]$)(?!\[[a-z-]+\]  # \w).*", re.MULTILINE
)
# Which template syntax could write text unescaped.
UNESCAPED = re.compile(r"\|\s*safe\b|{%\s*autoescape\s+off|\bmark_safe\b")
# What browsers take for a line of text, without anybody having said so.
UNTYPED = re.compile(r"<input(?![^>]*\stype=)[^>]*>", re.IGNORECASE)
TEMPLATE_NOISE = re.compile(r"{#.*?#}|{%\s*comment.*?endcomment\s*%}|<!--.*?-->", re.DOTALL)


def sources(folder: str, *suffixes: str) -> list[Path]:
    """Our own files below this folder, written by hand."""
    found = (path for path in (ROOT / folder).rglob("*") if path.suffix in suffixes)
    return sorted(path for path in found if "migrations" not in path.parts)


def python() -> list[Path]:
    """The modules of our packages, but for their tests."""
    found = (path for package in PACKAGES for path in sources(package, ".py"))
    return [path for path in found if "tests" not in path.parts[len(ROOT.parts) :]]


def scripts() -> list[Path]:
    """What pages load: this site's and the package's."""
    return [*sources("static", ".js"), *sources("accounts/static", ".js")]


def modules_of_tests() -> list[Path]:
    return [*sources("tests", ".py"), *sources("accounts/tests", ".py")]


def hits(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    """Where the pattern occurs, as `path:line: text`; comments in templates do not count."""
    found = []
    for path in paths:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".html":
            # The same number of lines, so that the numbers below stay right.
            text = TEMPLATE_NOISE.sub(lambda noise: "\n" * noise[0].count("\n"), text)
        for match in pattern.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            found.append(f"{path.relative_to(ROOT)}:{line}: {match[0]}")
    return found


def test_imports_run_one_way_and_each_library_has_its_owner() -> None:
    """The contracts in pyproject.toml hold: layers, the lab, the token libraries."""
    # A process of its own: the linter silences every logger of the one it runs in.
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout


def test_only_the_cookies_module_writes_cookies() -> None:
    """A cookie with the wrong attributes can be written in one place alone."""
    # The lab has cookies of its own, each with a mark in its name.
    owners = {ROOT / "accounts" / "web" / "cookies.py", ROOT / "lab" / "jar.py"}
    elsewhere = [path for path in python() if path not in owners]

    assert hits(COOKIE_CALL, elsewhere) == []


def test_only_the_cookies_module_reads_token_cookies() -> None:
    """Whoever reads a cookie elsewhere reads another one, or puts the jar in order first."""
    owners = ("cookies.py", "middleware.py", "csrf.py")
    elsewhere = [path for path in sources("accounts", ".py") if path.name not in owners]
    api = sources("api", ".py")

    assert hits(COOKIE_READ, [*elsewhere, *api, *sources("project", ".py")]) == []


def test_package_works_under_any_name() -> None:
    """Nothing in it says where it stands: no import by its full name, no such name in a text."""
    found = []
    for path in sorted((ROOT / "accounts").rglob("*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        prose = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
        for node in ast.walk(module):
            if names_the_package(node) and id(node) not in prose:
                found.append(f"{path.relative_to(ROOT)}: {ast.unparse(node)}")

    assert found == []


def names_the_package(node: ast.AST) -> bool:
    """Return whether this import or text names code of `accounts` from the top."""
    if isinstance(node, ast.Import):
        return any(alias.name.split(".")[0] == "accounts" for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return not node.level and (node.module or "").split(".")[0] == "accounts"
    text = node.value if isinstance(node, ast.Constant) else ""
    return isinstance(text, str) and bool(re.search(r"\baccounts\.[A-Za-z_]", text))


def test_every_module_can_be_read_in_one_sitting() -> None:
    """A longer one is a design question: it owns more than one thing."""
    paths = [*python(), *scripts(), *sources("static", ".css")]
    sizes = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in paths}

    assert {str(path.relative_to(ROOT)): n for path, n in sizes.items() if n > MOST_LINES} == {}


def test_every_function_fits_on_a_screen() -> None:
    """A longer one does more than its name says."""
    long = []
    for path in [*python(), *sources("tools", ".py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > MOST_LINES_OF_A_FUNCTION:
                    long.append(f"{path.relative_to(ROOT)}: {node.name}: {lines}")

    assert long == []


def test_every_module_is_named_for_its_subject() -> None:
    """A drawer for odds and ends has no owner."""
    paths = [
        *python(),
        *sources("tools", ".py"),
        *modules_of_tests(),
        *scripts(),
    ]

    assert [str(path) for path in paths if VAGUE & {path.stem, path.parent.name}] == []


def test_every_finding_set_aside_has_its_reason() -> None:
    """Whoever reads `type: ignore` reads why beside it."""
    assert hits(UNEXPLAINED, [*python(), *sources("tools", ".py")]) == []


def test_every_module_says_what_it_owns() -> None:
    """Each Python module with code in it begins with a docstring."""
    silent = []
    for path in [*python(), *sources("tools", ".py"), *modules_of_tests()]:
        module = ast.parse(path.read_text(encoding="utf-8"))
        if module.body and not ast.get_docstring(module):
            silent.append(str(path.relative_to(ROOT)))

    assert silent == []


def test_every_test_says_what_it_shows() -> None:
    """Tests are the specification: each has a sentence beside its name."""
    silent = []
    for path in modules_of_tests():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_test = isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
            if is_test and not ast.get_docstring(node):
                silent.append(f"{path.relative_to(ROOT)}: {node.name}")

    assert silent == []


def test_no_script_turns_text_into_markup() -> None:
    """Text becomes text: no HTML sink in scripts or templates."""
    paths = [*scripts(), *sources("templates", ".html")]

    assert hits(HTML_SINK, paths) == []
    assert hits(STYLE_FROM_SCRIPT, paths) == []


def test_no_page_has_script_or_style_inline() -> None:
    """The Content Security Policy has no exception for inline code, so there is none."""
    assert hits(INLINE, sources("templates", ".html")) == []


def test_nothing_switches_off_escaping() -> None:
    """No template or module writes text to a page unescaped."""
    assert hits(UNESCAPED, [*sources("templates", ".html"), *python()]) == []


def test_every_input_says_its_type() -> None:
    """A field that has lost its type looks the same, and takes anything."""
    assert hits(UNTYPED, sources("templates", ".html")) == []
