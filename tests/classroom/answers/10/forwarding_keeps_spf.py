# 10.3: mail A
from smtp_nb.classroom.lessons.who_sent_this import order

ALL = [
    ("pass", "none", "pass"),
    ("pass", "pass", "pass"),
    ("pass", "fail", "fail"),
    ("pass", "none", "fail"),
    ("none", "none", "none"),
]
verdicts = dict(zip("ABCDE", (ALL[number] for number in order(lesson.nonce)), strict=True))
