"""What is handed out: the source distribution, its description, and the two commands of README."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tarfile
import tomllib
import venv
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
WINDOWS = re.compile(r"^    (?:\.venv\\Scripts\\)?python (.+)$", re.MULTILINE)
RECIPE = re.compile(r"^\t\$\((?:BIN\)/python|(PYTEST)\)) (.+)$", re.MULTILINE)


class Source(NamedTuple):
    """A source distribution that was unpacked."""

    names: set[str]
    about: Message


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """Built by the build system that pyproject.toml names, without a network."""
    target = tmp_path_factory.mktemp("sdist")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "sdist"]
    subprocess.run([*command, "--directory", target], cwd=ROOT, check=True, capture_output=True)
    (path,) = target.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
        (about,) = [name for name in archive.getnames() if name.endswith("/PKG-INFO")]
        file = archive.extractfile(about)
        assert file is not None
        return Source(names, message_from_bytes(file.read()))


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


# -- the two commands, without make --------------------------------------------------------------


def without_make() -> list[list[str]]:
    """The arguments of Python in README, as Windows' shell divides them."""
    return [shlex.split(line) for line in WINDOWS.findall((ROOT / "README.md").read_text("utf-8"))]


def test_the_steps_without_make_are_those_of_make() -> None:
    steps = without_make()
    assert [step[:2] for step in steps[:2]] == [["-m", "venv"], ["-m", "pip"]]
    recipes = [shlex.split(line)[:2] for _, line in RECIPE.findall((ROOT / "Makefile").read_text())]
    assert steps[2] in recipes
    assert steps[3] == ["-m", "pytest", "tests"]
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = re.fullmatch(r"\.\[(\w+)\]", steps[1][-1])
    assert wanted is not None
    assert wanted[1] in extras["optional-dependencies"]


def test_the_steps_without_make_need_no_shell(tmp_path: Path) -> None:
    """Each program starts; what the demo and the tests then do is shown elsewhere."""
    made, install, demo, tests = without_make()
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
