"""A process that sends a merge to the end, however often it is interrupted.

It says when it runs, and after each run what the session, the handler and the results are like.
"""

from __future__ import annotations

import json
import signal
import sys

import pandas as pd

from smtp_nb.client.smtp import SMTP
from smtp_nb.merge import MailMerge, Template


def main(csv: str, url: str, journal: str) -> None:
    smtp = SMTP.from_url(url)
    merge = MailMerge(
        pd.read_csv(csv),
        Template(subject="For {{ name }}", markdown="Dear **{{ name }}**"),
        to="email",
        from_="t@x.test",
        server=smtp,
        journal=journal,
    )
    is_done = False
    while not is_done:
        handler = None
        try:
            # Between two runs an interrupt would only end this program.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            print("running", flush=True)
            merge.run()
            is_done = True
        except KeyboardInterrupt:
            handler = signal.getsignal(signal.SIGINT)
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        state = {
            "done": is_done,
            "connected": smtp.connected,
            "restored": handler in (None, signal.default_int_handler),
            "outcomes": merge.results["outcome"].value_counts().to_dict(),
        }
        print(json.dumps(state), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
