"""Mail merge: from a DataFrame to delivered mail, with an outcome for every row."""

from smtp_nb.merge.mailmerge import MailMerge
from smtp_nb.merge.results.loading import load
from smtp_nb.merge.results.summary import Summary
from smtp_nb.merge.running.job import MergeJob
from smtp_nb.merge.running.progress import Progress
from smtp_nb.merge.running.run import Options
from smtp_nb.merge.templates.template import Template

__all__ = ["MailMerge", "MergeJob", "Options", "Progress", "Summary", "Template", "load"]
