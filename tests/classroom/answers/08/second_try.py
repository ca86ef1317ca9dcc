# 8.1: the server refused nothing on the way
from base64 import b64encode

from smtp_nb.classroom import Terminal

secret = b64encode(f"\0{lesson.nonce}\0open-sesame".encode()).decode()

with Terminal(lesson.server) as terminal:
    terminal.dialogue(f"""
        EHLO student.test
        <tls>
        EHLO student.test
        AUTH PLAIN AGE=
        AUTH PLAIN {secret}
        QUIT
    """)
