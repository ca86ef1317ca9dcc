# 7.1: a message for teacher@class.test
from smtp_nb.classroom import Terminal

with Terminal(lesson.server) as terminal:
    terminal.dialogue(f"""
    EHLO student.test
    <tls>
    EHLO student.test
    MAIL FROM:<ann@class.test>
    RCPT TO:<ben@class.test>
    DATA
    Subject: {lesson.nonce}

    x
    .
    QUIT
    """)
