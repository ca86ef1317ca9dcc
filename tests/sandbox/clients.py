"""The standard library's client, TLS verified."""

from __future__ import annotations

import smtplib
import ssl

from smtp_nb.sandbox import SandboxServer


def standard_client(server: SandboxServer, tls: str | None) -> smtplib.SMTP:
    context = ssl.create_default_context(cafile=server.ca_file) if tls else None
    if tls == "implicit":
        return smtplib.SMTP_SSL("localhost", server.port, context=context)
    client = smtplib.SMTP("localhost", server.port)
    if tls == "starttls":
        client.starttls(context=context)
    return client
