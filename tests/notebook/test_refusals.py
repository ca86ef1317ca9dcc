"""Promises of smtp_nb.notebook.refusals."""

from __future__ import annotations

import base64

import pytest

from smtp_nb.notebook.refusals import secrets_in
from smtp_nb.notebook.words import split_words

PLAIN = base64.b64encode(b"\0ann\0hunter2").decode()


@pytest.mark.parametrize(
    ("line", "secrets"),
    [
        ("connect --password hunter2", {"hunter2"}),
        ("connect --password=hunter2", {"hunter2"}),
        ("connect --Passwd hunter2", {"hunter2"}),
        ("connect --pw hunter2", {"hunter2"}),
        ("connect --token hunter2", {"hunter2"}),
        ("connect --password", {""}),
        ("connect smtp://ann:hunter2@mail.test", {"hunter2"}),
        ("connect smtp://ann:hun%20ter@mail.test", {"hun%20ter", "hun ter"}),
        ("connect smtp://ann:p@ss/w:rd@mail.test", {"p@ss/w:rd"}),
        ("connect smtp://:hunter2@mail.test", {"hunter2"}),
        ("send --text https://ann:hunter2@proxy.test:80/x", {"hunter2"}),
        (f"command AUTH PLAIN {PLAIN}", {PLAIN}),
        ("command auth login aHVudGVyMg==", {"aHVudGVyMg=="}),
        (f"explain 'AUTH PLAIN {PLAIN}'", {PLAIN}),
        (f"send --text {PLAIN}", {PLAIN}),
    ],
)
def test_a_secret_on_the_line_is_found(line: str, secrets: set[str]) -> None:
    assert secrets_in(split_words(line)) == secrets


@pytest.mark.parametrize(
    "line",
    [
        "",
        "connect smtp://ann@mail.test:587",
        "connect --password-env MAIL_PASSWORD",
        "connect {{ server.url }}",
        "connect smtp://ann:{{ secret }}@mail.test",
        "connect --password {{ secret }}",
        "send --subject 'auth plain text' --text passwords",
        "send --to ann@example.org --subject 'see http://a.test:80/x?mail=b'",
        "send --text http://a.test:80/x?mail=a@b.test",
        "explain 535 5.7.8 AUTH failed",
        "explain AUTH PLAIN",
        "merge df result --yes 57",
    ],
)
def test_what_only_looks_like_one_is_not(line: str) -> None:
    assert secrets_in(split_words(line)) == set()
