"""The folder binder/ makes what it promises: an environment, and the notebooks opened in it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BINDER = ROOT / "binder"
PACKAGE = ROOT / "smtp_nb"


def output_of(*command: str | Path, cwd: Path = ROOT) -> str:
    run = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new environment, made from the files of binder/ and nothing else."""
    home = tmp_path_factory.mktemp("binder")
    venv.create(home, with_pip=True)
    programs = home / "bin"
    requirements = BINDER / "requirements.txt"
    output_of(programs / "python", "-m", "pip", "install", "--no-compile", "-r", requirements)
    return programs


@pytest.mark.long
def test_package_works_in_the_environment(environment: Path, tmp_path: Path) -> None:
    """And it is the installed one, with all that the widgets and type checkers need."""
    code = "import smtp_nb.notebook, smtp_nb; from smtp_nb import SMTP; print(smtp_nb.__path__[0])"
    installed = Path(output_of(environment / "python", "-c", code, cwd=tmp_path).strip())
    assert installed.is_relative_to(environment.parent)
    assets = [path for path in PACKAGE.rglob("*") if path.suffix in {".js", ".css", ".typed"}]
    assert assets
    assert [path for path in assets if not (installed / path.relative_to(PACKAGE)).exists()] == []


@pytest.mark.long
def test_lab_opens_on_notebooks_that_exist(environment: Path) -> None:
    command = [BINDER / "start", environment / "jupyter", "lab", "--show-config-json"]
    opened = json.loads(output_of(*command))["ServerApp"]["default_url"]
    folder = re.fullmatch("/lab/tree/(.+)", opened)
    assert folder is not None
    assert list((ROOT / folder[1]).glob("*.ipynb"))


def test_python_is_the_newest_that_is_supported() -> None:
    """Without the file the environment gets a Python that is older than we need."""
    minor = re.fullmatch(r"python-3\.(\d+)", (BINDER / "runtime.txt").read_text().strip())
    about = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["classifiers"]
    named = [re.fullmatch(r"Programming Language :: Python :: 3\.(\d+)", line) for line in about]
    assert minor is not None
    assert int(minor[1]) == max(int(found[1]) for found in named if found)


def test_repo2docker_reads_the_folder_as_it_is_meant() -> None:
    """What binder runs itself, up to the image: the folder is there before it is installed."""
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", ROOT]
    planned = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert planned.returncode == 0, planned.stderr
    version = (BINDER / "runtime.txt").read_text().strip().removeprefix("python-")
    assert f"Building conda environment for python={version}" in planned.stderr
    copied = "COPY --chown=0:0 src/ ${REPO_DIR}/"
    installed = r"RUN \S+/pip install [\w -]+ \"binder/requirements.txt\""
    started = 'ENV R2D_ENTRYPOINT="${REPO_DIR}/binder/start"'
    steps = f"{re.escape(copied)}.*{installed}.*{re.escape(started)}"
    assert re.search(steps, planned.stdout, re.DOTALL)
