"""Lesson 8, all exercises. The lesson's `lesson` is there."""

import hmac
from base64 import b64decode, b64encode
from hashlib import pbkdf2_hmac

from smtp_nb.classroom import Terminal

# 8.1
secret = b64encode(f"\0{lesson.nonce}\0open-sesame".encode()).decode()
with Terminal(lesson.server) as terminal:
    terminal.dialogue(f"""
        EHLO student.test
        <tls>
        EHLO student.test
        AUTH PLAIN {secret}
        QUIT
    """)


# 8.2
def crack(challenge, answer, words):
    digest = b64decode(answer).decode().split(" ")[-1]
    for word in words:
        if hmac.new(word.encode(), b64decode(challenge), "md5").hexdigest() == digest:
            return word
    return None


crack.__doc__ = lesson.nonce  # a student writes the word itself as the docstring


# 8.3
def is_real(password, salt, iterations, auth_message, signature):
    salted = pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    return hmac.compare_digest(hmac.digest(server_key, auth_message, "sha256"), signature)


is_real.__doc__ = lesson.nonce  # a student writes the word itself as the docstring
