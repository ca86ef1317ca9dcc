# 3.1: To names class@class.test alone
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
To: ann@class.test, ben@class.test
Subject: 3.1 {lesson.nonce}

Hello
.
QUIT
""")
