"""Methods of the reference: streams, terminals, events of others, assignments."""

from __future__ import annotations

import contextlib
import io
import os
import threading

import pytest

from drivers.fronts import Front, letter
from play.stage import DRIVERS, stage
from smtp_nb import Outcome
from smtp_nb.errors import (
    InputError,
    Interrupted,
    RefusedError,
    SettingError,
    SMTPError,
    StateError,
    Unsupported,
)
from smtp_nb.model.events import PITrailEvent
from smtp_nb.sandbox import SandboxServer

HEAD = b"Subject: x\r\nMessage-ID: <1@x.test>\r\n\r\n"
BODY = (b"x" * 70 + b"\r\n.dot\r\n") * 40_000
WAYS = {"bdat": (), "data": ("CHUNKING",), "step by step": ("CHUNKING", "PIPELINING")}


@pytest.fixture(params=WAYS)
def server(request):
    with SandboxServer(without=WAYS[request.param]) as server:
        yield server


# -- streams ----------------------------------------------------------------------------------


def as_file(data: bytes, stack: contextlib.ExitStack):
    return stack.enter_context(io.BytesIO(data))


def as_pipe(data: bytes, stack: contextlib.ExitStack):
    reading, writing = os.pipe()

    def fill() -> None:
        with open(writing, "wb") as end:
            end.write(data)

    thread = threading.Thread(target=fill)
    thread.start()
    stack.callback(thread.join)
    return stack.enter_context(open(reading, "rb"))


def as_pieces(data: bytes, stack: contextlib.ExitStack):
    return (data[at : at + 1000] for at in range(0, len(data), 1000))


@pytest.mark.covers("SMTP.SetMessageStream")
@pytest.mark.parametrize("source", [as_file, as_pipe, as_pieces])
def test_a_stream_is_the_message(front: Front, server, source):
    with contextlib.ExitStack() as stack:
        smtp = front.make(**letter(server.port))
        smtp.set_message_stream(source(HEAD + BODY, stack))
        receipt = front.run(smtp.send())
    assert receipt.message_id == "<1@x.test>"
    assert server.messages[0].content == HEAD + BODY


@pytest.mark.covers("SMTP.SetMessageStream")
@pytest.mark.parametrize("wrong", [b"a\nb\r\n", b"a\rb\r\n", b"a\0b\r\n", b"\xff\r\n"])
def test_what_is_wrong_in_a_stream_is_found_before_the_end_and_nothing_is_delivered(
    front: Front, server, wrong
):
    smtp = front.make(**letter(server.port))
    smtp.set_message_stream(io.BytesIO(HEAD + BODY + wrong))
    with pytest.raises(InputError, match="at offset") as caught:
        front.run(smtp.send())
    assert caught.value.receipt.outcome is Outcome.NOT_SENT
    assert not smtp.connected
    assert not server.messages
    smtp.set_message_stream(io.BytesIO(HEAD))
    assert front.run(smtp.send())


@pytest.mark.covers("IPPort.CloseStreamAfterTransfer")
def test_the_stream_is_closed_after_the_transfer(front: Front):
    with SandboxServer() as server:
        smtp, stream = front.make(**letter(server.port)), io.BytesIO(HEAD)
        smtp.set_message_stream(stream)
        front.run(smtp.send())
        assert stream.closed
        assert front.run(smtp.send()).message_id != "<1@x.test>", "the properties' message again"


@pytest.mark.covers("IPPort.CloseStreamAfterTransfer")
def test_a_stream_that_stays_open_goes_on_where_it_stands(front: Front):
    with SandboxServer() as server:
        smtp, stream = front.make(**letter(server.port)), io.BytesIO(HEAD)
        smtp.config("CloseStreamAfterTransfer=False")
        smtp.set_message_stream(stream)
        front.run(smtp.send())
        with pytest.raises(InputError, match="at its end"):
            front.run(smtp.send())
        stream.seek(0)
        assert front.run(smtp.send()).message_id == "<1@x.test>"


def test_a_stream_survives_a_connection_that_does_not_come_about(front: Front):
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        smtp.set_message_stream(iter([HEAD]))
        smtp.mail_port = 1
        with pytest.raises(SMTPError):
            front.run(smtp.send())
        smtp.mail_port = server.port
        assert front.run(smtp.send()).message_id == "<1@x.test>"


# -- terminals --------------------------------------------------------------------------------

TERMINALS = [
    ("SMTP.SendToTerminalOnly", "send_to_terminal_only", "SEND"),
    ("SMTP.SendToTerminalOrEmail", "send_to_terminal_or_email", "SOML"),
    ("SMTP.SendToTerminalAndEmail", "send_to_terminal_and_email", "SAML"),
]
EACH_TERMINAL = pytest.mark.parametrize(
    ("method", "verb"),
    [pytest.param(*row[1:], marks=pytest.mark.covers(row[0]), id=row[2]) for row in TERMINALS],
)


@EACH_TERMINAL
def test_a_message_to_a_terminal_begins_with_its_own_verb(front: Front, method, verb, server):
    smtp = front.make(**letter(server.port))
    assert front.run(getattr(smtp, method)())
    assert server.messages[0].verb == verb
    assert server.messages[0].mail_from == "ann@example.test"


@EACH_TERMINAL
@pytest.mark.parametrize("driver", DRIVERS)
def test_the_servers_no_is_the_error(driver, method, verb):
    text = (
        "S: 220 x\nC* EHLO\nS: 250 x\n"
        f"C: {verb} FROM:<ann@client.test>\nS: 550 he is not there\nC: QUIT\nS: 221 bye"
    )
    with stage(driver, text, {}) as played, pytest.raises(RefusedError) as caught:
        played.call(method)
    assert caught.value.reply.text == "he is not there"


@EACH_TERMINAL
@pytest.mark.covers("error.211")
def test_terminals_need_extensions(front: Front, method, verb):
    smtp = front.make(**letter(25), allow_extensions=False)
    with pytest.raises(StateError) as caught:
        front.run(getattr(smtp, method)())
    assert caught.value.code == 211


# -- assignments that work --------------------------------------------------------------------


@pytest.mark.covers("SMTP.Connected")
@pytest.mark.covers("SMTP.Command")
def test_assigning_connects_sends_and_disconnects():
    with open_blocking() as (front, server):
        smtp = front.make(**letter(server.port))
        smtp.connected = True
        smtp.connected = "yes"
        assert smtp.connected
        smtp.command = "NOOP"
        assert smtp.last_reply.startswith("250")
        smtp.connected = False
        assert not smtp.connected
        smtp.config("Connected=True")
        smtp.disconnect()


@contextlib.contextmanager
def open_blocking():
    from drivers.fronts import open_front

    with open_front("blocking") as front, SandboxServer() as server:
        yield front, server


@pytest.mark.covers("SMTP.Command")
def test_command_cannot_be_read(front: Front):
    with pytest.raises(AttributeError, match="last_reply"):
        _ = front.make().command


@pytest.mark.covers("SMTP.Connected")
def test_an_assignment_cannot_wait_on_the_asyncio_front():
    from smtp_nb import AsyncSMTP

    with pytest.raises(Unsupported, match="await"):
        AsyncSMTP().connected = True
    with pytest.raises(Unsupported, match="await"):
        AsyncSMTP().command = "NOOP"
    with pytest.raises(SettingError):
        AsyncSMTP().connected = "maybe"


# -- events of others -------------------------------------------------------------------------


@pytest.mark.covers("SMTP.DoEvents")
def test_do_events_tells_what_a_component_on_another_thread_posted(front: Front):
    with SandboxServer() as server:
        smtp, seen = front.make(**letter(server.port)), []
        smtp.on_pi_trail += lambda event: seen.append((threading.current_thread(), event.message))
        worker = smtp.clone()
        worker.report_to(smtp)
        thread = threading.Thread(target=lambda: send_elsewhere(worker))
        thread.start()
        thread.join()
        assert seen == []
        smtp.do_events()
    assert {thread for thread, _ in seen} == {threading.current_thread()}
    assert "QUIT" in [message for _, message in seen]


def send_elsewhere(worker) -> None:
    import asyncio
    import inspect

    result = worker.send()
    if inspect.isawaitable(result):
        asyncio.run(keep(result))


async def keep(result) -> None:
    await result


@pytest.mark.covers("SMTP.DoEvents")
def test_do_events_without_events_returns(front: Front):
    front.make().do_events()


def test_nobody_posts_what_nobody_wants(front: Front):
    smtp, worker = front.make(), front.make()
    worker.report_to(smtp)
    assert not worker.wants(PITrailEvent)
    smtp.on_pi_trail = print
    assert worker.wants(PITrailEvent)
    worker.report_to(None)
    assert not worker.wants(PITrailEvent)


# -- interrupt --------------------------------------------------------------------------------


@pytest.mark.covers("SMTP.Interrupt")
@pytest.mark.covers("error.301")
@pytest.mark.parametrize("method", ["connect", "send", "send_to_terminal_only", "verify", "expand"])
def test_every_method_can_be_interrupted_from_a_handler(front: Front, method):
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        smtp.on_pi_trail += lambda event: smtp.interrupt() if "EHLO" in event.message else None
        arguments = {"verify": ("a@x.test",), "expand": ("a",)}
        with pytest.raises(Interrupted) as caught:
            front.run(getattr(smtp, method)(*arguments.get(method, ())))
        assert caught.value.code == 301
        assert not smtp.connected


@pytest.mark.covers("SMTP.Interrupt")
def test_nothing_to_interrupt_is_fine(front: Front):
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        smtp.interrupt()
        assert front.run(smtp.send())
