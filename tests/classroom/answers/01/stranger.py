# 1.2: introduced with your word
from smtp_nb.classroom import Terminal

with Terminal(lesson.server, name=lesson.student) as terminal:
    terminal.dialogue("""
        EHLO me.test
        DATA
        MAIL FROM: me@class.test
        MAIL FROM:<me@class.test>
        DATA
        QUIT
    """)
