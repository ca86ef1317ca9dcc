# 10.3: mail E
from smtp_nb.classroom.lessons.who_sent_this import order

ALL = [
    ("pass", "none", "pass"),
    ("fail", "pass", "pass"),
    ("pass", "fail", "fail"),
    ("pass", "none", "pass"),
    ("none", "none", "none"),
]
verdicts = dict(zip("ABCDE", (ALL[number] for number in order(lesson.nonce)), strict=True))
