"""A cell that waits says for what, and the line goes away when the wait is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notebook.conftest import Kernel

SILENT = """
import socket, smtp_nb.client.session.session_settings, smtp_nb.flows.limits
smtp_nb.client.session.session_settings.BANNER_TIMEOUT = 0.2
smtp_nb.flows.limits.PATIENCE = 0.01
silent = socket.create_server(("127.0.0.1", 0))
url = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
"""


def test_a_cell_that_waits_says_for_what_and_how_to_end_it(kernel: Kernel) -> None:
    assert kernel.run(SILENT).status == "ok"
    seen = kernel.run("%smtp connect {{ url }}")
    assert seen.status == "error"
    shown = [output["text/plain"] for output in seen.outputs]
    assert shown[0].startswith("waiting for the banner of 127.0.0.1 port ")
    assert shown[0].endswith("; the stop button ends it")
    assert seen.updates[-1] == {"text/plain": ""}


def test_a_remedy_speaks_the_words_of_the_magic(kernel: Kernel) -> None:
    kernel.run(SILENT)
    seen = kernel.run("%smtp connect {{ url }}")
    said = "".join(seen.error["traceback"])
    assert "smtps:// or ?tls=implicit in the URL of %smtp connect" in said
    assert "ssl_start_mode" not in said
