"""Mail server URLs, read into properties."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

from drivers.fronts import Front
from smtp_nb.client.session.remembered import Remembered
from smtp_nb.client.session.session_settings import settings_from
from smtp_nb.errors import InputError, SettingError

PIN = "sha256:" + "ab" * 32

URLS: dict[str, dict[str, Any]] = {
    "smtp://mail.test": {"mail_server": "mail.test", "mail_port": 587, "ssl_start_mode": 2},
    "smtp://mail.test:2525": {"mail_port": 2525, "ssl_start_mode": 2},
    "smtps://mail.test": {"mail_port": 465, "ssl_start_mode": 1},
    "smtps://mail.test:25": {"mail_port": 25, "ssl_start_mode": 1},
    "smtp://ann@mail.test": {"user": "ann"},
    "smtp://ann%40x.test:p%3Aw%2F%20@mail.test": {"user": "ann@x.test", "password": "p:w/ "},
    "smtp://mail.test?tls=none": {"ssl_start_mode": 3},
    "smtp://mail.test?tls=starttls": {"ssl_start_mode": 2},
    "smtp://mail.test?tls=explicit": {"ssl_start_mode": 2},
    "smtp://mail.test:465?tls=implicit": {"ssl_start_mode": 1},
    "smtp://localhost:2525": {"ssl_start_mode": 3},
    "smtp://127.0.0.1:2525": {"mail_server": "127.0.0.1", "ssl_start_mode": 3},
    "smtp://127.8.8.8": {"ssl_start_mode": 3},
    "smtp://[::1]:2525": {"mail_server": "::1", "mail_port": 2525, "ssl_start_mode": 3},
    "smtp://127.evil.test": {"mail_server": "127.evil.test", "ssl_start_mode": 2},
    "smtp://localhost.evil.test": {"ssl_start_mode": 2},
    "smtp://localhost?ca=/etc/ca.pem": {"CACertFilePaths": "/etc/ca.pem", "ssl_start_mode": 2},
    f"smtp://127.0.0.1?pin={PIN}": {"SSLServerPin": PIN, "ssl_start_mode": 2},
    "smtp://mail.test?ca=/a%20b.pem&tls=implicit": {"CACertFilePaths": "/a b.pem"},
    "SMTP://MAIL.test": {"mail_server": "mail.test"},
}


@pytest.mark.parametrize(("url", "properties"), URLS.items(), ids=URLS)
def test_a_url_names_server_login_and_tls(
    front: Front, url: str, properties: dict[str, Any]
) -> None:
    smtp = front.SMTP.from_url(url)
    for name, value in properties.items():
        found = smtp.settings[name] if name[0].isupper() else getattr(smtp, name)
        assert getattr(found, "reveal", lambda found=found: found)() == value


def test_keywords_go_along_with_a_url(front: Front) -> None:
    smtp = front.SMTP.from_url("smtp://mail.test", subject="Hello", mail_port=26)
    assert (smtp.subject, smtp.mail_port) == ("Hello", 26)
    with pytest.raises(SettingError, match="Did you mean subject"):
        front.SMTP.from_url("smtp://mail.test", subjct="Hello")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.test",
        "http://mail.test",
        "smtp://",
        "smtp://ann:hunter2",
        "smtp://ann:hunter2@",
        "smtp://ann:hunter2@mail.test:port",
        "smtp://ann:hunter2@mail.test:70000",
        "smtp://ann:hunter2@[::1",
        "smtp://ann:hunter2@mail℀.test",
        "smtp://ann:hunter2@mail.test?tls=maybe",
        "smtp://ann:hunter2@mail.test?tsl=none",
        "smtp://ann:hunter2@mail.test/path",
        "smtp://ann:hunter2@mail.test#part",
        "smtp://ann:hunter2@mail test",
        "smtp://ann:hunter2%0d%0a@mail.test/x",
        "smtp://ann%0d%0a:hunter2@mail.test",
        "smtp://mail.test?pin=sha1:00",
        "smtp://mail.test?tls=none&tls=starttls",
    ],
)
def test_what_is_no_url_is_an_error_that_does_not_repeat_the_password(
    front: Front, url: str
) -> None:
    with pytest.raises(InputError) as caught:
        settings_from(front.SMTP.from_url(url), Remembered())
    assert caught.value.remedy
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
    assert "hunter2" not in repr(caught.value.__context__)
