"""Results without the frame they came from."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from smtp_nb.merge.journal.journal import JournalReader
from smtp_nb.merge.journal.url import is_url, place_of
from smtp_nb.merge.results import report
from smtp_nb.merge.results.export import read_results
from smtp_nb.model.unseen import unseen_arguments


@unseen_arguments  # a URL may hold a password
def load(path: str | os.PathLike[str], name: str = "") -> pd.DataFrame:
    """The results of a campaign from its journal, or from its export (`.csv`), without the frame.

    The columns are those of `MailMerge.results`. Rows of the last run come first, in its order;
    messages whose row was removed since follow, without a row.

    Args:
        path: a file, or the URL of a database: "postgresql+psycopg://user@host/database".
        name: the campaign, where a database holds several.

    Raises:
        JournalError: the file is not a journal; the database holds none, or several.
        InputError: the `.csv` file is not an export.
    """
    if not is_url(path) and Path(path).suffix.lower() == ".csv":
        return read_results(path)
    with JournalReader.open(place_of(path, name)) as journal:
        return report.results(journal.plan(), journal)
