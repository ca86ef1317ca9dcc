"""DKIM signatures, verified by dkimpy with a DNS in a dict."""

from __future__ import annotations

import base64
from email.message import EmailMessage
from typing import Any

import dkim
import pandas as pd
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from smtp_nb import DKIM, SMTP, MailMerge, Template, deterministic
from smtp_nb.errors import InputError
from smtp_nb.sandbox import SandboxServer

KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.TraditionalOpenSSL,
    serialization.NoEncryption(),
)
_PUBLIC = base64.b64encode(
    KEY.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
)
DNS = {b"mail._domainkey.school.test.": b"v=DKIM1; k=rsa; p=" + _PUBLIC}


def is_signed(message: bytes) -> bool:
    def txt(name: bytes, timeout: int = 5) -> bytes | None:
        return DNS.get(name)

    return bool(dkim.verify(message, dnsfunc=txt))


@pytest.mark.parametrize("how", ["properties", "given", "raw", "merge"])
def test_what_arrives_is_signed_whichever_way_it_was_sent(how: str) -> None:
    key = DKIM("school.test", "mail", PEM)
    with SandboxServer() as server, SMTP.from_url(server.url, dkim=key) as smtp:
        smtp.from_, smtp.send_to = "t@school.test", "a@x.test"
        smtp.subject, smtp.message_text = "Grüße", "Good day  \n.dot\n"
        if how == "given":
            given = EmailMessage()
            given["From"], given["To"] = "t@school.test", "a@x.test"
            given.set_content("Good day")
            smtp.send(given)
        elif how == "merge":
            frame = pd.DataFrame({"email": ["a@x.test"]})
            template = Template(subject="s", text="Good day")
            MailMerge(frame, template, to="email", from_="t@school.test", server=smtp).run(
                progress=None
            )
        else:
            if how == "raw":
                smtp.message = "From: t@school.test\r\nTo: a@x.test\r\n\r\nGood day\r\n"
            smtp.send()
        content = server.messages[0].content
    assert content.startswith(b"DKIM-Signature: ")
    assert is_signed(content)
    assert not is_signed(content.replace(b"Good", b"Bad"))


def test_no_key_is_shown() -> None:
    key = DKIM("school.test", "mail", PEM.decode())
    assert repr(key) == "DKIM('school.test', 'mail')"
    with pytest.raises(InputError) as caught:
        DKIM("school.test", "mail", "-----BEGIN nothing-----secret")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("wrong", [b"", "no such file", b"\xff"])
def test_a_key_that_is_none_is_refused_at_once(wrong: Any) -> None:
    with pytest.raises(InputError, match=r"DKIM"):
        DKIM("school.test", "mail", wrong)


def test_what_is_no_key_is_refused() -> None:
    with pytest.raises(InputError, match="dkim does not take str"):
        SMTP(dkim="school.test")  # type: ignore[arg-type]  # that is the test


def test_the_time_of_a_signature_is_that_of_the_ambient_clock() -> None:
    fields = []
    for _ in range(2):
        with deterministic(1, "2026-01-05T09:00Z"):
            fields.append(DKIM("school.test", "mail", PEM).field(b"From: a@school.test\r\n\r\n"))
    assert fields[0] == fields[1]
    assert b" t=1767603600;" in fields[0].replace(b"\r\n ", b" ")
