"""Without an extra, whatever needs it says so, and names it."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from smtp_nb.classroom import Net, Zone
from smtp_nb.classroom.relaying.authentication import authenticate
from smtp_nb.client.oauth import google, microsoft
from smtp_nb.compose.dkim import DKIM
from smtp_nb.errors import SMTPError
from smtp_nb.merge.journal.postgresql.session import engine_of
from smtp_nb.merge.journal.url import JournalURL
from smtp_nb.merge.running.cluster.crew import require_client
from smtp_nb.merge.templates.attachments.sheets import sheet
from smtp_nb.model.secret import Secret
from smtp_nb.sasl.credentials import Credentials
from smtp_nb.sasl.exchange import ConnectionFacts
from smtp_nb.sasl.kerberos import gssapi
from smtp_nb.sasl.ntlm import ntlm

ROOT = Path(__file__).parents[2]
# Sets of packages for work on this project, which nothing of the package asks for.
WORKSHOPS = {"all", "bench", "docs", "lab", "lite", "statements", "test"}
CLIENT = dict.fromkeys(("client_id", "client_secret", "auth_uri", "token_uri"), "https://x.test")
ZONE = {"x.test": {"MX": "10 mx.x.test", "TXT": "v=spf1 -all"}, "mx.x.test": {"A": "192.0.2.1"}}
JOURNAL = JournalURL(Secret("postgresql://x.test/y"), "y")
SIGNED = b"DKIM-Signature: v=1\r\nFrom: a@x.test\r\n\r\n"


def signature() -> object:
    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return DKIM("x.test", "s", key)


def login(mechanism: Callable[..., object]) -> object:
    return next(mechanism(Credentials("ann"), ConnectionFacts("mail.test", 25)))  # type: ignore[call-overload]


def mail() -> object:
    return authenticate(Zone(ZONE), SIGNED, mail_from="a@x.test", peer="192.0.2.1")


class Door(NamedTuple):
    """What needs a package of an extra."""

    extra: str
    package: str
    use: Callable[[], object]


DOORS = (
    Door("dkim", "dkim", signature),
    Door("excel", "openpyxl", lambda: sheet(pd.DataFrame({"a": [1]}), ".xlsx")),
    Door("ntlm", "spnego", lambda: login(ntlm)),
    Door("kerberos", "spnego", lambda: login(gssapi)),
    Door("kerberos", "krb5", lambda: login(gssapi)),
    Door("oauth", "oauthlib", lambda: google("a@x.test", {"installed": CLIENT})),
    Door("oauth", "requests_oauthlib", lambda: google("a@x.test", {"installed": CLIENT})),
    Door("oauth", "google_auth_oauthlib", lambda: google("a@x.test", {"installed": CLIENT})),
    Door("oauth", "msal", lambda: microsoft("a@x.test", "id")),
    Door("lessons", "spf", lambda: Net(Zone(ZONE))),
    Door("lessons", "dkim", lambda: Net(Zone(ZONE))),
    Door("lessons", "spf", mail),
    Door("lessons", "dkim", mail),
    Door("cluster", "distributed", lambda: require_client(object())),
    Door("cluster", "sqlalchemy", lambda: engine_of(JOURNAL)),
    Door("cluster", "psycopg", lambda: engine_of(JOURNAL)),
)


@pytest.mark.parametrize(
    "door", DOORS, ids=[f"{n}-{door.extra}-{door.package}" for n, door in enumerate(DOORS)]
)
def test_a_missing_package_is_an_error_that_names_its_extra(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, door.package, None)
    with pytest.raises(SMTPError) as caught:
        door.use()
    # Double quotes: the shell of Windows knows no others.
    assert f'Run pip install "smtp_nb[{door.extra}]"' in caught.value.remedy
    assert re.search(r"need|require", caught.value.description)


def test_every_extra_has_a_door_here() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        extras = tomllib.load(file)["project"]["optional-dependencies"]
    assert {door.extra for door in DOORS} == set(extras) - WORKSHOPS
