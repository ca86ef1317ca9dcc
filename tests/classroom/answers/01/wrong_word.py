# 1.1: its subject is your word
from smtp_nb.classroom import Terminal

with Terminal(lesson.server, name=lesson.student) as terminal:
    terminal.dialogue("""
        EHLO me.test
        MAIL FROM:<me@class.test>
        RCPT TO:<teacher@class.test>
        DATA
        Subject: hello teacher

        Hello
        .
        QUIT
    """)
