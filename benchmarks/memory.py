"""What large things cost: memory above what was there before, and seconds.

    python benchmarks/memory.py CASE PORT SIZE FOLDER      prints both, as JSON

SIZE is the attachment's megabytes, or the number of rows.
"""

from __future__ import annotations

import gc
import json
import os
import random
import sys
import time
from base64 import b64encode
from collections.abc import Callable
from ctypes import CDLL
from email.message import EmailMessage
from pathlib import Path

from letters import HOST, HTML, SENDER, SUBJECT, TEXT, Job, jinja

MEGABYTE = 1024 * 1024
Work = Callable[[], object]


def _peak_kib() -> int:
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


def _forget_peak() -> None:
    """From now on the peak is counted anew (Linux, its C library)."""
    gc.collect()
    CDLL(None).malloc_trim(0)  # or what is measured would live in what was let go before
    Path("/proc/self/clear_refs").write_text("5")


def _file(folder: Path, megabytes: int) -> Path:
    path = folder / "large.bin"
    with path.open("wb") as file:
        for _ in range(megabytes):
            file.write(os.urandom(MEGABYTE))
    return path


def _email_message(data: bytes) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER, "s@school.test", "Large"
    message.set_content("See the file.")
    message.add_attachment(data, maintype="application", subtype="zip", filename="large.zip")
    return message


def ours_from_path(port: int, size: int, folder: Path) -> Work:
    """SMTP.send() with an attachment from a path."""
    from smtp_nb import SMTP
    from smtp_nb.compose.parts import Attachment

    smtp = SMTP(mail_server=HOST, mail_port=port, from_=SENDER, send_to="s@school.test")
    smtp.message_text = "See the file."
    smtp.attachments = [Attachment(path=_file(folder, size))]
    smtp.connect()
    return smtp.send


def ours_from_email_message(port: int, size: int, folder: Path) -> Work:
    """SMTP.send(EmailMessage)."""
    from smtp_nb import SMTP

    message = _email_message(_file(folder, size).read_bytes())
    smtp = SMTP(mail_server=HOST, mail_port=port)
    smtp.connect()
    return lambda: smtp.send(message)


def theirs_from_email_message(port: int, size: int, folder: Path) -> Work:
    """smtplib.SMTP.send_message."""
    import smtplib

    message = _email_message(_file(folder, size).read_bytes())
    smtp = smtplib.SMTP(HOST, port)
    return lambda: smtp.send_message(message)


def ours_in_a_merge(port: int, size: int, folder: Path) -> Work:
    """MailMerge.run() of 10 rows with one large attachment."""
    return _merge(port, 10, folder, [_file(folder, size)])


def ours_of_many_rows(port: int, size: int, folder: Path) -> Work:
    """MailMerge of many rows, its results kept."""
    return _merge(port, size, folder, [])


def ours_checked(port: int, size: int, folder: Path) -> Work:
    """MailMerge.check() of many rows."""
    import pandas as pd

    from smtp_nb import MailMerge, Template

    frame = pd.DataFrame(Job(port, size, 1, None, folder, folder).table)
    template = Template(subject=jinja(SUBJECT), text=jinja(TEXT), html=jinja(HTML))

    def check(frame: pd.DataFrame) -> object:
        merge = MailMerge(frame, template, to="email", from_=SENDER, name="check")
        return merge.check()

    check(frame.head(2))
    return lambda: check(frame)


def ours_of_groups(port: int, size: int, folder: Path) -> Work:
    """The same with a message for every two rows."""
    return _merge(port, size, folder, [], pairs=True)


def ours_with_sheets(port: int, size: int, folder: Path) -> Work:
    """The same with the two rows as an .xlsx file of 50 KB, most of it a text of each row.

    So some hundred of them are a sum that shows. Few are under way at the same time.
    """
    letters = random.Random(1)
    text = b64encode(letters.randbytes(24_000 * size)).decode()
    notes = [text[place : place + 32_000] for place in range(0, len(text), 32_000)]
    files = {"rows.xlsx": "{{ rows }}"}
    return _merge(port, size, folder, files, pairs=True, notes=notes, window=4)


def _merge(
    port: int,
    rows: int,
    folder: Path,
    files: list[Path] | dict[str, str],
    pairs: bool = False,
    notes: list[str] | None = None,
    window: int = 32,
) -> Work:
    import pandas as pd

    from smtp_nb import SMTP, MailMerge, Template

    job = Job(port, rows, 1, None, folder, folder)
    frame = pd.DataFrame(job.table)
    if pairs:
        frame = frame.iloc[[place - place % 2 for place in range(rows)]].reset_index(drop=True)
    if notes is not None:
        # Not as Arrow's strings: what its allocator has let go is given back some time later.
        frame["note"] = pd.Series(notes, dtype=object)
    smtp = SMTP(mail_server=HOST, mail_port=port)
    template = Template(
        subject=jinja(SUBJECT), text=jinja(TEXT), html=jinja(HTML), attachments=files
    )

    def run(frame: pd.DataFrame, name: str) -> object:
        merge = MailMerge(
            frame, template, to="email", from_=SENDER, server=smtp, name=name,
            journal=folder / f"{name}.sqlite", group_by="email" if pairs else None, window=window,
        )  # fmt: skip
        results = merge.run(progress=None)
        assert (results.outcome == "ACCEPTED").all()
        return merge, results

    run(frame.head(2), "warm")  # what is loaded on first use is no row's
    return lambda: run(frame, "bench")


CASES = {
    "path": ours_from_path,
    "email": ours_from_email_message,
    "smtplib": theirs_from_email_message,
    "merge": ours_in_a_merge,
    "rows": ours_of_many_rows,
    "check": ours_checked,
    "groups": ours_of_groups,
    "sheets": ours_with_sheets,
}


def main() -> None:
    case, port, size, folder = sys.argv[1:]
    work = CASES[case](int(port), int(size), Path(folder))
    _forget_peak()
    before, began = _peak_kib(), time.perf_counter()
    kept = work()
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "more_kib": _peak_kib() - before}))
    del kept


if __name__ == "__main__":
    main()
