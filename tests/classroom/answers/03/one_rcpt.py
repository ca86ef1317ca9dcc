# 3.1: the envelope names all three
from smtp_nb.classroom import Terminal


def say(text):
    with Terminal(lesson.server, name=lesson.student) as terminal:
        terminal.dialogue(text)


say(f"""
EHLO me.test
MAIL FROM:<me@class.test>
RCPT TO:<class@class.test>
DATA
To: class@class.test
Subject: 3.1 {lesson.nonce}

Hello
.
QUIT
""")
