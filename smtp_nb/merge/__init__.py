"""Mail merge: from a DataFrame to delivered mail, with an outcome for every row."""

from smtp_nb.merge.job import MergeJob
from smtp_nb.merge.mailmerge import MailMerge, load
from smtp_nb.merge.progress import Progress
from smtp_nb.merge.run import Options
from smtp_nb.merge.template import Template

__all__ = ["MailMerge", "MergeJob", "Options", "Progress", "Template", "load"]
