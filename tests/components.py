"""The programs of the system that some tests need."""

from __future__ import annotations

import os
import shutil
from glob import glob

import pytest

# Debian keeps daemons where the PATH of a plain user does not look, and `.ci/run` unpacks Exim into
# a place of its own. PostgreSQL's programs have a directory for each version.
SEARCH_PATH = os.pathsep.join(
    [
        os.environ.get("PATH", os.defpath),
        "/usr/sbin",
        "/usr/local/sbin",
        "/opt/exim4/usr/sbin",
        *sorted(glob("/usr/lib/postgresql/*/bin"), reverse=True),
    ]
)


def require(*programs: str, root: bool = False) -> dict[str, str]:
    """Find programs, or skip the test with the reason (CI makes a failure of that).

    Args:
        root: True if they can be started by root alone.

    Returns:
        The path of each program, by its name.
    """
    paths = find(*programs)
    missing = [name for name in programs if name not in paths]
    if missing:
        pytest.skip(f"not installed here: {', '.join(missing)}")
    if root and (not hasattr(os, "geteuid") or os.geteuid() != 0):
        pytest.skip(f"only root can start {', '.join(programs)}")
    return paths


def find(*programs: str) -> dict[str, str]:
    """The path of each program that is there, by its name."""
    paths = {name: shutil.which(name, path=SEARCH_PATH) for name in programs}
    return {name: path for name, path in paths.items() if path is not None}
