# 11.2: a mail from fjord-lantern@post.test at the bank
from smtp_nb.classroom import Terminal

word = lesson.nonce
with Terminal(lesson.net["post.test"]) as terminal:
    terminal.dialogue("""
        EHLO me.test
        MAIL FROM:<me@post.test>
        RCPT TO:<ben@bank.test>
        DATA
    """)
    terminal.send(b"From: me@post.test\r\n\r\nHello" + b"\r.\r")
    terminal.send(f"MAIL FROM:<{word}@post.test>\rRCPT TO:<ben@bank.test>\rDATA\r\rTwo".encode())
    terminal.send(b"\r\n.\r\n")
    terminal.read()
