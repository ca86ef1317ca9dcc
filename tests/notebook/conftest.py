"""A real IPython kernel, as a front end sees it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.manager import start_new_kernel

from smtp_nb.notebook.extension import Extension

TIMEOUT_S = 60


@dataclass
class Seen:
    """What a cell gave.

    Attributes:
        outputs: MIME bundles of results and displays, and of their updates.
        text: streams and plain texts, in order.
        error: ename, evalue and traceback of an error, or None.
        status: of the execution's reply.
        prompts: what it asked a person, and whether the answer was to be hidden.
    """

    outputs: list[dict[str, Any]] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    text: str = ""
    error: dict[str, Any] | None = None
    status: str = ""
    prompts: list[tuple[str, bool]] = field(default_factory=list)
    everything: str = ""

    def take(self, message: dict[str, Any]) -> None:
        """Note one message of the kernel."""
        content = message["content"]
        kind = message["msg_type"]
        if kind != "execute_input":  # the front end's own words
            self.everything += str(content)
        if kind == "stream":
            self.text += content["text"]
        elif kind in ("execute_result", "display_data"):
            self.outputs.append(content["data"])
            self.text += content["data"].get("text/plain", "") + "\n"
        elif kind == "update_display_data":
            self.updates.append(content["data"])
        elif kind == "error":
            self.error = content


class Kernel:
    """Runs cells and completes lines."""

    def __init__(self, home: Path) -> None:
        places = ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")
        env = os.environ | {name: str(home) for name in places}
        self.home = home
        self._manager, self._client = start_new_kernel(
            startup_timeout=TIMEOUT_S, env=env, cwd=str(home)
        )

    def run(self, code: str, answers: list[str] | None = None) -> Seen:
        """Run a cell.

        Args:
            answers: what a person types when asked; None: nobody is there.
        """
        seen = Seen()
        waiting = list(answers or [])

        def type_answer(message: dict[str, Any]) -> None:
            seen.prompts.append((message["content"]["prompt"], message["content"]["password"]))
            # A kernel without an answer would wait for ever.
            self._client.input(waiting.pop(0) if waiting else "")

        reply = self._client.execute_interactive(
            code,
            allow_stdin=answers is not None,
            output_hook=seen.take,
            stdin_hook=type_answer if answers is not None else None,
            timeout=TIMEOUT_S,
        )
        seen.status = reply["content"]["status"]
        return seen

    def value(self, expression: str) -> str:
        """The repr of an expression in the kernel."""
        reply = self._client.execute(
            "", silent=True, user_expressions={"it": expression}, reply=True, timeout=TIMEOUT_S
        )
        found = reply["content"]["user_expressions"]["it"]
        assert found["status"] == "ok", found
        return str(found["data"]["text/plain"])

    def complete(self, code: str, cursor: int | None = None) -> list[str]:
        """What Tab offers."""
        reply = self._client.complete(
            code, len(code) if cursor is None else cursor, reply=True, timeout=TIMEOUT_S
        )
        matches: list[str] = reply["content"]["matches"]
        return matches

    def completed(self, code: str) -> list[str]:
        """What the cell is after each of the things that Tab offers, in their order."""
        reply = self._client.complete(code, len(code), reply=True, timeout=TIMEOUT_S)["content"]
        return [code[: reply["cursor_start"]] + match for match in reply["matches"]]

    def stop(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        self._manager.cleanup_resources()


@pytest.fixture(scope="module")
def bare_kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    kernel = Kernel(tmp_path_factory.mktemp("kernel"))
    yield kernel
    kernel.stop()


@pytest.fixture
def kernel(bare_kernel: Kernel) -> Iterator[Kernel]:
    """A kernel in which the extension was just loaded."""
    bare_kernel.run("%reset -f")
    assert bare_kernel.run("%load_ext smtp_nb").status == "ok"
    yield bare_kernel
    bare_kernel.run("%unload_ext smtp_nb")


@pytest.fixture
def connected(kernel: Kernel) -> Kernel:
    """The same, with a session on a sandbox that refuses bob."""
    kernel.run("%smtp server start --refuse bob@example.org")
    kernel.run("%smtp connect --from teacher@school.test")
    return kernel


@pytest.fixture(scope="module")
def shell() -> Iterator[InteractiveShell]:
    """A shell without a kernel, in which the extension is loaded."""
    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False
    extension = Extension.of(shell)
    extension.load()
    yield shell
    extension.unload()
    InteractiveShell.clear_instance()
