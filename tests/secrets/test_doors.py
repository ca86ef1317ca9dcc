"""A secret that is refused at a door shows nowhere: not in the error, not in any of our frames."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pandas as pd
import pytest

from canary import CANARY, as_text, assert_clean, ours, texts_of_error
from smtp_nb import SMTP, AsyncSMTP, Certificate, Firewall, MailMerge, Template
from smtp_nb.model.secret import encodings

PLAIN = "correct horse/battery@staple"
SPELLINGS = {
    "as it is": CANARY,
    "percent": quote(CANARY, safe=""),
    "with an at sign": f"{CANARY}@",
    "with a space": f"{CANARY} {CANARY}",
}


def url(secret: str, scheme: str = "http") -> str:
    return f"{scheme}://user:{secret}@h.test:1"


def merge(**arguments: Any) -> MailMerge:
    frame = pd.DataFrame({"email": ["a@x.test"]})
    template = Template(subject="Hi", text="Hello")
    return MailMerge(frame, template, to="email", from_="b@x.test", **arguments)


def assign(kind: Callable[[], Any], name: str, value: Any) -> None:
    setattr(kind(), name, value)


def put(name: str, value: Any) -> None:
    SMTP().settings[name] = value


DOORS: dict[str, Callable[[str], object]] = {
    "firewall = url": lambda s: assign(SMTP, "firewall", url(s)),
    "firewall = login": lambda s: assign(SMTP, "firewall", f"u:{s}@h"),
    "password = list": lambda s: assign(SMTP, "password", [s]),
    "password = bytes": lambda s: assign(AsyncSMTP, "password", s.encode()),
    "pasword = text": lambda s: assign(SMTP, "pasword", s),
    "mail_server = url": lambda s: assign(SMTP, "mail_server", url(s, "smtp")),
    "mail_server = login": lambda s: assign(SMTP, "mail_server", f"u:{s}@h"),
    "mail_port = url": lambda s: assign(SMTP, "mail_port", url(s)),
    "ssl_start_mode = url": lambda s: assign(SMTP, "ssl_start_mode", url(s)),
    "timeout = url": lambda s: assign(SMTP, "timeout", [url(s)]),
    "local_host = url": lambda s: assign(SMTP, "local_host", url(s)),
    "attachments = url": lambda s: assign(SMTP, "attachments", url(s)),
    "token_source = text": lambda s: assign(SMTP, "token_source", s),
    "SMTP(password=list)": lambda s: SMTP(password=[s]),  # type: ignore[typeddict-item]
    "SMTP(pasword=text)": lambda s: SMTP(subject="x", pasword=s),
    "SMTP(two)": lambda s: SMTP(firewall=url(s), password=[s], subject="a\nb"),
    "AsyncSMTP(mail_server=url)": lambda s: AsyncSMTP(mail_server=url(s)),
    "SMTP(password, and another is wrong)": lambda s: SMTP(password=s, mail_port=-1),
    "set": lambda s: SMTP().set({"password": [s]}),
    "from_url query": lambda s: SMTP.from_url(f"smtp://h?password={s}"),
    "from_url, no url": lambda s: SMTP.from_url(f"http://u:{s}@h"),
    "from_url, a port": lambda s: AsyncSMTP.from_url(f"smtp://u:{s}@h:{s}"),
    "from_url keyword": lambda s: SMTP.from_url("smtp://h", pasword=s),
    "from_url and password": lambda s: SMTP.from_url("http://h", password=s),
    "Firewall(host=url)": lambda s: Firewall(host=url(s)),
    "Firewall(host=login)": lambda s: Firewall(host=f"u:{s}@h"),
    "Firewall(password=list)": lambda s: Firewall(password=[s]),  # type: ignore[arg-type]
    "Firewall(type)": lambda s: Firewall("socks9", "h", 1, "u", s),
    "firewall.host = url": lambda s: assign(lambda: SMTP().firewall, "host", url(s)),
    "firewall.pasword = text": lambda s: assign(lambda: SMTP().firewall, "pasword", s),
    "config FirewallHost": lambda s: SMTP().config(f"FirewallHost={url(s)}"),
    "config FirewallPort": lambda s: SMTP().config(f"FirewallPort={url(s)}"),
    "config Pasword": lambda s: SMTP().config(f"Pasword={s}"),
    "config MailServer": lambda s: SMTP().config(f"MailServer={url(s)}"),
    "config bytes": lambda s: SMTP().config(f"Password={s}".encode()),  # type: ignore[arg-type]
    "settings FirewallHost": lambda s: put("FirewallHost", url(s)),
    "settings FirewallPassword": lambda s: put("FirewallPassword", {s}),
    "settings Pasword": lambda s: put("Pasword", s),
    "settings FirewallData": lambda s: put("FirewallData", f"Proxy-Authorization\n: {s}"),
    "MailMerge(server=url)": lambda s: merge(server=f"smtp://h?password={s}"),
    "MailMerge(password=)": lambda s: merge(password=s),
    "merge.server_ = url": lambda s: assign(merge, "serverr", url(s)),
    "Certificate(store_password=list)": lambda s: Certificate(2, "me.pfx", [s]),
    "store_password = list": lambda s: assign(Certificate, "store_password", [s]),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("door", DOORS)
def test_a_refused_secret_is_in_no_text_and_in_no_frame_of_ours(door: str, spelling: str) -> None:
    with pytest.raises(Exception) as caught:
        DOORS[door](SPELLINGS[spelling])
    for where, text in texts_of_error(caught.value):
        is_traceback = "traceback" in where or "frames" in where
        assert_clean(ours(text) if is_traceback else text, f"{where} of {door}")


def test_no_object_behind_a_frame_of_ours_keeps_it() -> None:
    """Not only what a repr shows: what a tracker finds that walks through dicts and lists."""
    for door, act in DOORS.items():
        with pytest.raises(Exception) as caught:
            act(PLAIN)
        for frame, _ in traceback.walk_tb(caught.value.__traceback__):
            if "/smtp_nb/" in frame.f_code.co_filename:
                held = [value for value in frame.f_locals.values() if isinstance(value, CONTAINERS)]
                shown = "".join(map(repr, held)) + as_text(b"".join(filter(is_bytes, held)))
                assert not any(s in shown for s in encodings(PLAIN)), (door, frame)


CONTAINERS = (str, bytes, list, tuple, dict, set)


def is_bytes(value: object) -> bool:
    return isinstance(value, bytes)
