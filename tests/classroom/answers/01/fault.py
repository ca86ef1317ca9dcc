# 1.2: a 503
from smtp_nb.classroom import Terminal

lesson.server.inject("reply", stage="NOOP", code=503, text="Not now")
with Terminal(lesson.server, name=lesson.student) as terminal:
    terminal.dialogue(f"""
        EHLO {lesson.nonce}.test
        NOOP
        MAIL FROM: me@class.test
        MAIL FROM:<me@class.test>
        DATA
        QUIT
    """)
