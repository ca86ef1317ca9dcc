"""One name for one thing, and files that a reader can hold in the head."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from smtp_nb import errors, merge
from smtp_nb.model.enums import AuthMechanism
from smtp_nb.sasl.server.server import KNOWN_NAMES

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "smtp_nb"
TESTS = ROOT / "tests"
MODULES = sorted(PACKAGE.rglob("*.py"))
TREES = {
    path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text("utf-8")) for path in MODULES
}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def nodes(*kinds: type[ast.AST]) -> Iterator[tuple[str, ast.AST]]:
    """Every node of these kinds, with the name of its file."""
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, kinds):
                yield name, node


def test_no_class_name_is_defined_twice() -> None:
    homes = defaultdict(list)
    for name, node in nodes(ast.ClassDef):
        homes[node.name].append(name)
    assert {name: found for name, found in homes.items() if len(found) > 1} == {}


# -- what fits into a head ------------------------------------------------------------------------


def lines_of(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def body_lines(function: Function) -> int:
    """The lines of a function without its head and its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_half_of_the_files_are_short_and_none_is_long() -> None:
    sizes = {path.relative_to(PACKAGE).as_posix(): lines_of(path) for path in MODULES}
    assert median(sizes.values()) <= 150
    assert {name: size for name, size in sizes.items() if size > 400} == {}


def test_no_file_of_tests_is_long() -> None:
    sizes = {path.relative_to(ROOT).as_posix(): lines_of(path) for path in TESTS.rglob("*.py")}
    assert {name: size for name, size in sizes.items() if size > 400} == {}


def test_half_of_the_functions_are_a_few_lines() -> None:
    sizes = [body_lines(node) for _, node in nodes(ast.FunctionDef, ast.AsyncFunctionDef)]
    assert median(sizes) <= 4


def test_a_folder_holds_what_one_look_takes_in() -> None:
    sizes = Counter(path.parent.relative_to(PACKAGE).as_posix() for path in MODULES)
    assert {name: size for name, size in sizes.items() if size > 20} == {}


# -- where a stranger looks -----------------------------------------------------------------------


def test_the_tests_of_a_module_are_where_the_module_is() -> None:
    """`tests/x/y/test_z.py` is about `smtp_nb/x/y/z.py`, if the room has a module of that name."""
    homes = defaultdict(set)
    for path in MODULES:
        place = path.relative_to(PACKAGE)
        homes[place.parts[0], path.stem].add(place.parent)
    lost = {}
    for path in TESTS.rglob("test_*.py"):
        place = path.relative_to(TESTS)
        mirrored = homes[place.parts[0], path.stem.removeprefix("test_")]
        if mirrored and place.parent not in mirrored:
            lost[place.as_posix()] = sorted(map(str, mirrored))
    assert lost == {}


def test_the_chain_of_a_row_names_what_is_there() -> None:
    links = re.findall(r"(?m)^ +(?:-> )?(\w+) +(\w+/\w+) ", merge.__doc__)
    assert len(links) == 10
    for name, place in links:
        room = PACKAGE / ("flows" if place.startswith("delivering/") else "merge")
        assert re.search(rf"\b{name}\b", (room / f"{place}.py").read_text("utf-8")), name


# -- how an error begins --------------------------------------------------------------------------

ERRORS = {
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.SMTPError)
}
# A word as it begins a sentence. Names keep their capitals: RCPT, SSLCert, IPv6, and these.
CAPITALISED = re.compile(r"[A-Z][a-z']*(?=[ ,.:]|$)")
PROPER = ("Kerberos", "Python", "Google", "Microsoft", "Windows")
# What these are given is a title: a check of the doctor, an event of the reference.
TITLED = ("_note", "status", "notice")


def label_places() -> dict[str, int]:
    """The functions that are given the subject of an error as `what`, and at which place."""
    found = {}
    for _, node in nodes(ast.FunctionDef):
        names = [argument.arg for argument in node.args.args if argument.arg != "self"]
        if "what" in names and node.name not in (*TITLED, "__init__"):
            found[node.name] = names.index("what")
    return found


def beginning(node: ast.expr) -> str:
    """How a text begins, as far as the code tells."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=[first, *_]):
            return beginning(first)
        case ast.BinOp(left=first) | ast.IfExp(body=first):
            return beginning(first)
    return ""


def texts_of(call: ast.Call, is_raised: bool, labels: dict[str, int]) -> list[ast.expr]:
    """Those arguments of a call that begin the text of an error."""
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    texts = call.args[:1] if is_raised or name in ERRORS else []
    if name in labels:
        texts = [*texts, *call.args[labels[name] : labels[name] + 1]]
    return [*texts, *(k.value for k in call.keywords if k.arg in ("description", "what"))]


def test_an_error_begins_in_lower_case() -> None:
    """It stands behind its number: `[163] there is no mail server. Set mail_server`."""
    raised = {id(node.exc) for _, node in nodes(ast.Raise)}
    labels, wrong = label_places(), []
    for name, call in nodes(ast.Call):
        for node in texts_of(call, id(call) in raised, labels):
            text = beginning(node)
            if CAPITALISED.match(text) and not text.startswith(PROPER):
                wrong.append(f"{name}:{node.lineno}: {text}")
    assert wrong == []


# -- one fact in one place ------------------------------------------------------------------------


def test_what_a_mechanism_is_stands_in_the_room_of_logins_alone() -> None:
    """A new mechanism is a member of the enumeration, a row, and its own file."""
    several = {"USER_PASSWORD", "AUTO", "APOP"}
    members = {f"AuthMechanism.{kind.name}" for kind in AuthMechanism if kind.name not in several}
    found = defaultdict(set)
    for name, node in nodes(ast.Constant, ast.Attribute):
        if isinstance(node, ast.Constant) and node.value in KNOWN_NAMES:
            found[name].add(node.value)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in members:
            found[name].add(node.attr)
    assert {name: words for name, words in found.items() if not name.startswith("sasl/")} == {}
