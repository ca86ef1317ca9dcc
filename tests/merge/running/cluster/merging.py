"""A process that runs a merge on a cluster, to be killed. Its one argument is a JSON object."""

from __future__ import annotations

import json
import sys

import pandas as pd
from distributed import Client

from smtp_nb.merge import MailMerge, Template


def main(order: dict[str, str]) -> None:
    merge = MailMerge(
        pd.read_csv(order["csv"]),
        Template(subject="For {{ name }}", markdown="Dear **{{ name }}**"),
        to="email",
        from_="t@x.test",
        server=order["server"],
        journal=order["journal"],
    )
    with Client(order["scheduler"]) as client:
        merge.run(cluster=client, window=32, progress=None)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
