# 9.3: a message for teacher@class.test, with your word as its subject
from smtp_nb.classroom import Terminal

with Terminal(lesson.server, name=lesson.student) as terminal:
    terminal.dialogue(f"""
        EHLO me.test
        <nowait>
        MAIL FROM:<me@class.test>
        RCPT TO:<ben@class.test>
        DATA
        <wait>
        Subject: {lesson.nonce}

        Not for the teacher.
        .
        QUIT
    """)
