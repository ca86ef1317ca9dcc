"""`%smtp doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..conftest import Kernel


def test_the_doctor_looks_at_the_session_and_leaves_it_alone(connected: Kernel) -> None:
    seen = connected.run("%smtp doctor")
    assert seen.status == "ok", seen.error
    assert "all is well" in seen.text
    assert "<table>" in seen.outputs[0]["text/html"]
    assert "Connected" in connected.run("%smtp status").text


def test_the_doctor_looks_at_a_server_that_is_named(kernel: Kernel) -> None:
    seen = kernel.run("found = %smtp doctor smtp://nowhere.invalid?tls=none --patience 5\nfound")
    assert seen.status == "ok", seen.error
    assert "stopped at: Name" in seen.text
    assert "What to do: Check the spelling" in seen.text
    assert kernel.value("bool(found)") == "False"


def test_the_doctor_looks_at_the_sandbox_where_there_is_nothing_else(kernel: Kernel) -> None:
    kernel.run("%smtp server start --tls starttls --auth ann")
    seen = kernel.run("%smtp doctor")
    assert "Logged in as ann" in seen.text
    kernel.run("%smtp server stop")
    seen = kernel.run("%smtp doctor")
    assert seen.error is not None
    assert "%smtp server start" in seen.error["evalue"]
