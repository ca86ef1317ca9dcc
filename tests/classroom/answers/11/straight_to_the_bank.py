# 11.2: a conversation by hand
from smtp_nb.classroom import Terminal

with Terminal(lesson.net.url("bank.test", peer="192.0.2.10")) as terminal:
    terminal.dialogue(f"""
        EHLO mx.post.test
        MAIL FROM:<{lesson.nonce}@post.test>
        RCPT TO:<ben@bank.test>
        DATA
        From: {lesson.nonce}@post.test

        Hello
        .
        QUIT
    """)
