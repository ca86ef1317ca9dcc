"""Judges in JavaScript: mailparser and postal-mime read what is on the wire, axe-core our pages."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
# Installed once; `build/` is not under version control.
CACHE = HERE.parent.parent / "build" / "judges"
PROGRAMS = ("node", "npm")
NAMES = ("mailparser", "postal")


class Judges:
    """Reads messages with all judges, a batch at a time."""

    def __init__(self, node: str, npm: str) -> None:
        self._node = node
        self._home = _installed(npm)

    @property
    def axe(self) -> Path:
        """The script that judges whether a page is accessible."""
        return self.modules / "axe-core" / "axe.min.js"

    @property
    def modules(self) -> Path:
        """Where Node.js finds what is installed."""
        return self._home / "node_modules"

    def read(self, messages: Sequence[bytes]) -> list[dict[str, dict[str, Any]]]:
        """What each judge reads in each message."""
        batch = json.dumps([b64encode(message).decode() for message in messages])
        done = subprocess.run(
            [self._node, "read.mjs"],
            cwd=self._home,
            input=batch.encode(),
            capture_output=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        found: list[dict[str, dict[str, Any]]] = json.loads(done.stdout)
        return found


def _installed(npm: str) -> Path:
    """Where the judges are. Made beside and renamed, for several workers may come at once."""
    wanted = [(HERE / name).read_bytes() for name in ("package.json", "read.mjs")]
    there = [CACHE / "package.json", CACHE / "read.mjs"]
    if all(path.exists() for path in there) and [path.read_bytes() for path in there] == wanted:
        return CACHE
    CACHE.parent.mkdir(exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=CACHE.parent, prefix="judges-"))
    for name in ("package.json", "read.mjs"):
        shutil.copy(HERE / name, made)
    command = [npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
    done = subprocess.run(command, cwd=made, capture_output=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr.decode()
    shutil.rmtree(CACHE, ignore_errors=True)
    try:
        os.rename(made, CACHE)
    except OSError:  # another worker was faster
        shutil.rmtree(made)
    return CACHE
