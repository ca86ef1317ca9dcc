"""JupyterLab, or Notebook 7, as its users have it: a real server, kernel and Chromium.

One server serves a whole run. A notebook is driven through Lab's own commands and read through
Lab's own model, so what a test sees is what a person would.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import nbformat
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request


class _App(NamedTuple):
    """A front end: the class of its options, and where it has a notebook."""

    options: str
    place: str


APPS = {
    "jupyterlab": _App("LabApp", "lab/tree"),
    "notebook": _App("JupyterNotebookApp", "notebooks"),
}
START_S = 60
SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
SETTINGS = {
    # The news pop-up would cover the page, and asks the network.
    "labconfig/page_config.json": {
        "disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}
    },
}
# Without it Lab asks the person which kernel it should be.
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
KERNEL_IDLE = (
    "() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status"
    " === 'idle'"
)
RUN_CELL = """async ([index, wait]) => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = index;
    notebook.deselectAll();
    const finished = window.jupyterapp.commands.execute('notebook:run-cell');
    if (wait) await finished;
}"""
CELL_ENDED = """index => window.jupyterapp.shell.currentWidget.content
    .widgets[index].model.executionState === 'idle'"""
OUTPUTS = """index => window.jupyterapp.shell.currentWidget.content
    .widgets[index].model.outputs.toJSON()"""


class LabServer:
    """A server with its settings and files in one directory.

    Args:
        app: the front end, `jupyterlab` or `notebook`.
        python: that of the environment in which it is installed.
    """

    def __init__(
        self, root: Path, app: str = "jupyterlab", python: str | Path = sys.executable
    ) -> None:
        self.root = root
        self._app = app
        self._python = python
        self.token = secrets.token_hex(16)
        for name, value in SETTINGS.items():
            path = root / ".config" / name
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps(value))
        self._process = self._start()
        self.url = self._wait_for_url()

    def _start(self) -> subprocess.Popen[bytes]:
        places = {
            "HOME": self.root,
            "JUPYTER_CONFIG_DIR": self.root / ".config",
            "JUPYTER_DATA_DIR": self.root / ".data",
            "JUPYTER_RUNTIME_DIR": self.root / ".runtime",
            "IPYTHONDIR": self.root / ".ipython",
        }
        options = [
            "--no-browser",
            "--allow-root",
            "--ip=127.0.0.1",
            "--ServerApp.port=0",
            f"--ServerApp.root_dir={self.root}",
            f"--IdentityProvider.token={self.token}",
            f"--{APPS[self._app].options}.expose_app_in_browser=True",
            f"--{APPS[self._app].options}.labextensions_path={self._extensions()}",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ]
        with (self.root / "server.log").open("wb") as log:
            return subprocess.Popen(
                [self._python, "-m", self._app, *options],
                env=os.environ | {name: str(path) for name, path in places.items()},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _extensions(self) -> Path:
        """Those of the environment, but for the kernel of sites without a server.

        It is there for `make lite`; a Lab cannot load it, and says so in the console.
        """
        installed = Path(self._python).parents[1] / "share" / "jupyter" / "labextensions"
        chosen = self.root / ".labextensions"
        chosen.mkdir()
        for path in installed.iterdir():
            if path.name != "@jupyterlite":
                (chosen / path.name).symlink_to(path)
        return chosen

    def _wait_for_url(self) -> str:
        """The server writes the port it was given to a file when it listens."""
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self._process.poll() is None:
            for path in (self.root / ".runtime").glob("jpserver-*.json"):
                text = path.read_text()
                if text.endswith("}"):
                    return str(json.loads(text)["url"])
            time.sleep(0.05)
        self.stop()
        raise RuntimeError((self.root / "server.log").read_text())

    def address_of(self, path: Path) -> str:
        """Where a notebook is opened in the browser."""
        return f"{self.url}{APPS[self._app].place}/{path.name}?reset&token={self.token}"

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Lab:
    """A browser before a server."""

    def __init__(self, server: LabServer, browser: Browser) -> None:
        self._server = server
        self._browser = browser

    def open_notebook(self, source: str | Path | Iterable[str]) -> Notebook:
        """Open a notebook and wait for its kernel.

        Args:
            source: the path of a notebook, which is copied, or the text of each code cell.
        """
        if isinstance(source, str | Path):
            content = Path(source).read_text(encoding="utf-8")
        else:
            cells = [nbformat.v4.new_code_cell(text) for text in source]
            notebook = nbformat.v4.new_notebook(cells=cells, metadata=KERNEL)
            content = nbformat.writes(notebook)
        opened = self._open(content)
        opened.wait_for_kernel()
        return opened

    def open_without_kernel(self, path: Path) -> Notebook:
        """Open a copy of a saved notebook where its kernel is not installed."""
        saved = json.loads(path.read_text(encoding="utf-8"))
        saved["metadata"]["kernelspec"] = {"name": "gone", "display_name": "Gone"}
        opened = self._open(json.dumps(saved))
        # It may ask more than once.
        opened.page.add_locator_handler(
            opened.page.locator(".jp-Dialog"),
            lambda asked: asked.get_by_role("button", name=re.compile("No Kernel|Cancel")).click(),
        )
        opened.page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
        return opened

    def _open(self, content: str) -> Notebook:
        path = self._server.root / f"{secrets.token_hex(4)}.ipynb"
        path.write_text(content, encoding="utf-8")
        page = self._browser.new_page(viewport={"width": 1200, "height": 1000})
        opened = Notebook(page, path)
        page.goto(self._server.address_of(path))
        return opened


class Notebook:
    """An open notebook; a cell is named by its index among all cells.

    Attributes:
        page: playwright's page, for looking and clicking.
        path: where the server keeps the notebook.
        errors: what the browser's console called an error.
        foreign: addresses outside the server that the page asked for.
    """

    def __init__(self, page: Page, path: Path) -> None:
        self.page = page
        self.path = path
        self.errors: list[str] = []
        self.foreign: list[str] = []
        page.on("console", self._note_console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._note_request)

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _note_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.hostname not in {None, "127.0.0.1", "localhost"}:
            self.foreign.append(request.url)

    def wait_for_kernel(self) -> None:
        self.page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
        self.page.wait_for_function(KERNEL_IDLE, timeout=60_000)

    def run(self, index: int, wait: bool = True) -> None:
        """Run one cell; with `wait=False` come back while it still runs."""
        self.page.evaluate(RUN_CELL, [index, wait])

    def wait_until_idle(self) -> None:
        """Wait until the kernel has nothing left to do."""
        self.page.wait_for_function(KERNEL_IDLE, timeout=60_000)

    def wait_until_run(self, index: int) -> None:
        """Wait until a cell has ended, whatever Lab calls its kernel."""
        self.page.wait_for_function(CELL_ENDED, arg=index, timeout=60_000)

    def outputs(self, index: int) -> list[dict[str, Any]]:
        """What stands under a cell now, as the notebook format has it."""
        found: list[dict[str, Any]] = self.page.evaluate(OUTPUTS, index)
        return found

    def text(self, index: int) -> str:
        """The plain text of a cell's outputs: streams, results and errors."""
        return "".join(_plain(output) for output in self.outputs(index))

    def output_area(self, index: int) -> Locator:
        """Where the outputs of a cell are drawn."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index).locator(".jp-OutputArea")

    def save(self) -> dict[str, Any]:
        """Save as a person would with Ctrl-S, and return what lies in the file."""
        self.page.evaluate(
            "async () => { await window.jupyterapp.commands.execute('docmanager:save'); }"
        )
        content: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
        return content

    def screenshot(self, name: str) -> Path:
        """Take a picture of the page to build/screenshots/<name>.png."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        self.page.screenshot(path=path)
        return path


def _plain(output: dict[str, Any]) -> str:
    if output["output_type"] == "error":
        return f"{output['ename']}: {output['evalue']}\n"
    text = output.get("text", output.get("data", {}).get("text/plain", ""))
    return text if isinstance(text, str) else "".join(text)
