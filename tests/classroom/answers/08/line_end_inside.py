# 8.1: you are logged in
from base64 import b64encode

from smtp_nb.classroom import Terminal

secret = b64encode(f"\0{lesson.nonce}\0open-sesame\n".encode()).decode()

with Terminal(lesson.server) as terminal:
    terminal.dialogue(f"""
        EHLO student.test
        <tls>
        EHLO student.test
        AUTH PLAIN {secret}
        QUIT
    """)
