# 9.3: its content waited for the 354
from smtp_nb.classroom import Terminal

with Terminal(lesson.server, name=lesson.student) as terminal:
    terminal.dialogue(f"""
        EHLO me.test
        <nowait>
        MAIL FROM:<me@class.test>
        RCPT TO:<teacher@class.test>
        DATA
        Subject: {lesson.nonce}

        All at once.
        .
        <wait>
        QUIT
    """)
