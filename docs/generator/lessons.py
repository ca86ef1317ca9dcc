"""Lessons as pages: the notebooks, with what their cells show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_NOTE = (
    "This is a notebook, `notebooks/lessons/{name}`, as it looks before its exercises are solved."
)


def lessons(folder: Path) -> Iterator[tuple[str, str]]:
    """The name of each notebook without its suffix, and its page."""
    for path in sorted(folder.glob("*.ipynb")):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        first, *rest = [block for cell in cells for block in _blocks(cell)]
        title, _, text = first.partition("\n")
        note = _NOTE.format(name=path.name)
        yield path.stem, "\n\n".join([title, note, text.strip(), *rest, ""])


def _blocks(cell: dict[str, Any]) -> Iterator[str]:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        yield source
    elif source.strip():
        yield _fenced("ipython3", source)
        yield from map(_output, cell["outputs"])


def _output(output: dict[str, Any]) -> str:
    """What a cell shows, as the notebook's own page would show it."""
    data = output.get("data", {})
    if "text/html" in data:
        inside = f'<div class="cell-output">{"".join(data["text/html"])}</div>'
        return _fenced("{raw} html", inside)
    if "image/png" in data:
        return f"![](data:image/png;base64,{''.join(data['image/png']).strip()})"
    return _fenced("none", "".join(output.get("text", data.get("text/plain", ""))).rstrip("\n"))


def _fenced(kind: str, text: str) -> str:
    return f"~~~~~{kind}\n{text}\n~~~~~"
