# 3.2: where a bounce goes
from smtp_nb.classroom import Terminal


def say(text):
    with Terminal(lesson.server, name=lesson.student) as terminal:
        terminal.dialogue(text)


say(f"""
EHLO me.test
MAIL FROM:<{lesson.nonce}@class.test>
RCPT TO:<ben@class.test>
DATA
From: head@school.test
Subject: 3.2 {lesson.nonce}

Hello
.
QUIT
""")

say(f"""
EHLO me.test
MAIL FROM:<>
RCPT TO:<{lesson.nonce}@class.test>
DATA
Subject: could not be delivered

Hello
.
QUIT
""")
bounce_to = "head@school.test"
