# 3.2: From and MAIL differ
from smtp_nb.classroom import Terminal


def say(text):
    with Terminal(lesson.server, name=lesson.student) as terminal:
        terminal.dialogue(text)


say(f"""
EHLO me.test
MAIL FROM:<head@school.test>
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
