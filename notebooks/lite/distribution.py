"""Python for browsers: Pyodide, and the wheels of what the lessons import.

    python notebooks/lite/distribution.py DIRECTORY

Pyodide's own distribution lists hundreds of packages and fetches each from a CDN. Here it lists the
few that lie beside it, so nothing is fetched from elsewhere. Of these none is compiled: what is
(pandas, cryptography) has no wheels for browsers in the package index, and the lessons that need it
are left out.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from packaging.utils import canonicalize_name, parse_wheel_filename

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
# Fetched once; `build/` is not under version control.
PARTS = ROOT / "build" / "lite-parts"
KERNEL = Path(sys.prefix, "share/jupyter/labextensions/@jupyterlite/pyodide-kernel-extension")
# The rest of the npm package is for developers.
RUNTIME = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
LOCK = "pyodide-lock.json"

# In the versions that are installed here, with which the tests ran.
WHEELS = (
    # IPython, and what it imports
    "ipython", "ipython-pygments-lexers", "asttokens", "executing", "jedi",
    "matplotlib-inline", "parso", "prompt-toolkit", "pure-eval", "pygments", "stack-data",
    "traitlets", "typing-extensions", "wcwidth",
    # views
    "ipywidgets", "anywidget", "comm", "psygnal",
    # names beyond ASCII, and the DNS of lesson 11
    "idna", "dnspython",
    # what the kernel installs others with
    "packaging",
)  # fmt: skip
# Pure Python as well, but the package index has them as source alone.
SOURCES = ("dkimpy", "pyspf")
# Not one of our own; in the version that Pyodide lists.
INSTALLER = "micropip"
# Wheels that the kernel brings.
KERNEL_WHEELS = ("ipykernel", "piplite", "pyodide_kernel")


def lay_out(place: Path) -> list[str]:
    """Write Python for browsers into a folder, with this project as it stands.

    Returns:
        The names of all packages.
    """
    place.mkdir(parents=True)
    parts = fetched()
    pyodide = parts / "node_modules" / "pyodide"
    for name in RUNTIME:
        shutil.copy(pyodide / name, place)
    wheels = [*(parts / "wheels").glob("*.whl")]
    wheels += [path for name in KERNEL_WHEELS for path in KERNEL.glob(f"static/pypi/{name}-*.whl")]
    for wheel in wheels:
        shutil.copy(wheel, place)
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place), cwd=ROOT)
    packages = {entry["name"]: entry for entry in map(_entry, sorted(place.glob("*.whl")))}
    lock = json.loads((pyodide / LOCK).read_text("utf-8")) | {"packages": packages}
    (place / LOCK).write_text(json.dumps(lock, indent=1), "utf-8")
    return list(packages)


def fetched() -> Path:
    """The folder with Pyodide and others' wheels, fetched if it is not there or not the same.

    Made beside its place and renamed, for several may come at once.
    """
    pinned = (HERE / "package.json").read_text("utf-8")
    requirements = [f"{name}=={version(name)}" for name in (*WHEELS, *SOURCES)]
    wanted = "\n".join([pinned, *requirements])
    if (PARTS / "wanted").exists() and (PARTS / "wanted").read_text("utf-8") == wanted:
        return PARTS
    PARTS.parent.mkdir(exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=PARTS.parent, prefix="lite-"))
    (made / "package.json").write_text(pinned, "utf-8")
    quietly = ("--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts")
    run(shutil.which("npm") or "npm", "install", *quietly, cwd=made)
    _fetch_wheels(made, requirements)
    (made / "wanted").write_text(wanted, "utf-8")
    shutil.rmtree(PARTS, ignore_errors=True)
    try:
        os.rename(made, PARTS)
    except OSError:  # another was faster
        shutil.rmtree(made)
    return PARTS


def _fetch_wheels(made: Path, requirements: Sequence[str]) -> None:
    """The wheels that are ready, then those that are made here of their source."""
    listed = json.loads((made / "node_modules/pyodide" / LOCK).read_text("utf-8"))
    installer = f"{INSTALLER}=={listed['packages'][INSTALLER]['version']}"
    python = ".".join(listed["info"]["python"].split(".")[:2])
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    pure = ("--only-binary=:all:", "--platform=any", f"--python-version={python}")
    ready, sources = requirements[: len(WHEELS)], requirements[len(WHEELS) :]
    run(*pip, "download", "--no-deps", *pure, "--dest=wheels", installer, *ready, cwd=made)
    run(*pip, "wheel", "--no-deps", "--wheel-dir=wheels", *sources, cwd=made)


def _entry(wheel: Path) -> dict[str, Any]:
    """A package as Pyodide lists it. All are loaded together, so none names what it depends on."""
    name, number, _, _ = parse_wheel_filename(wheel.name)
    with ZipFile(wheel) as archive:
        tops = {path.partition("/")[0].removesuffix(".py") for path in archive.namelist()}
    return {
        "name": canonicalize_name(name),
        "version": str(number),
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": sorted(top for top in tops if top.isidentifier()),
        "depends": [],
        "unvendored_tests": False,
    }


def run(*command: str, cwd: Path) -> None:
    """Run a program that says nothing unless it fails."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    lay_out(Path(sys.argv[1]))
