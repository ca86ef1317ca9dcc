# 1.2: a 503
from smtp_nb.classroom import Terminal

with Terminal(lesson.server, name=lesson.student) as terminal:
    terminal.dialogue(f"""
        EHLO {lesson.nonce}.test
        MAIL FROM: me@class.test
        MAIL FROM:<me@class.test>
        DATA
        QUIT
    """)
