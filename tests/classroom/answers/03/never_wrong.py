# 3.3: two addresses in one RCPT were refused
from smtp_nb.classroom import Terminal


def say(text):
    with Terminal(lesson.server, name=lesson.student) as terminal:
        terminal.dialogue(text)


say(f"""
EHLO me.test
MAIL FROM:<me@class.test>
RCPT TO:<ann@class.test>
RCPT TO:<ben@class.test>
DATA
Subject: 3.3 {lesson.nonce}

Hello
.
QUIT
""")
