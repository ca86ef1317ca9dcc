# 3.2: the bounce comes from nobody
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
MAIL FROM:<mailer@class.test>
RCPT TO:<{lesson.nonce}@class.test>
DATA
Subject: could not be delivered

Hello
.
QUIT
""")
bounce_to = f"{lesson.nonce}@class.test"
