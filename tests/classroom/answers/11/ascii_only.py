# 11.1: names pass as they are
from smtp_nb.classroom.lessons.breaking_it import contact_form

contact_form(lesson.net, f"Ann <form@post.test>\r\nBcc: {lesson.nonce}@bank.test\r\nX-Rest:")


def safe_header(text):
    if not (text.isascii() and text.isprintable()):
        raise ValueError("strange letters")
    return text
