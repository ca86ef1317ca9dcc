# 11.2: the front saw another mail, and only that
from smtp_nb.classroom import Terminal

word = lesson.nonce
with Terminal(lesson.net["gate.test"]) as terminal:
    terminal.dialogue("""
        EHLO me.test
        MAIL FROM:<me@gate.test>
        RCPT TO:<ben@bank.test>
        DATA
    """)
    terminal.send(b"From: me@gate.test\r\n\r\nHello" + b"\n.\n")
    terminal.send(f"MAIL FROM:<{word}@gate.test>\nRCPT TO:<ben@bank.test>\nDATA\n\nTwo".encode())
    terminal.send(b"\r\n.\r\n")
    terminal.read()
