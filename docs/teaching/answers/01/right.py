from smtp_nb.classroom import Terminal

# 1.1
with Terminal(lesson.server, name=lesson.student) as terminal:
    terminal.dialogue(f"""
        EHLO me.test
        MAIL FROM:<me@class.test>
        RCPT TO:<teacher@class.test>
        DATA
        Subject: {lesson.nonce}

        Hello! I typed this.
        .
        QUIT
    """)

# 1.2
with Terminal(lesson.server, name=lesson.student) as terminal:
    terminal.dialogue(f"""
        EHLO {lesson.nonce}.test
        RCPT TO:<teacher@class.test>
        MAIL FROM: me@class.test
        MAIL FROM:<me@class.test>
        DATA
        QUIT
    """)
