# 1.1: a message for teacher@class.test
from smtp_nb.classroom import Terminal

with Terminal(lesson.server, name=lesson.student) as terminal:
    terminal.dialogue(f"""
        EHLO me.test
        MAIL FROM:<me@class.test>
        RCPT TO:<head@class.test>
        DATA
        Subject: {lesson.nonce}

        Hello
        .
        QUIT
    """)
