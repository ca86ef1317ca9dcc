# 3.1: one message
from smtp_nb.classroom import Terminal


def say(text):
    with Terminal(lesson.server, name=lesson.student) as terminal:
        terminal.dialogue(text)


say(f"""
EHLO me.test
MAIL FROM:<me@class.test>
RCPT TO:<ann@class.test>
DATA
To: class@class.test
Subject: 3.1 {lesson.nonce}

Hello
.
QUIT
""")

say(f"""
EHLO me.test
MAIL FROM:<me@class.test>
RCPT TO:<ben@class.test>
DATA
To: class@class.test
Subject: 3.1 {lesson.nonce}

Hello
.
QUIT
""")

say(f"""
EHLO me.test
MAIL FROM:<me@class.test>
RCPT TO:<cy@class.test>
DATA
To: class@class.test
Subject: 3.1 {lesson.nonce}

Hello
.
QUIT
""")
