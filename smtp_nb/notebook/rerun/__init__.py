"""Notebooks of students, run again in a process of their own: `python -m smtp_nb.notebook.rerun`.

A job comes as JSON on standard input, reports go as JSON lines to standard output, and what the
notebook prints goes nowhere. `smtp_nb.classroom.grading` starts it and ends it.

The process keeps a notebook from harming by accident, and from cheating with little effort: no
network, no other programs, no file outside its folder, limits on time and memory. Whoever knows
Python well can get around that, so grade strangers' notebooks in a container.
"""
