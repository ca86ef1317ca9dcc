"""What is handed out: the source distribution, its description, and the two commands of README."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

import pytest
from markdown_it import MarkdownIt

from components import require

ROOT = Path(__file__).parents[2]
WINDOWS = re.compile(r"^    (?:\.venv\\Scripts\\)?python (.+)$", re.MULTILINE)
RECIPE = re.compile(r"^\t\$\(BIN\)/python (.+)$", re.MULTILINE)


class Source(NamedTuple):
    """A source distribution that was unpacked."""

    folder: Path
    names: set[str]
    about: Message


def built(target: str, root: Path, into: Path) -> Path:
    """Built by the build system that pyproject.toml names, without a network."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", target]
    subprocess.run([*command, "--directory", into], cwd=root, check=True, capture_output=True)
    (path,) = into.iterdir()
    return path


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    path = built("sdist", ROOT, tmp_path_factory.mktemp("sdist"))
    place = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(path) as archive:
        archive.extractall(place, filter="data")
    (folder,) = place.iterdir()
    files = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    return Source(folder, files, message_from_bytes((folder / "PKG-INFO").read_bytes()))


def ours() -> set[str]:
    """The files of this folder that are neither made nor left behind by a tool."""
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text().split()] + [".git"]
    tops = [path for path in ROOT.iterdir() if not any(path.match(pattern) for pattern in ignored)]
    files = [file for top in tops for file in (top.rglob("*") if top.is_dir() else [top])]
    paths = [file.relative_to(ROOT) for file in files if file.is_file()]
    return {
        path.as_posix()
        for path in paths
        if not any(Path(part).match(pattern) for part in path.parts for pattern in ignored)
    }


def test_the_source_distribution_has_every_file(source: Source) -> None:
    assert ours() - source.names == set()
    assert {"benchmarks/__main__.py", "binder/start", ".ci/run", "Makefile"} <= source.names


def test_the_source_distribution_makes_the_same_wheel(source: Source, tmp_path: Path) -> None:
    contents = []
    for name, root in (("from sdist", source.folder), ("from here", ROOT)):
        with ZipFile(built("wheel", root, tmp_path / name)) as wheel:
            contents.append({file.filename: file.CRC for file in wheel.infolist()})
    there, here = contents
    assert there == here
    assert "smtp_nb/py.typed" in there


def test_the_supported_pythons_are_named(source: Source) -> None:
    classifiers = source.about.get_all("Classifier", [])
    minors = [
        int(found[1])
        for line in classifiers
        if (found := re.fullmatch(r"Programming Language :: Python :: 3\.(\d+)", line))
    ]
    assert source.about["Requires-Python"] == f">=3.{minors[0]}"
    assert minors == list(range(minors[0], minors[-1] + 1))
    assert any(line.startswith("Development Status :: ") for line in classifiers)


# -- the description, on an index page ------------------------------------------------------------


def targets(markdown: str) -> Iterator[str]:
    """Where the links of a page lead, and where its pictures are."""
    for block in MarkdownIt("commonmark").enable("table").parse(markdown):
        for token in block.children or []:
            if target := token.attrGet("href") or token.attrGet("src"):
                yield str(target)


def test_the_description_is_readable_without_the_files_beside_it(source: Source) -> None:
    text = source.about.get_payload()
    assert isinstance(text, str)
    assert source.about["Description-Content-Type"] == "text/markdown"
    assert [found for found in targets(text) if not found.startswith("https:")] == []
    assert re.search(r"!?\[[^\]]*\]\(", text) is None  # no link that was half taken out
    words = re.findall(r"\w+", text)
    assert words[:6] == ["smtp_nb", "SMTP", "for", "notebooks", "a", "client"]
    assert "mail merge" in text  # words of a link


def described(readme: str, source: str) -> str:
    spec = spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return str(module.described(readme, source))


def test_links_and_pictures_are_absolute_once_the_project_has_an_address() -> None:
    home = "https://forge.test/smtp_nb"
    found = list(targets(described((ROOT / "README.md").read_text("utf-8"), home)))
    ways = [re.fullmatch(rf"{home}/(raw|blob)/HEAD/(.+)", target) for target in found]
    assert None not in ways
    assert [way[2] for way in ways if way and not (ROOT / way[2]).exists()] == []
    assert {way[1] for way in ways if way} == {"raw", "blob"}
    assert [way[2] for way in ways if way and way[1] == "raw"] == ["docs/images/trail.png"]


# -- the two commands, without make --------------------------------------------------------------


def without_make() -> list[list[str]]:
    """The arguments of Python in README, as Windows' shell divides them."""
    return [shlex.split(line) for line in WINDOWS.findall((ROOT / "README.md").read_text("utf-8"))]


def test_the_steps_without_make_are_those_of_make() -> None:
    made, *others = without_make()
    assert made[:2] == ["-m", "venv"]
    recipes = [shlex.split(line)[:2] for line in RECIPE.findall((ROOT / "Makefile").read_text())]
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "test" in extras["optional-dependencies"]
    for what, install, step in zip((".", ".[test]"), others[::2], others[1::2], strict=True):
        assert install == ["-m", "pip", "install", "--no-compile", "--editable", what]
        assert step in (*recipes, ["-m", "pytest", "tests"])


def test_the_steps_without_make_need_no_shell(tmp_path: Path) -> None:
    """Each program starts; what the demo and the tests then do is shown elsewhere."""
    made, install, demo, _, tests = without_make()
    venv.main([*made[2:-1], "--without-pip", str(tmp_path / made[-1])])
    scripts = "Scripts" if sys.platform == "win32" else "bin"
    assert list((tmp_path / made[-1] / scripts).glob("python*"))
    asked = ([*install[:2], "--version"], [*tests[:2], "--version"], [demo[0], "no such command"])
    endings = [
        subprocess.run([sys.executable, *step], cwd=ROOT, capture_output=True, text=True)
        for step in asked
    ]
    assert [ended.returncode for ended in endings] == [0, 0, 1]
    assert "KeyError: 'no such command'" in endings[-1].stderr


# -- the set-up by make ----------------------------------------------------------------------------


def planned(tmp_path: Path, *arguments: str, uv: bool = False, **variables: str) -> list[str]:
    """What make would do in a clone with nothing in it but what was made before."""
    (make,) = require("make").values()
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy2(ROOT / name, tmp_path)  # as old as it is: a stamp is made later
    programs = tmp_path / "programs"
    programs.mkdir(exist_ok=True)
    if uv:
        (programs / "uv").write_text("#!/bin/sh\n")
        (programs / "uv").chmod(0o755)
    env = {"PATH": f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin", **variables}
    ran = subprocess.run(
        [make, "--dry-run", *arguments], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def test_make_demo_installs_what_the_demo_imports_and_opens_nothing(tmp_path: Path) -> None:
    assert planned(tmp_path, "demo") == [
        "python3 -m venv .venv",
        "touch .venv/made",
        ".venv/bin/python -m pip install --quiet --no-compile --editable .",
        "touch .venv/installed",
        ".venv/bin/python notebooks/build.py demo",
    ]


def test_make_installs_with_uv_where_it_is_on_the_path(tmp_path: Path) -> None:
    made, _, install, *_ = planned(tmp_path, "demo", uv=True)
    program = tmp_path / "programs" / "uv"
    assert made == f"{program} venv --quiet --allow-existing --python python3 .venv"
    into = f"{program} pip install --quiet --python .venv/bin/python"
    assert install == f"{into} pip --editable ."


@pytest.mark.parametrize(
    ("before", "target", "stamp", "what"),
    [
        ("installed", "test", "installed-test,kerberos", "'.[test,kerberos]'"),
        ("installed-test,kerberos", "demo", "installed", "."),
        ("installed-test", "demo", "installed", "."),
        ("installed", "statements", "installed-statements", "'.[statements]'"),
    ],
)
def test_each_set_of_extras_is_installed_once_in_either_order(
    tmp_path: Path, before: str, target: str, stamp: str, what: str
) -> None:
    (tmp_path / ".venv").mkdir()
    for made in ("made", before):
        (tmp_path / ".venv" / made).touch()
    variables = {"EXTRAS": "test,kerberos"}
    steps = planned(tmp_path, target, **variables)
    assert [step for step in steps if "pip install" in step] == [
        f".venv/bin/python -m pip install --quiet --no-compile --editable {what}"
    ]
    (tmp_path / ".venv" / stamp).touch()
    assert [step for step in planned(tmp_path, target, **variables) if "install" in step] == []
