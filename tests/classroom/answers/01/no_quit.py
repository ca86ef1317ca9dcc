# 1.1: you said good-bye
from smtp_nb.classroom import Terminal

with Terminal(lesson.server, name=lesson.student) as terminal:
    terminal.dialogue(f"""
        EHLO me.test
        MAIL FROM:<me@class.test>
        RCPT TO:<teacher@class.test>
        DATA
        Subject: {lesson.nonce}

        Hello
        .
    """)
