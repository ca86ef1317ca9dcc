"""Grading: notebooks, class logs and saved conversations in, points out.

How far a source is trusted, from the most to the least:

1. a class log: the teacher's own server wrote it;
2. a notebook: it is run again here, so what it shows does not count, what it does counts;
3. a saved conversation: a student can write such a file, so it counts nothing and is shown beside
   the points, for self-study.

The exercises of this package judge in all three, by key: check cells of a notebook that were
changed or deleted make no difference.
"""
