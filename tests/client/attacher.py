"""A process that sends one small message, then one with a large attachment, and tells what that
cost: the growth of its peak memory in KiB. Run by test_memory with a URL, octets and a way."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

from smtp_nb import SMTP, AsyncSMTP, Attachment, Receipt


def peak() -> int:
    """The highest resident size so far; ru_maxrss would be that of the parent, if it was larger."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    assert found is not None
    return int(found[1])


def send(smtp: SMTP | AsyncSMTP) -> Receipt:
    return asyncio.run(smtp.send()) if isinstance(smtp, AsyncSMTP) else smtp.send()


def main(url: str, octets: str, path: str, way: str) -> None:
    front = AsyncSMTP if way == "asyncio" else SMTP
    smtp = front.from_url(url, from_="ann@example.test", send_to="ben@example.test")
    smtp.attachments.append(Attachment(data=b"small", filename="small.bin"))
    send(smtp)
    before = peak()
    if way == "octets":
        large = Attachment(data=Path(path).read_bytes(), filename="large.bin")
    else:
        large = Attachment(path=path)
    smtp.attachments[:] = [large]
    assert send(smtp).size > int(octets)
    print(peak() - before)


if __name__ == "__main__":
    main(*sys.argv[1:])
