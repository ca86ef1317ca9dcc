"""Mail through real servers, byte for byte what was composed, on both fronts."""

from __future__ import annotations

import re
from typing import Any

import pytest

from drivers.fronts import Front
from drivers.jobs import Stream
from real.letters import Server, component
from servers.postfix import Delivered, Postfix
from smtp_nb import Attachment, Outcome, TrailDirection
from smtp_nb.client.message.message_builder import job_from
from smtp_nb.errors import CertificateError, DeferredError, RefusedError

pytestmark = pytest.mark.real
DOTS = "".join(f"{'.' * (number % 4)}line {number}\n" for number in range(10_000)) + ".\n.\n"


def composed(smtp: Any) -> bytes:
    """What will be sent; date and Message-ID are fixed, so only boundaries may differ."""
    return b"".join(job_from(smtp).content.chunks())


def without_boundaries(content: bytes) -> bytes:
    """The octets with each boundary of a multipart replaced by its number."""
    found = dict.fromkeys(re.findall(rb'boundary="([^"]+)"', content))
    for number, boundary in enumerate(found):
        content = content.replace(boundary, b"boundary-%d" % number)
    return content


def assert_arrived(server: Server, content: bytes, recipients: set[str]) -> list[Delivered]:
    arrived = server.messages()
    assert {message.recipient for message in arrived} == recipients
    assert {message.sender for message in arrived} == {"teacher@school.test"}
    for message in arrived:
        assert without_boundaries(message.content) == without_boundaries(content)
    return arrived


MESSAGES: dict[str, dict[str, Any]] = {
    "text": {"message_text": "Grüße, ☃ and a line:\n" + "word " * 400},
    "text and HTML": {"message_text": "plain ☃", "message_html": "<p>rich ☃</p>"},
    "Markdown": {"message_markdown": "# Dear Bob\n\n* one\n* two"},
    "dots": {"message_text": DOTS},
    "nothing": {"message_text": ""},
    "raw": {"message": b"Subject: raw\r\n\r\n.\r\n..\r\nFrom here\r\n" + b"x" * 998 + b"\r\n\r\n"},
    "raw in 8 bits": {"message": "Subject: raw\r\n\r\ncafé ☃\r\n".encode()},
}


@pytest.mark.parametrize("properties", MESSAGES.values(), ids=MESSAGES)
def test_what_was_composed_arrives(
    front: Front, server: Server, properties: dict[str, Any]
) -> None:
    smtp = component(front, server, **properties)
    receipt = front.run(smtp.send())
    assert receipt.outcome is Outcome.ACCEPTED
    assert receipt.tls is not None
    assert receipt.queue_id
    assert_arrived(server, composed(smtp), {"bob@school.test"})


def test_binary_attachments_arrive(front: Front, server: Server) -> None:
    smtp = component(front, server, message_html="<p>see the file</p>")
    octets = bytes(range(256)) * 3000
    smtp.attachments.append(Attachment(data=octets, filename="Zeugnis für Zoë.bin"))
    smtp.attachments.append(Attachment(data=b"", filename="empty.txt"))
    front.run(smtp.send())
    (message,) = assert_arrived(server, composed(smtp), {"bob@school.test"})
    assert message.content.count(b"Content-Disposition: attachment") == 2


def test_the_envelope_knows_what_no_header_says(front: Front, server: Server) -> None:
    smtp = component(front, server, cc="cy@school.test", bcc="hidden@secret.test")
    front.run(smtp.send())
    people = {"bob@school.test", "cy@school.test", "hidden@secret.test"}
    for message in assert_arrived(server, composed(smtp), people):
        assert b"hidden@" not in message.content


def test_a_refused_recipient_in_the_middle_spoils_nothing(front: Front, server: Server) -> None:
    to = ["bob@school.test", "refused@school.test", "later@school.test", "zoe@school.test"]
    smtp = component(front, server, send_to=to)
    smtp.config("StopOnToErrors=False")
    with front.connected(smtp):
        receipt = front.run(smtp.send())
        again = front.run(smtp.send())
    assert receipt.outcome is again.outcome is Outcome.PARTIAL
    assert [r.outcome for r in receipt.recipients] == [
        "ACCEPTED",
        "REFUSED",
        "DEFERRED",
        "ACCEPTED",
    ]
    assert (receipt.recipients[1].code, receipt.recipients[1].enhanced_code) == (550, "5.1.1")
    assert "no such student" in receipt.recipients[1].text
    arrived = assert_arrived(server, composed(smtp), {"bob@school.test", "zoe@school.test"})
    assert len(arrived) == 4


def test_a_refused_recipient_stops_the_message_if_the_switch_is_on(
    front: Front, server: Server
) -> None:
    smtp = component(front, server, send_to=["bob@school.test", "refused@school.test"])
    with front.connected(smtp):
        with pytest.raises(RefusedError, match="no such student"):
            front.run(smtp.send())
        smtp.send_to = "later@school.test"
        with pytest.raises(DeferredError, match="busy"):
            front.run(smtp.send())
        smtp.send_to = "zoe@school.test"
        assert front.run(smtp.send()).outcome is Outcome.ACCEPTED
    assert [message.recipient for message in server.messages()] == ["zoe@school.test"]


def test_a_stream_arrives_complete(front: Front, server: Server) -> None:
    smtp, stream = component(front, server), Stream(100)
    front.run(smtp.deliver(stream))
    stream.assert_complete()
    assert set(stream.outcomes.values()) == {Outcome.ACCEPTED}
    assert sorted(m.recipient for m in server.messages()) == sorted(
        f"n{number}@example.test" for number in range(100)
    )


def every_third_is_refused(number: int) -> str:
    if number % 3:
        return f"n{number}"
    return "later" if number % 2 else "refused"


def test_a_refusal_in_a_stream_changes_nobodys_sender(front: Front, server: Server) -> None:
    smtp, stream = component(front, server), Stream(60, name=every_third_is_refused)
    front.run(smtp.deliver(stream))
    assert stream.outcomes["refused"] is Outcome.REFUSED
    assert stream.outcomes["later"] is Outcome.DEFERRED
    arrived = {message.recipient: message for message in server.messages()}
    assert set(arrived) == {f"n{n}@example.test" for n in range(60) if n % 3}
    for recipient, message in arrived.items():
        assert message.sender == f"from-{recipient}"
        assert message.content.startswith(f"Subject: {recipient.partition('@')[0]}\r\n".encode())


# -- TLS ----------------------------------------------------------------------------------------


@pytest.mark.covers("SmtpSSLStartModes.sslImplicit", "SMTP.MailPort")
def test_implicit_tls_works(front: Front, postfix: Postfix) -> None:
    smtp = component(front, postfix, mail_port=postfix.tls_port, ssl_start_mode="implicit")
    trail: list[Any] = []
    smtp.on_pi_trail += trail.append
    assert front.run(smtp.send()).outcome is Outcome.ACCEPTED
    assert all(e.tls for e in trail if e.direction is not TrailDirection.INFO)
    assert_arrived(postfix, composed(smtp), {"bob@school.test"})


def test_a_server_that_nobody_vouches_for_gets_nothing(front: Front, server: Server) -> None:
    smtp = component(front, server)
    smtp.settings["CACertFilePaths"] = ""
    trail: list[Any] = []
    smtp.on_pi_trail += trail.append
    with pytest.raises(CertificateError):
        front.run(smtp.send())
    assert [e.message for e in trail if e.direction is TrailDirection.CLIENT][1:] == ["STARTTLS"]
    assert server.messages() == []


# -- SMTPUTF8 -----------------------------------------------------------------------------------


def test_addresses_beyond_ascii_arrive(front: Front, postfix: Postfix) -> None:
    smtp = component(front, postfix, send_to="zoë@straße.test", cc="bob@школа.test")
    front.run(smtp.send())
    people = {"zoë@xn--strae-oqa.test", "bob@xn--80atdl2c.test"}
    arrived = assert_arrived(postfix, composed(smtp), people)
    assert "To: zoë@" in arrived[0].content.decode()
