# 3.3: then one message went to both
from smtp_nb.classroom import Terminal


def say(text):
    with Terminal(lesson.server, name=lesson.student) as terminal:
        terminal.dialogue(text)


say("""
EHLO me.test
MAIL FROM:<me@class.test>
RCPT TO:<ann@class.test, ben@class.test>
RCPT TO:<ann@class.test>
RCPT TO:<ben@class.test>
DATA
Subject: hello

Hello
.
QUIT
""")
