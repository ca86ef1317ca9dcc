"""Build the documentation: `python docs/build.py [directory]`; a static site, in `build/docs`.

The pages in this folder and those beside README.md are copied; those of the reference, of
conformance and of RFCs are generated from the registry, from docstrings and from the markers on
tests. A warning is an error.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from sphinx.cmd.build import build_main

DOCS = Path(__file__).parent
ROOT = DOCS.parent
sys.path[:0] = [str(DOCS), str(ROOT / "tests")]

from covering import by_row  # noqa: E402  of the tests
from generator import (  # noqa: E402
    api,
    around,
    conformance,
    entries,
    lessons,
    mended,
    rfcs,
    sheets,
    states,
    troubles,
)

REFERENCE = {
    "properties": entries.properties,
    "settings": entries.settings,
    "methods": api.methods,
    "events": api.events,
    "types": api.types,
    "values": api.values,
    "errors": api.error_numbers,
    "logins": around.logins,
    "merge": around.merges,
    "sandbox": around.sandboxes,
    "magics": around.magics,
}
# Pages that stand beside README.md, where people and forges look for them.
TOP_LEVEL = ("changelog", "contributing", "security")
# Long lists that hold every word, and so would come first whatever is asked.
UNSEARCHED = ("changelog", "conformance", "rfcs")
_LINKS = {"](docs/": "](", **{f"](../{name.upper()}.md": f"]({name}.md" for name in TOP_LEVEL}}
_LINKS |= {f"]({name.upper()}.md": f"]({name}.md" for name in TOP_LEVEL}


def write_sources(source: Path) -> None:
    """All pages as Markdown."""
    shutil.copytree(DOCS, source, ignore=shutil.ignore_patterns("*.py", "__pycache__", "generator"))
    pages = {f"reference/{name}": make() for name, make in REFERENCE.items()}
    pages |= {name: _read(ROOT / f"{name.upper()}.md") for name in TOP_LEVEL}
    pages["architecture"] = states.illustrated(_read(DOCS / "architecture.md"))
    troubleshooting = "help/troubleshooting"
    pages[troubleshooting] = troubles.explained(_read(DOCS / f"{troubleshooting}.md"))
    pages["help/replies"] = troubles.replies()
    for name, text in lessons.lessons(ROOT / "notebooks" / "lessons"):
        pages[f"lessons/{name}"] = text
    pages["rfcs"] = rfcs.rfcs()
    pages["teaching/replies"] = sheets.replies()
    tests = by_row()
    pages["conformance"] = conformance.conformance(tests)
    evidence = dict(conformance.test_pages(tests, ROOT))
    pages["tests/index"] = conformance.test_index(evidence)
    pages |= {f"tests/{name}": text for name, text in evidence.items()}
    for name in UNSEARCHED:
        pages[name] = conformance.UNSEARCHED + pages[name]
    for name, text in pages.items():
        path = source / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def _read(path: Path) -> str:
    """A page whose links are those of the site, where all of these are in one folder."""
    text = path.read_text("utf-8")
    for before, after in _LINKS.items():
        text = text.replace(before, after)
    return text


def main(target: Path = ROOT / "build" / "docs") -> int:
    """Build the site into an empty directory and return the exit code."""
    source = target.with_name(f"{target.name}-source")
    for old in (source, target):
        shutil.rmtree(old, ignore_errors=True)
    write_sources(source)
    trees = source / ".trees"
    code = build_main(
        ["-W", "--keep-going", "-q", "-c", str(DOCS), "-d", str(trees), str(source), str(target)]
    )
    mended.mend(target)
    return code


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
