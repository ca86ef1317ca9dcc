"""The oldest versions of other packages that pyproject.toml allows.

`make test-lowest` runs it, after the rest: the packages come from the index.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.long, pytest.mark.timeout(3000)]
# Those that the package itself asks for; the others are for work on it.
EXTRAS = "cluster,dkim,excel,lessons,ntlm,oauth,statements"
# What the tests below are written with, in the newest versions that know narwhals 2.0.
TOOLS = (
    "pytest", "pytest-timeout", "hypothesis", "trustme", "beautifulsoup4", "polars", "pyarrow",
    "duckdb<1.4", "icalendar", "scramp", "psutil", "aiosmtplib", "altair<6",
    "vl-convert-python",
)  # fmt: skip
# Where packages of others are met: frames, templates, spreadsheets, certificates, logins, proxies.
CHOSEN = (
    "merge/templates", "merge/rows", "merge/results", "wire/certificates", "sasl", "client/oauth",
    "client/test_passwords.py", "client/test_certificates.py", "client/test_firewall.py",
    "classroom/relaying",
)  # fmt: skip


def run(*command: str | Path) -> None:
    env = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    ran = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout[-9000:] + ran.stderr[-3000:]


def test_everything_works_at_the_lower_bounds(tmp_path: Path) -> None:
    venv.create(tmp_path / "uv", with_pip=True)
    run(tmp_path / "uv" / "bin" / "python", "-m", "pip", "install", "--quiet", "uv")
    uv, python = tmp_path / "uv" / "bin" / "uv", tmp_path / "home" / "bin" / "python"
    run(uv, "venv", "--quiet", "--python", sys.executable, tmp_path / "home")
    install = (uv, "pip", "install", "--quiet", "--python", python)
    run(*install, "--resolution", "lowest-direct", "--editable", f".[{EXTRAS}]")
    run(*install, *TOOLS)  # which leave what is there as it is
    assert_lowest(python)
    # What old versions warn of is not ours to mend.
    options = ("-q", "-p", "no:cacheprovider", "-o", "filterwarnings=default")
    run(python, "-m", "pytest", *options, *(ROOT / "tests" / name for name in CHOSEN))


def assert_lowest(python: Path) -> None:
    """No other requirement has raised one of ours, so that it would not be tested."""
    listed = subprocess.run(
        [python, "-c", LIST], capture_output=True, text=True, check=True
    ).stdout.split()
    found = dict(line.split("==") for line in listed)
    for requirement in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "dependencies"
    ]:
        name, _, bound = requirement.partition(">=")
        version = found[name.partition("[")[0].lower().replace("_", "-")]
        assert version == bound or version.startswith((f"{bound}.0", f"{bound}.post")), requirement


LIST = """
from importlib.metadata import distributions
for one in distributions():
    print(f"{one.metadata['Name'].lower().replace('_', '-')}=={one.version}")
"""
