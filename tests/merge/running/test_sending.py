"""Promises of `server=`: nothing that the given client says is dropped without a word."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pandas as pd
import pytest

from smtp_nb import SMTP, AsyncSMTP
from smtp_nb.errors import InputError
from smtp_nb.merge import MailMerge, Template
from smtp_nb.sandbox import SandboxServer

FRAME = pd.DataFrame({"email": ["ann@school.test"]})
TEMPLATE = Template(subject="Hello", text="Dear you")
SAID = {
    "cc": "head@school.test",
    "bcc": "archive@school.test",
    "reply_to": "office@school.test",
    "return_path": "bounces@school.test",
    "sender": "office@school.test",
    "read_receipt_to": "office@school.test",
    "delivery_notification_to": "office@school.test",
    "other_headers": "X-Class: 7b",
    "importance": "high",
    "priority": "urgent",
    "sensitivity": "private",
}


def merge(server: SandboxServer, tmp_path: Path, smtp: SMTP | AsyncSMTP) -> MailMerge:
    return MailMerge(
        FRAME, TEMPLATE, to="email", from_="t@school.test", server=smtp, journal=tmp_path / "j"
    )


@pytest.mark.parametrize("front", [SMTP, AsyncSMTP])
@pytest.mark.parametrize("name", SAID)
def test_what_a_merge_does_not_use_of_its_client_is_refused(
    front: type[SMTP] | type[AsyncSMTP], name: str, tmp_path: Path
) -> None:
    with SandboxServer() as server:
        made = merge(server, tmp_path, front.from_url(server.url, **{name: SAID[name]}))
        (problem,) = made.check().itertuples()
        assert (problem.column, problem.severity) == (f"server.{name}", "error")
        with pytest.raises(InputError, match=f"has {name} set, which a merge does not use"):
            made.run(progress=None, skip_invalid=True)
        with pytest.raises(InputError, match=name):
            made.start(progress=None)
        assert list(server.sessions) == []
        is_member = name in ("importance", "priority", "sensitivity")
        setattr(made.server, name, "unspecified" if is_member else "")
        assert made.check().empty
        assert made.run(progress=None)["outcome"].tolist() == ["ACCEPTED"]


def test_what_a_client_said_of_its_last_message_does_not_stop_a_merge(tmp_path: Path) -> None:
    """Recipients, subject and body are the template's anyhow; nobody expects them of the client."""
    with SandboxServer() as server, SMTP.from_url(server.url) as smtp:
        smtp.from_, smtp.send_to, smtp.subject = "me@x.test", "you@x.test", "Ready?"
        smtp.message_text = "Ready?"
        smtp.send()
        assert merge(server, tmp_path, smtp).run(progress=None)["outcome"].tolist() == ["ACCEPTED"]
        assert [m.rcpt_tos for m in server.messages] == [("you@x.test",), ("ann@school.test",)]


def test_asyncio_refuses_it_too(tmp_path: Path) -> None:
    with SandboxServer() as server:
        made = merge(server, tmp_path, AsyncSMTP.from_url(server.url, bcc="archive@school.test"))
        with pytest.raises(InputError, match="bcc"):
            asyncio.run(made.arun(progress=None))
