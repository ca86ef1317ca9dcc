"""Judging: from what a source shows of a student to points, and how far the source is trusted."""
