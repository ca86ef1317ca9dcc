# 9.3: after HELO, the server caught you talking ahead
from smtp_nb.classroom import Terminal

with Terminal(lesson.server, name=lesson.student) as terminal:
    terminal.dialogue("""
        <nowait>
        EHLO me.test
        MAIL FROM:<me@class.test>
        <wait>
        QUIT
    """)
