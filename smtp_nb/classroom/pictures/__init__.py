"""Pictures for lessons: small drawings that need nothing but a browser, each with its words."""

from smtp_nb.classroom.pictures.chart import chart
from smtp_nb.classroom.pictures.handover import handover
from smtp_nb.classroom.pictures.timeline import timeline

__all__ = ["chart", "handover", "timeline"]
