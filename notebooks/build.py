"""Run the notebooks of this folder, each time from a fresh copy.

    python notebooks/build.py demo      run the quickstart, print its results, write a page
    python notebooks/build.py refresh [lessons/01-by-hand.ipynb …]
                                        run all, or these, and keep what they show, as the tests
                                        expect it
    python notebooks/build.py copy      lay a fresh copy into build/notebooks

A run leaves things beside the notebook: the journal of a merge, so that a second run sends nothing
twice. A fresh copy has none, so it shows what a person sees who runs it for the first time.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import nbformat
from jinja2 import DictLoader
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from nbformat import NotebookNode

SOURCES = Path(__file__).parent
BUILD = SOURCES.parent / "build"
COPY = BUILD / "notebooks"
PAGE = BUILD / "quickstart.html"
CELL_TIMEOUT_S = 120
# The cells whose output is what the notebook is about.
RESULT_TAG = "results"
# They live in a kernel; a page shows what stands beside them in the same output.
LIVE_VIEW = "application/vnd.jupyter.widget-view+json"
# A cell of a frame that holds a number.
NUMBER = re.compile(r"<td>(-?[0-9][0-9.,]*)</td>")
# The corner of a frame: an empty head of nothing, which a screen reader would read out.
CORNER = "<th></th>"
# JupyterLab's page without what it would fetch from elsewhere: require.js, MathJax and Mermaid.
# Its sheet puts every cell of a frame to the right, sentences too, and the prompts are too pale.
OFFLINE_TEMPLATE = """\
{% extends "lab/index.html.j2" %}
{% block html_head_js %}{% endblock %}
{% block html_head_css %}{{ super() }}
<style>
.jp-RenderedHTMLCommon table :is(th, td) { text-align: left !important; vertical-align: top; }
.jp-RenderedHTMLCommon table td.number { text-align: right !important; }
:is(.jp-InputPrompt, .jp-OutputPrompt) { color: #3a3a3a !important; opacity: 1 !important; }
</style>
{% endblock %}
{% block html_head_js_mathjax %}{% endblock %}
{% block html_head_js_mermaidjs %}{% endblock %}
"""


def copy() -> None:
    """Lay a fresh copy into build/ for others to run."""
    shutil.rmtree(COPY, ignore_errors=True)
    copy_to(COPY)


def copy_to(place: Path) -> None:
    """Copy this folder without what runs in it left behind."""
    left_behind = shutil.ignore_patterns("*.sqlite*", ".ipynb_checkpoints")
    shutil.copytree(SOURCES, place, ignore=left_behind)


def demo() -> None:
    """Run the quickstart, print its results and write the page."""
    notebook = execute("quickstart.ipynb")
    BUILD.mkdir(exist_ok=True)
    print(results(notebook))
    PAGE.write_text(offline_page(notebook, "quickstart"), encoding="utf-8")
    print(f"\nThe whole notebook with its trail: {PAGE}")


def refresh(*names: str) -> None:
    """Run every notebook, or those with these names, and keep the outputs in this folder."""
    for name in names or [path.relative_to(SOURCES).as_posix() for path in notebooks()]:
        nbformat.write(execute(name), SOURCES / name)


def notebooks() -> list[Path]:
    """The quickstart and the lessons."""
    return sorted([*SOURCES.glob("*.ipynb"), *SOURCES.glob("lessons/*.ipynb")])


def execute(name: str, env: Mapping[str, str] | None = None) -> NotebookNode:
    """Run a notebook in a fresh copy, and drop what needs a living kernel.

    Args:
        name: its path below this folder.
        env: variables of the environment beside the process's own.
    """
    notebook = nbformat.read(SOURCES / name, as_version=4)
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch) / "notebooks"
        copy_to(place)
        resources = {"metadata": {"path": str((place / name).parent)}}
        client = NotebookClient(notebook, timeout=CELL_TIMEOUT_S, resources=resources)
        client.coalesce_streams = True  # where they are split is a matter of time
        # Errors only: a kernel warns of its own transport, which is of no use to anybody here.
        client.extra_arguments = ["--log-level=ERROR"]
        client.execute(env=os.environ | (env or {}))
    notebook.metadata.pop("widgets", None)
    for cell in code_cells(notebook):
        cell.metadata.pop("execution", None)  # when each message of the kernel came
        for output in cell.outputs:
            output.get("data", {}).pop(LIVE_VIEW, None)
    return notebook


def code_cells(notebook: NotebookNode) -> Iterator[NotebookNode]:
    return (cell for cell in notebook.cells if cell.cell_type == "code")


def results(notebook: NotebookNode) -> str:
    """The plain text of the outputs of the cells with the tag `results`."""
    outputs = [
        output
        for cell in code_cells(notebook)
        if RESULT_TAG in cell.metadata.get("tags", [])
        for output in cell.outputs
    ]
    return "\n\n".join(
        output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs
    )


def offline_page(notebook: NotebookNode, title: str) -> str:
    """A page that opens from a memory stick: nothing in it comes from elsewhere."""
    exporter = HTMLExporter(
        extra_loaders=[DictLoader({"offline.html.j2": OFFLINE_TEMPLATE})],
        template_file="offline.html.j2",
        embed_images=True,
    )
    page, _ = exporter.from_notebook_node(notebook, {"metadata": {"name": title}})
    return NUMBER.sub(r'<td class="number">\1</td>', str(page)).replace(CORNER, "<td></td>")


if __name__ == "__main__":
    COMMANDS: dict[str, Callable[..., None]] = {"demo": demo, "refresh": refresh, "copy": copy}
    COMMANDS[sys.argv[1]](*sys.argv[2:])
