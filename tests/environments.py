"""Environments of their own, for what must not share the packages of the tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def environment(place: Path, packages: tuple[str, ...]) -> Path:
    """An environment with these and with this package. Returns where its programs are."""
    subprocess.run([sys.executable, "-m", "venv", place], check=True)
    programs = place / ("Scripts" if os.name == "nt" else "bin")
    install = [programs / "python", "-m", "pip", "install", "--quiet", *packages, "-e", ROOT]
    subprocess.run(install, check=True)
    return programs
