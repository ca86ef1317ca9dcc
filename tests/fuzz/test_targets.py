"""No octets break a parser: what was found once, what Hypothesis makes up, and what coverage leads
to. `make fuzz` goes on for longer."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.targets import TARGETS, Target

FOUND = Path(__file__).parent / "found"
# It has no wheels for every Python and system; where it is missing there is one test less.
HAS_ATHERIS = find_spec("atheris") is not None


def mutated(seeds: tuple[bytes, ...]) -> st.SearchStrategy[bytes]:
    """Seeds with a piece of them replaced by other octets."""

    def replace(seed: bytes, at: int, length: int, octets: bytes) -> bytes:
        at %= len(seed) + 1
        return seed[:at] + octets + seed[at + length :]

    return st.builds(
        replace, st.sampled_from(seeds), st.integers(0, 4096), st.integers(0, 16), st.binary()
    )


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_good_input_is_read(target: Target):
    for seed in target.seeds:
        target.run(seed)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_no_octets_break_it(target: Target):
    @settings(max_examples=150)
    @given(st.one_of(st.binary(), mutated(target.seeds)))
    def attack(data: bytes) -> None:
        target.run(data)

    attack()


@pytest.mark.parametrize("path", sorted(FOUND.iterdir()), ids=lambda path: path.name)
def test_what_broke_one_once_breaks_it_no_more(path: Path):
    (target,) = (target for target in TARGETS if target.name == path.name.partition("-")[0])
    target.run(path.read_bytes())


if HAS_ATHERIS:

    def test_a_little_guided_fuzzing():
        done = subprocess.run(
            [sys.executable, "-m", "fuzz", "--seconds", "6", "--together"],
            cwd=Path(__file__).parent.parent,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
