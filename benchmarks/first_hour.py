"""What `make demo` costs a newcomer, in a clone with nothing in it and an empty home.

    python -m benchmarks.first_hour [--only uv] [--repeat 3]

With pip alone and with uv on the PATH; no cache is warm. The processor's time counts, that of every
process which `make` starts: how long it takes depends on the network too. Where many files were
deleted in the last minutes, ext4 takes longer to make new ones: set another TMPDIR then.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import NamedTuple

from benchmarks.race import ROOT

INSTALLERS = ("pip", "uv")


class Cost(NamedTuple):
    """Seconds of a run, and what it left on the disk."""

    user_s: float
    system_s: float
    wall_s: float
    megabytes: float

    def __str__(self) -> str:
        cpu = self.user_s + self.system_s
        return (
            f"{cpu:.1f} s of CPU ({self.user_s:.1f} user, {self.system_s:.1f} system), "
            f"{self.wall_s:.0f} s, {self.megabytes:.0f} MB"
        )


def clone(target: Path) -> None:
    """The tracked files as they stand here."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes((ROOT / name).read_bytes())


def program_uv(folder: Path) -> Path:
    """uv in an environment of its own, whose making is not measured."""
    venv.create(folder, with_pip=True)
    install = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "uv"]
    subprocess.run(install, check=True)
    return folder / "bin" / "uv"


def demo(installer: str) -> Cost:
    """Run it once."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        here, home, programs = (folder / part for part in ("clone", "home", "programs"))
        for made in (here, home, programs):
            made.mkdir()
        clone(here)
        if installer == "uv":
            (programs / "uv").symlink_to(program_uv(folder / "uv"))
        # The interpreter that runs this, and none of its packages.
        python = Path(sys.base_prefix) / "bin" / "python3"
        kept = {
            key: os.environ[key] for key in os.environ if key.startswith(("PIP_", "UV_", "SSL_"))
        }
        env = {"HOME": str(home), "PATH": f"{programs}:/usr/bin:/bin", "LANG": "C.UTF-8", **kept}
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(["make", f"PYTHON={python}", "demo"], cwd=here, env=env, check=True)
        wall = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        size = sum(path.lstat().st_size for path in (here / ".venv").rglob("*"))
        return Cost(
            after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime, wall, size / 1e6
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=INSTALLERS)
    parser.add_argument("--repeat", type=int, default=1)
    options = parser.parse_args()
    for installer in [options.only] if options.only else INSTALLERS:
        costs = [demo(installer) for _ in range(options.repeat)]
        for cost in costs:
            print(f"make demo with {installer}: {cost}", flush=True)


if __name__ == "__main__":
    main()
