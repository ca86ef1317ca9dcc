# 10.3: mail D
from smtp_nb.classroom.lessons.who_sent_this import order

ALL = [
    ("pass", "none", "pass"),
    ("fail", "pass", "pass"),
    ("pass", "fail", "fail"),
    ("pass", "none", "fail"),
    ("none", "none", "fail"),
]
verdicts = dict(zip("ABCDE", (ALL[number] for number in order(lesson.nonce)), strict=True))
