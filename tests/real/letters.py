"""A letter for a real server."""

from __future__ import annotations

from typing import Any

from drivers.fronts import Front
from servers.dovecot import Dovecot
from servers.postfix import Postfix

Server = Postfix | Dovecot


def component(front: Front, server: Server, **properties: Any) -> Any:
    """A component that is logged in inside STARTTLS, and a letter."""
    smtp = front.make(
        mail_server=server.host,
        mail_port=server.port,
        ssl_start_mode="explicit",
        user=server.user,
        password=server.password,
        from_="Teacher <teacher@school.test>",
        send_to="Bob <bob@school.test>",
        subject="Your résumé",
        message_date="Mon, 01 Jan 2024 10:00:00 +0000",
        message_id="<1@school.test>",
    )
    smtp.settings["CACertFilePaths"] = str(server.ca_file)
    smtp.set({"message_text": "It works."} | properties)
    return smtp
