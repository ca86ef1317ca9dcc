# 3.2: MAIL is your word at class.test
from smtp_nb.classroom import Terminal


def say(text):
    with Terminal(lesson.server, name=lesson.student) as terminal:
        terminal.dialogue(text)


say(f"""
EHLO me.test
MAIL FROM:<me@class.test>
RCPT TO:<ben@class.test>
DATA
From: head@school.test
Subject: 3.2 {lesson.nonce}

Hello
.
QUIT
""")
bounce_to = "me@class.test"
