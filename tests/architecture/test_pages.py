"""The pages about the project name what is there: paths, names, RFCs, states, rooms."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from generator import rfcs, states
from smtp_nb.classroom.lessons import PLANS
from smtp_nb.drivers import scripted
from smtp_nb.flows import intents
from smtp_nb.protocol.client import FALL_BACK, TRANSITIONS, ClientProtocol, ClientState

ROOT = Path(__file__).parents[2]
HOUSE = ("CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md")
PAGES = ("README.md", *HOUSE)
# Where a path may begin.
STARTS = (ROOT, ROOT / "smtp_nb", *(ROOT / f"smtp_nb/{room}" for room in ("merge", "client")))
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
PATH = re.compile(r"[\w.-]*/[\w./-]*|[\w-]+\.(?:py|md|csv|toml|ipynb)")
NAME = re.compile(r"(?:[A-Za-z_]\w*\.)*([A-Za-z_]\w*)(?:\(\))?=?")
UNDER_THE_FACE = {"check", "preview"}
MAKE = re.compile(r"(?:^    |`)make ([\w-]+)", re.MULTILINE)
SQLITES = "synchronous=FULL"
# Made where they stand: by a build, by a run, of the documentation itself.
BUILT = ("build/", "docs/conformance.md", "docs/rfcs.md")


def text_of(page: str) -> str:
    return FENCED.sub("", (ROOT / page).read_text("utf-8"))


def coded(page: str) -> list[str]:
    """What stands between backquotes, but for commands and patterns."""
    return sorted(
        {found for found in CODE.findall(text_of(page)) if not re.search(r"[\s<%]", found)}
    )


def defined() -> set[str]:
    """Every name of the package: modules, classes, functions, arguments, attributes."""
    found = {"smtp_nb", "__all__", "assert_never"}
    for path in [*(ROOT / "smtp_nb").rglob("*.py"), ROOT / "tests/play/stage.py"]:
        found |= {path.stem, path.parent.name}
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                    found.add(name)
                case ast.AsyncFunctionDef(name=name) | ast.arg(arg=name) | ast.Name(id=name):
                    found.add(name)
    return found


def paths_of(page: str) -> list[str]:
    return [text for text in coded(page) if PATH.fullmatch(text) and not text.startswith(BUILT)]


@pytest.mark.parametrize(("page", "path"), [(p, found) for p in PAGES for found in paths_of(p)])
def test_every_path_that_a_page_names_is_there(page: str, path: str) -> None:
    assert any((start / path).exists() for start in STARTS), f"{page} names {path}"


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    folder = (ROOT / page).parent
    targets = [folder / link for link in LINK.findall(text_of(page))]
    missing = [path for path in targets if not path.exists()]
    assert [p for p in missing if str(p.relative_to(ROOT)) not in BUILT] == []


@pytest.mark.parametrize("page", HOUSE)
def test_every_name_in_a_page_is_one_of_the_package(page: str) -> None:
    names = defined()
    others = [text for text in coded(page) if not PATH.fullmatch(text) and text != SQLITES]
    found = {text: NAME.fullmatch(text) for text in others}
    assert [text for text, match in found.items() if not match or match[1] not in names] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_target_of_make_that_a_page_names_is_in_the_makefile(page: str) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in MAKE.findall((ROOT / page).read_text("utf-8")):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("number", range(3))
def test_the_tables_of_rooms_have_the_order_of_the_import_contract(number: int) -> None:
    container = ("smtp_nb", "smtp_nb.merge", "smtp_nb.wire")[number]
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (contract,) = [
        contract
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract.get("containers") == [container]
    ]
    layers = [set(layer.split(" | ")) for layer in contract["layers"]]
    shown = [{Path(name).stem for name in CODE.findall(cell)} for cell in table_of_rooms(number)]
    assert shown == [layer for layer in layers if not layer & UNDER_THE_FACE]


def table_of_rooms(number: int) -> list[str]:
    """The first cells of one of the three tables of rooms."""
    section = text_of("docs/architecture.md").split("\n## ")[1]
    body = section.split("| room | what lives there |\n|---|---|\n")[number + 1]
    return re.findall(r"^\| ([^|]*) \|", body.split("\n\n")[0], re.MULTILINE)


def test_the_table_of_intents_has_all_of_them() -> None:
    section = text_of("docs/architecture.md").split("\n## Intents")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    named = {name for row in rows for name in CODE.findall(row)}
    assert named == {kind.__name__ for kind in intents.Intent.__args__}
    assert scripted.ScriptedDriver


def test_every_rfc_that_the_code_cites_has_a_title() -> None:
    assert rfcs.cited().keys() <= rfcs.known_titles().keys()
    assert rfcs.rfcs().count("\n| RFC") == len(rfcs.cited()) + 1  # and the head


# -- teaching ---------------------------------------------------------------------------------


def test_the_table_of_lessons_says_what_their_plans_say() -> None:
    page = (ROOT / "docs/teaching/index.md").read_text("utf-8")
    shown = re.findall(r"^\| (\d+) \| (.+) \| (\d+) \| \[plan\]\((\d\d)-", page, re.MULTILINE)
    plans = PLANS.values()
    assert shown == [
        (str(one.number), one.title, str(one.minutes), f"{one.number:02}") for one in plans
    ]


def test_every_page_of_teaching_is_in_one_list_of_the_site() -> None:
    lists = re.compile(r"^```\{toctree\}\n(.*?)^```", re.MULTILINE | re.DOTALL)
    listed: list[Path] = []
    for page in ("docs/index.md", "docs/teaching/index.md"):
        folder = (ROOT / page).parent
        for body in lists.findall((ROOT / page).read_text("utf-8")):
            lines = [line for line in body.splitlines() if not line.startswith(":")]
            listed += [folder / f"{line}.md" for line in lines]
    folder = ROOT / "docs/teaching"
    pages = sorted([*folder.glob("*.md"), folder / "replies.md"])  # which is generated
    assert sorted(path for path in listed if path.parent.name == "teaching") == pages
    assert len(listed) == len(set(listed))


# -- the diagram ------------------------------------------------------------------------------


def test_every_arrow_of_the_diagram_is_in_the_table() -> None:
    drawn = states.arrows()
    assert drawn.pop((ClientState.CONNECTED, ClientState.GREETED)) == ["220 banner"]
    for (before, after), verbs in drawn.items():
        for verb in verbs:
            fits, leads = TRANSITIONS[verb]
            assert before in fits
            assert (leads or before) is after


def test_every_way_of_the_table_is_drawn_or_said_to_fit_everywhere() -> None:
    drawn = states.arrows()
    for verb, (fits, after) in TRANSITIONS.items():
        if after is not None and verb not in states.EVERYWHERE:
            assert all(verb in drawn[before, after] for before in fits)


def test_a_dashed_arrow_is_a_way_back_that_only_a_reply_opens() -> None:
    for before, after in states.ways_back():
        assert any(TRANSITIONS[v][1] is before and to is after for v, to in FALL_BACK.items())


def test_the_banner_leads_where_the_diagram_says() -> None:
    client = ClientProtocol()
    client.receive_data(b"220 mx.test\r\n")
    client.next_reply()
    assert client.state is ClientState.GREETED


def test_the_picture_holds_every_state_and_every_arrow() -> None:
    picture = states.diagram()
    assert picture.count("<polygon") == len(states.arrows()) + len(states.ways_back())
    assert all(f">{state.name}</text>" in picture for state in ClientState)


def test_a_page_without_its_marker_is_an_error() -> None:
    with pytest.raises(ValueError, match="generated: state diagram"):
        states.illustrated("# Architecture")
