"""A client in pieces that pickle, for another process."""

from __future__ import annotations

import pickle

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from smtp_nb import SMTP, AsyncSMTP
from smtp_nb.client.portable import PortableClient
from smtp_nb.compose.dkim import DKIM
from smtp_nb.errors import InputError
from smtp_nb.sandbox import SandboxServer

PASSWORD = "s3cret"


def test_a_client_is_the_same_in_another_process() -> None:
    smtp = SMTP.from_url(f"smtp://me:{PASSWORD}@mail.test:587?tls=none", timeout=7)
    smtp.firewall.host, smtp.firewall.password = "proxy.test", PASSWORD
    key = rsa.generate_private_key(65537, 1024).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    smtp.dkim = DKIM("x.test", "one", key)
    portable = PortableClient.of(smtp)
    made = pickle.loads(pickle.dumps(portable)).made()
    assert repr(made.settings) == repr(smtp.settings)
    assert made.password.reveal() == made.firewall.password.reveal() == PASSWORD
    assert made.dkim is not None
    *names, key_there = made.dkim.parts
    assert names == ["x.test", "one"]
    assert key_there.reveal() == key.decode()
    assert PASSWORD not in repr(portable)


def test_what_works_in_this_process_alone_is_refused() -> None:
    watched, signed = SMTP(), AsyncSMTP()
    watched.on_pi_trail = print
    signed.token_source = lambda _refresh: "token"
    with SandboxServer(inline=True) as server:
        inside = SMTP.from_url(server.url)
        for client, words in ((watched, "PITrailEvent"), (signed, "token_source"),
                              (inside, "over memory")):  # fmt: skip
            with pytest.raises(InputError, match=f"{words}.*cannot travel"):
                PortableClient.of(client)
