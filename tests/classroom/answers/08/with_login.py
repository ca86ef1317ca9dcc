# 8.1: with PLAIN, all in the line of AUTH
from base64 import b64encode

from smtp_nb.classroom import Terminal

user = b64encode(lesson.nonce.encode()).decode()
password = b64encode(b"open-sesame").decode()
with Terminal(lesson.server) as terminal:
    terminal.dialogue(f"""
        EHLO student.test
        <tls>
        EHLO student.test
        AUTH LOGIN
        {user}
        {password}
        QUIT
    """)
