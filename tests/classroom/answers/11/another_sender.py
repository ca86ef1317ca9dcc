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
    terminal.send(b"From: me@post.test\r\n\r\nHello" + b"\n.\n")
    terminal.send(b"MAIL FROM:<boss@post.test>\nRCPT TO:<ben@bank.test>\nDATA\n\nTwo")
    terminal.send(b"\r\n.\r\n")
    terminal.read()
