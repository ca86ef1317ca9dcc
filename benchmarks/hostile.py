"""The corpus of hostile servers, played to our client and to its peers.

    python -m benchmarks.hostile [--names] [--docs]

Each case is a real server on this machine with one misdeed (tests/hostile). What is right for a
client is told by the corpus; the figures say how often each client does it, and what it does
instead; `--names` names the cases, `--docs` puts them into docs/hostile.md.
"""

from __future__ import annotations

import asyncio
import smtplib
import ssl
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import aiosmtplib  # noqa: E402

import smtp_nb  # noqa: E402
from drivers.fronts import open_front  # noqa: E402
from drivers.peers import Peer  # noqa: E402
from hostile.corpus import CASES, Case  # noqa: E402
from hostile.runner import component, habit_of, villain_of  # noqa: E402
from wire import pki  # noqa: E402

TIMEOUT = 1.0
"""What each client is told to wait at most."""
WATCHDOG = 5.0
DRIP = 0.05
MOST_OCTETS = 32 * 1024 * 1024
MEGABYTE = 1024 * 1024
AT_ONCE = 16
# What belongs to one client's way of using a line, or to proxies, which the peers do not speak.
FAIR = [case for case in CASES if not case.twice and not case.name.startswith(("proxy", "group"))]
VERDICTS = {
    "right": "right",
    "sent": "takes an invalid reply as acceptance of the message",
    "trusting": "continues after an invalid or a surplus reply",
    "failed": "reports a failure, and the message was sent",
    "foreign": "raises an error that is not a mail client's",
    "late": "is still waiting after five times its time limit",
    "greedy": "reads more than 1 MiB of a reply",
}
Send = Callable[[Case, int], None]


def with_smtp_nb(front_name: str) -> Send:
    """Ours, on either front."""

    def send(case: Case, port: int) -> None:
        with open_front(front_name) as front:
            smtp = component(front, case, port)
            smtp.timeout = TIMEOUT
            front.run(smtp.send())

    return send


def with_smtplib(case: Case, port: int) -> None:
    """As the documentation of smtplib shows it."""
    where = {"host": "127.0.0.1", "port": port, "timeout": TIMEOUT}
    make: Any = smtplib.SMTP_SSL if case.properties.get("ssl_start_mode") == "implicit" else None
    opened = make(context=trusting(), **where) if make else smtplib.SMTP(**where)
    with opened as smtp:
        if case.properties.get("ssl_start_mode") == "explicit":
            smtp.starttls(context=trusting())
        if "user" in case.properties:
            smtp.login(case.properties["user"], case.properties["password"])
        smtp.sendmail("ann@client.test", ["bob@server.test"], message(case))


def with_aiosmtplib(case: Case, port: int) -> None:
    """As the documentation of aiosmtplib shows it."""
    mode = case.properties.get("ssl_start_mode")

    async def send() -> None:
        async with aiosmtplib.SMTP(
            hostname="127.0.0.1",
            port=port,
            timeout=TIMEOUT,
            use_tls=mode == "implicit",
            start_tls=mode == "explicit",
            tls_context=trusting() if mode else None,
        ) as smtp:
            if "user" in case.properties:
                await smtp.login(case.properties["user"], case.properties["password"])
            await smtp.sendmail("ann@client.test", ["bob@server.test"], message(case))

    asyncio.run(send())


CLIENTS: dict[str, tuple[Send, tuple[type[BaseException], ...]]] = {
    "smtp_nb, blocking": (with_smtp_nb("blocking"), (smtp_nb.SMTPError,)),
    "smtp_nb, asyncio": (with_smtp_nb("asyncio"), (smtp_nb.SMTPError,)),
    "smtplib": (with_smtplib, (smtplib.SMTPException, OSError)),
    "aiosmtplib": (with_aiosmtplib, (aiosmtplib.SMTPException, OSError)),
}


def trusting() -> ssl.SSLContext:
    """Trusts the villains' authority."""
    return ssl.create_default_context(cadata=pki.root().pem.decode())


def message(case: Case) -> bytes:
    """What is sent."""
    content: bytes = case.properties.get("message", b"Subject: Test\r\n\r\n.one\r\ntwo\r\n")
    return content


def played(client: str, case: Case) -> str:
    """What a client makes of a case: a key of `VERDICTS`."""
    send, own = CLIENTS[client]
    villain = villain_of(case)
    ended: list[BaseException | None] = []

    def work() -> None:
        try:
            send(case, peer.port)
            ended.append(None)
        except BaseException as error:
            ended.append(error)

    with Peer(habit_of(villain, lambda _: time.sleep(DRIP), MOST_OCTETS)) as peer:
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        thread.join(WATCHDOG)
        was_sent = case.outcome.startswith("ACCEPTED")
        if not ended:
            return "late"
        if villain.octets > 2 * MEGABYTE:  # the other one may be in the system's buffers
            return "greedy"
    if ended[0] is None and not was_sent:
        return "trusting" if villain.contents and case.trigger != "." else "sent"
    if ended[0] is None:
        return "right"
    if not isinstance(ended[0], own):
        return "foreign"
    return "failed" if was_sent else "right"


def figures() -> dict[str, Counter[str]]:
    """How often each client does what."""
    found: dict[str, Counter[str]] = {}
    for client in CLIENTS:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            verdicts = list(pool.map(lambda case, name=client: played(name, case), FAIR))
        found[client] = Counter(verdicts)
        if "--names" in sys.argv:
            wrong = zip(FAIR, verdicts, strict=True)
            print(*(f"  {case.name}: {v}" for case, v in wrong if v != "right"), sep="\n")
        print(f"{client}: {dict(found[client])}", flush=True)
    return found


def table(found: dict[str, Counter[str]]) -> str:
    """The figures as Markdown."""
    head = f"| of {len(FAIR)} cases | " + " | ".join(found) + " |"
    rows = [
        f"| {words} | " + " | ".join(str(counter[key]) for counter in found.values()) + " |"
        for key, words in VERDICTS.items()
    ]
    return "\n".join([head, "|---|" + "---:|" * len(found), *rows])


def main() -> None:
    """Print the figures, and put them into the docs if asked to."""
    shown = table(figures())
    print(shown)
    if "--docs" in sys.argv:
        page = ROOT / "docs" / "hostile.md"
        before, begin, rest = page.read_text("utf-8").partition("<!-- figures -->\n")
        _, end, after = rest.partition("<!-- end of figures -->")
        page.write_text(f"{before}{begin}\n{shown}\n\n{end}{after}", "utf-8")


if __name__ == "__main__":
    main()
