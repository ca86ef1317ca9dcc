"""A process that sends one small message, then one with a large attachment, and tells what that
cost: the growth of its peak memory in KiB. Run by test_memory with a URL, octets and a way."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from smtp_nb import SMTP, Attachment


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(url: str, octets: str, path: str, way: str) -> None:
    smtp = SMTP.from_url(url, from_="ann@example.test", send_to="ben@example.test")
    smtp.attachments.append(Attachment(data=b"small", filename="small.bin"))
    smtp.send()
    before = peak()
    if way == "path":
        large = Attachment(path=path)
    else:
        large = Attachment(data=Path(path).read_bytes(), filename="large.bin")
    smtp.attachments[:] = [large]
    receipt = smtp.send()
    assert receipt.size > int(octets)
    print(peak() - before)


if __name__ == "__main__":
    main(*sys.argv[1:])
