# 3.1: no header names ben@class.test
from smtp_nb.classroom import Terminal


def say(text):
    with Terminal(lesson.server, name=lesson.student) as terminal:
        terminal.dialogue(text)


say(f"""
EHLO me.test
MAIL FROM:<me@class.test>
RCPT TO:<ann@class.test>
RCPT TO:<ben@class.test>
RCPT TO:<cy@class.test>
DATA
To: class@class.test
Bcc: ben@class.test
Subject: 3.1 {lesson.nonce}

Hello
.
QUIT
""")
