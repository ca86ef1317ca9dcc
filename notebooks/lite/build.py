"""Build the lessons as a JupyterLite site: `python notebooks/lite/build.py`, in `build/lite`.

It has no server: Python, the notebook and the mail server of a lesson run in the reader's browser.
Any web server that hands out files can publish it, and a page loads nothing from elsewhere.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from distribution import HERE, KERNEL, ROOT, lay_out, run
from jinja2 import Template

from smtp_nb.classroom.lessons import PLANS

# Of the others, 7, 8 and 10 need cryptography and 12 pandas, which are compiled.
LESSONS = (1, 2, 3, 4, 5, 6, 9, 11)
_SHARE = KERNEL.parent.parent
# The kernel, and what draws our views.
EXTENSIONS = (KERNEL, _SHARE / "@jupyter-widgets" / "jupyterlab-manager", _SHARE / "anywidget")
_KERNEL_SETTINGS = "@jupyterlite/pyodide-kernel-extension:kernel"


def lessons() -> list[Path]:
    """The notebooks of the lessons that run in a browser."""
    folder = ROOT / "notebooks" / "lessons"
    return [path for number in LESSONS for path in folder.glob(f"{number:02}-*.ipynb")]


def build(site: Path) -> None:
    """Lay everything out, and let JupyterLite make a site of it.

    Args:
        site: the folder to write; what is there now is removed.
    """
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch)
        packages = lay_out(source / "static" / "pyodide")
        _write_settings(source, packages)
        contents = source / "contents"
        contents.mkdir()
        for path in lessons():
            shutil.copy(path, contents)
        shutil.rmtree(site, ignore_errors=True)
        extensions = [f"--LiteBuildConfig.federated_extensions={path}" for path in EXTENSIONS]
        run(
            *(sys.executable, "-m", "jupyterlite_core", "build", "--ignore-sys-prefix"),
            *("--no-sourcemaps", "--no-unused-shared-packages", "--apps=lab"),
            *("--lite-dir", str(source), "--contents", str(contents), *extensions),
            *("--output-dir", str(site)),
            cwd=source,
        )
    (site / "index.html").write_text(_front_page(), "utf-8")


def _front_page() -> str:
    """Where a student begins: the lessons that are here."""
    page = Template((HERE / "index.html").read_text("utf-8"), autoescape=True)
    return page.render(lessons=[(path.name, PLANS[int(path.name[:2])]) for path in lessons()])


def _write_settings(source: Path, packages: list[str]) -> None:
    """Load all packages with Python, for a lesson imports ours in its first cell."""
    settings = json.loads((HERE / "jupyter-lite.json").read_text("utf-8"))
    kernel = settings["jupyter-config-data"]["litePluginSettings"][_KERNEL_SETTINGS]
    kernel["loadPyodideOptions"] = {"packages": packages}
    (source / "jupyter-lite.json").write_text(json.dumps(settings), "utf-8")
    shutil.copy(HERE / "overrides.json", source)


if __name__ == "__main__":
    build(Path(sys.argv[1]) if sys.argv[1:] else ROOT / "build" / "lite")
