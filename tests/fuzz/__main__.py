"""Coverage-guided fuzzing with Atheris (libFuzzer for Python).

    python -m fuzz [--seconds 60] [--together] [NAME …]     in tests/; `make fuzz` does it

Each target gets a process of its own, and so many seconds; `--together` gives them one process,
which is less to start. What breaks a target is written to build/fuzz/. Put the file into
tests/fuzz/found/ as `TARGET-what`, and mend the parser.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).parent.parent
BUILD = TESTS.parent / "build" / "fuzz"
sys.path.insert(0, str(TESTS))


def main() -> int:
    parser = argparse.ArgumentParser(prog="fuzz")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--together", action="store_true")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("names", nargs="*")
    asked = parser.parse_args()
    if asked.one is not None:
        fuzz(asked.one, asked.seconds)
    from fuzz.targets import TARGETS

    names = [""] if asked.together else asked.names or [target.name for target in TARGETS]
    return max(_in_a_process(name, asked.seconds) for name in names)


def _in_a_process(name: str, seconds: int) -> int:
    """libFuzzer never comes back, so it gets a process of its own."""
    print(f"fuzzing {name or 'all targets'} for {seconds} s", flush=True)
    command = [sys.executable, "-m", "fuzz", "--one", name, "--seconds", str(seconds)]
    return subprocess.run(command, cwd=TESTS, check=False).returncode


def fuzz(name: str, seconds: int) -> None:
    """Fuzz one target, or all of them by the first octet; does not return."""
    import atheris

    with atheris.instrument_imports(include=["smtp_nb", "fuzz.targets", "socks", "h11"]):
        from fuzz.targets import TARGETS

    targets = [target for target in TARGETS if name in ("", target.name)]

    def run(data: bytes) -> None:
        if data:
            targets[data[0] % len(targets)].run(data[1:])

    BUILD.mkdir(parents=True, exist_ok=True)
    corpus = Path(tempfile.mkdtemp(prefix="smtp_nb-fuzz-"))
    for number, target in enumerate(targets):
        for place, seed in enumerate(target.seeds):
            (corpus / f"{target.name}-{place}").write_bytes(bytes([number]) + seed)
    options = [f"-max_total_time={seconds}", "-max_len=4096", "-timeout=20", "-verbosity=0"]
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={BUILD}/{name}-", str(corpus)], run)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
