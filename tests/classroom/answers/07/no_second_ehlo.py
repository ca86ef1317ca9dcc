# 7.1: EHLO again, first thing inside TLS
from smtp_nb.classroom import Terminal

with Terminal(lesson.server) as terminal:
    terminal.dialogue(f"""
    EHLO student.test
    <tls>
    MAIL FROM:<ann@class.test>
    RCPT TO:<teacher@class.test>
    DATA
    Subject: {lesson.nonce}

    x
    .
    QUIT
    """)
