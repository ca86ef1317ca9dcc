# 9.3: MAIL, RCPT and DATA of it went in one group
from smtp_nb.classroom import Terminal

with Terminal(lesson.server, name=lesson.student) as terminal:
    terminal.dialogue(f"""
        EHLO me.test
        MAIL FROM:<me@class.test>
        RCPT TO:<teacher@class.test>
        DATA
        Subject: {lesson.nonce}

        One by one.
        .
        QUIT
    """)
