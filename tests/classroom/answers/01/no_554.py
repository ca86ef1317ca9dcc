# 1.2: a 554
from smtp_nb.classroom import Terminal

with Terminal(lesson.server, name=lesson.student) as terminal:
    terminal.dialogue(f"""
        EHLO {lesson.nonce}.test
        DATA
        MAIL FROM: me@class.test
        QUIT
    """)
