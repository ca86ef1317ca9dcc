"""Lesson 7, all exercises. The lesson's `lesson` is there."""

from smtp_nb import SMTP
from smtp_nb.classroom import Tap, Terminal
from smtp_nb.errors import CertificateError, SMTPError
from smtp_nb.sandbox import SandboxServer

# 7.1
with Terminal(lesson.server) as terminal:
    terminal.dialogue(f"""
        EHLO student.test
        <tls>
        EHLO student.test
        MAIL FROM:<ann@class.test>
        RCPT TO:<teacher@class.test>
        DATA
        Subject: {lesson.nonce}

        From inside TLS.
        .
        QUIT
    """)


# 7.2
def careful_send(url):
    try:
        with SMTP.from_url(url, from_="ann@class.test", send_to="teacher@class.test") as smtp:
            smtp.subject = "hello"
            smtp.send()
    except SMTPError as error:
        return type(error).__name__
    return ""


careful_send.__doc__ = lesson.nonce  # a student writes the word itself as the docstring


# 7.3
def diagnose(url):
    words = {
        "expired": "expired",
        "is for": "wrong-host",
        "self-signed": "self-signed",
        "issued by": "unknown-ca",
    }
    try:
        with SMTP.from_url(url):
            pass
    except CertificateError as error:
        return next(fault for word, fault in words.items() if word in error.description)
    return "valid"


diagnose.__doc__ = lesson.nonce  # a student writes the word itself as the docstring


# 7.4
server = SandboxServer(inline=True, tls="starttls").start()
with Tap(server, inject=f"250 {lesson.nonce}\r\n") as tap:
    try:
        SMTP.from_url(tap.url).connect()
    except SMTPError as error:
        print(error)
server.stop()
lesson.answers["7.4"] = "anyone on the way"
