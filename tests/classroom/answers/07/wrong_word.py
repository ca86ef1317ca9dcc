# 7.1: its subject is your word
from smtp_nb.classroom import Terminal

with Terminal(lesson.server) as terminal:
    terminal.dialogue("""
    EHLO student.test
    <tls>
    EHLO student.test
    MAIL FROM:<ann@class.test>
    RCPT TO:<teacher@class.test>
    DATA
    Subject: hello

    x
    .
    QUIT
    """)
