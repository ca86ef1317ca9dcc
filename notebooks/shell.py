"""A notebook run in this process, as a kernel of Jupyter runs it.

The demo needs no kernel's package, no second process and no sockets between them: that is half of
what it would install and half of the time it would take. What a cell shows is the same.
"""

from __future__ import annotations

import base64
import io
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from typing import Any

from IPython.core.display_trap import DisplayTrap
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

Output = dict[str, Any]  # as the format of notebooks has it
Cell = dict[str, Any]


class Outputs(io.TextIOBase):
    """What the cells have shown, one list a cell; printed text arrives here as to a file."""

    def __init__(self) -> None:
        self.current: list[Output] = []
        self._by_display: dict[str, list[Output]] = {}

    def begin(self) -> list[Output]:
        """Return the list of the next cell."""
        self.current = []
        return self.current

    def write(self, text: str) -> int:
        if self.current and self.current[-1]["output_type"] == "stream":
            self.current[-1]["text"] += text
        elif text:
            self.current.append({"output_type": "stream", "name": "stdout", "text": text})
        return len(text)

    def show(self, data: Mapping[str, Any], display_id: str, update: bool) -> None:
        """Take what `display` publishes, or what stands in the place of something older."""
        shown = {"data": plain(data), "metadata": {}}
        if update:
            for output in self._by_display.get(display_id, []):
                output.update(shown)
            return
        self.current.append({"output_type": "display_data", **shown})
        self._by_display.setdefault(display_id, []).append(self.current[-1])

    def result(self, data: Mapping[str, Any], number: int) -> None:
        """Take the value of a cell's last expression."""
        made = {"data": plain(data), "metadata": {}, "execution_count": number}
        self.current.append({"output_type": "execute_result", **made})


def plain(data: Mapping[str, Any]) -> dict[str, Any]:
    """A bundle as JSON has it: pictures in base 64."""
    return {
        kind: base64.b64encode(value).decode() if isinstance(value, bytes) else value
        for kind, value in data.items()
    }


class _Publisher(DisplayPublisher):
    shell: Any

    def publish(
        self,
        data: Mapping[str, Any],
        metadata: object = None,
        *,
        transient: Mapping[str, str] | None = None,
        update: bool = False,
        **_others: object,
    ) -> None:
        self.shell.outputs.show(data, (transient or {}).get("display_id", ""), update)


class _Hook(DisplayHook):
    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: Any, md_dict: object = None) -> None:
        self.shell.outputs.result(format_dict, self.shell.execution_count)

    def finish_displayhook(self) -> None:
        pass


class ZMQLikeShell(InteractiveShell):
    """A shell with a page. Its name holds `zmq`, by which pandas knows that frames are not cut."""

    kernel = True  # by which views know that there is a page

    def __init__(self, outputs: Outputs, **options: Any) -> None:
        self.outputs = outputs
        super().__init__(**options)

    def init_display_pub(self) -> None:
        self.display_pub = _Publisher(parent=self, shell=self)

    def init_displayhook(self) -> None:
        self.displayhook = _Hook(parent=self, shell=self, cache_size=self.cache_size)
        self.display_trap = DisplayTrap(hook=self.displayhook)

    def enable_gui(self, gui: str | None = None) -> None:
        """`%matplotlib inline` asks for it; figures are drawn when a cell has ended."""


@contextmanager
def opened() -> Iterator[ZMQLikeShell]:
    """A shell that leaves nothing in the home folder."""
    config = Config()
    config.HistoryManager.enabled = False
    with tempfile.TemporaryDirectory() as folder:
        made = ZMQLikeShell.instance(outputs=Outputs(), config=config, ipython_dir=folder)
        try:
            yield made
        finally:
            ZMQLikeShell.clear_instance()


def run(cells: list[Cell]) -> None:
    """Run the cells, and give them the outputs that they have from now on.

    Raises:
        Exception: what a cell raised; the cells after it are not run.
    """
    with opened() as shell:
        for cell in cells:
            cell["outputs"] = shell.outputs.begin()
            with redirect_stdout(shell.outputs):
                ended = shell.run_cell("".join(cell["source"]), store_history=True)
            ended.raise_error()
            cell["execution_count"] = ended.execution_count
        shell.reset()  # what the notebook loaded takes its leave
