"""Runs in Pyodide: the cells of a notebook, as the kernel of JupyterLite runs them."""

from __future__ import annotations

import json
from typing import Any

import pyodide_kernel

LIVE = "application/vnd.jupyter.widget-view+json"


class Cells:
    """Collects what cells show, as a saved notebook has it."""

    def __init__(self) -> None:
        self._outputs: list[dict[str, Any]] = []
        shell = self._shell = pyodide_kernel.ipython_shell
        shell.kernel._parent_header = {}
        shell.send_comm = lambda *message: None
        shell.displayhook.publish_execution_result = self._result
        shell.display_pub.display_data_callback = self._display
        for stream in (pyodide_kernel.stdout_stream, pyodide_kernel.stderr_stream):
            stream.publish_stream_callback = self._stream

    async def run(self, notebook: str) -> str:
        """The outputs of the code cells, as JSON; nothing of the notebook before is left."""
        self._shell.run_line_magic("unload_ext", "smtp_nb")
        self._shell.reset(new_session=True)
        cells = [cell for cell in json.loads(notebook)["cells"] if cell["cell_type"] == "code"]
        return json.dumps([await self._run("".join(cell["source"])) for cell in cells])

    async def _run(self, source: str) -> list[dict[str, Any]]:
        self._outputs = []
        done = await self._shell.kernel.run(source)
        if done["status"] == "error":
            words = {name: done[name] for name in ("ename", "evalue", "traceback")}
            self._outputs.append({"output_type": "error", **words})
        return self._outputs

    def _result(self, count: int, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        self._display(data, metadata, None)
        self._outputs[-1] |= {"output_type": "execute_result", "execution_count": count}

    def _display(self, data: dict[str, Any], metadata: dict[str, Any], _transient: object) -> None:
        saved = {kind: form for kind, form in data.items() if kind != LIVE}
        shown = {"output_type": "display_data", "data": saved, "metadata": metadata or {}}
        self._outputs.append(shown)

    def _stream(self, name: str, text: str) -> None:
        if self._outputs and self._outputs[-1].get("name") == name:
            self._outputs[-1]["text"] += text
        else:
            self._outputs.append({"output_type": "stream", "name": name, "text": text})


Cells().run  # noqa: B018 (what this file returns to JavaScript)
