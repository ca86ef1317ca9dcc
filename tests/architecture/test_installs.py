"""Installed as others install it: alone on each Python, and without make.

Each in an environment of its own, made by uv; the packages come from the index, so it takes long.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
EXAMPLE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
STEP = re.compile(r"^    (\.venv\\Scripts\\)?python (.+)$", re.MULTILINE)
pytestmark = [pytest.mark.long, pytest.mark.timeout(3000)]
Uv = Callable[..., str]


def output_of(*command: str | Path, cwd: Path) -> str:
    # An environment of the outside is not to be installed into, nor its Python taken.
    env = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    ran = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout[-9000:] + ran.stderr[-3000:]
    return ran.stdout


@pytest.fixture(scope="module")
def uv(tmp_path_factory: pytest.TempPathFactory) -> Uv:
    home = tmp_path_factory.mktemp("uv")
    venv.create(home, with_pip=True)
    output_of(home / "bin" / "python", "-m", "pip", "install", "--quiet", "uv", cwd=home)
    return lambda *arguments: output_of(home / "bin" / "uv", *arguments, cwd=ROOT)


def environment(uv: Uv, place: Path, python: str = sys.executable) -> Path:
    """The Python of a new environment."""
    uv("venv", "--quiet", "--python", python, str(place))
    return place / "bin" / "python"


def pythons() -> list[str]:
    """The interpreters of this machine that we support, one of each minor version."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = {}
    for minor in range(11, 15):
        named = [str(path) for path in root.glob(f"versions/3.{minor}.*/bin/python3.{minor}")]
        named += filter(None, [shutil.which(f"python3.{minor}")])
        for path in named:
            works = subprocess.run([path, "-c", "import ssl, sqlite3"], capture_output=True)
            if works.returncode == 0:
                found[minor] = path
    return list(found.values()) or [sys.executable]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    build = (sys.executable, "-m", "hatchling", "build", "--target", "wheel")
    output_of(*build, "--directory", target, cwd=ROOT)
    (path,) = target.glob("*.whl")
    return path


@pytest.mark.parametrize("python", pythons(), ids=lambda path: Path(path).name)
def test_the_wheel_alone_runs_the_examples_of_the_readme(
    uv: Uv, wheel: Path, tmp_path: Path, python: str
) -> None:
    program = environment(uv, tmp_path / "home", python)
    uv("pip", "install", "--quiet", "--python", str(program), str(wheel))
    script = tmp_path / "readme.py"
    script.write_text("\n".join(EXAMPLE.findall(README)), "utf-8")
    printed = output_of(program, "-W", "error", script, cwd=tmp_path)
    assert printed.count("ACCEPTED") >= 3


def test_the_steps_without_make_make_the_demo_and_run_the_tests(tmp_path: Path) -> None:
    """Those of the README, in an unpacked source distribution; of the tests, one file."""
    build = (sys.executable, "-m", "hatchling", "build", "--target", "sdist")
    output_of(*build, "--directory", tmp_path, cwd=ROOT)
    (path,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        archive.extractall(tmp_path, filter="data")
    folder = tmp_path / path.name.removesuffix(".tar.gz")
    printed = ""
    for inside, line in STEP.findall(README):
        program = folder / ".venv" / "bin" / "python" if inside else Path(sys.executable)
        step = [part if part != "tests" else "tests/test_ambient.py" for part in shlex.split(line)]
        printed += output_of(program, *step, cwd=folder)
    assert str(folder / "build" / "quickstart.html") in printed
    assert re.search(r"\d+ passed", printed)
