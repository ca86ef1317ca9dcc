# 11.2: the front saw another mail, and only that
from smtp_nb.classroom import Terminal

word = lesson.nonce
with Terminal(lesson.net["post.test"]) as terminal:
    terminal.dialogue("""
        EHLO me.test
        MAIL FROM:<me@post.test>
        RCPT TO:<ben@bank.test>
        DATA
    """)
    terminal.send(b"From: me@post.test\r\n\r\nHello" + b"\r\n.\r\n")
    terminal.send(
        f"MAIL FROM:<{word}@post.test>\r\nRCPT TO:<ben@bank.test>\r\nDATA\r\n\r\nTwo".encode()
    )
    terminal.send(b"\r\n.\r\n")
    terminal.read()
