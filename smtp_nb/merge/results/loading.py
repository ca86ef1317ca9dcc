"""Results without the frame they came from."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from smtp_nb.merge.journal.journal import JournalReader
from smtp_nb.merge.results import report
from smtp_nb.merge.results.export import read_results


def load(path: str | os.PathLike[str]) -> pd.DataFrame:
    """The results of a campaign from its journal, or from its export (`.csv`), without the frame.

    The columns are those of `MailMerge.results`. Rows of the last run come first, in its order;
    messages whose row was removed since follow, without a row.

    Raises:
        JournalError: the file is not a journal.
        InputError: the `.csv` file is not an export.
    """
    if Path(path).suffix.lower() == ".csv":
        return read_results(path)
    with JournalReader.open(Path(path)) as journal:
        return report.results(journal.plan(), journal)
