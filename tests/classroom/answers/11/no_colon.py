# 11.1: names pass as they are
from smtp_nb.classroom.lessons.breaking_it import contact_form

contact_form(lesson.net, f"Ann <form@post.test>\r\nBcc: {lesson.nonce}@bank.test\r\nX-Rest:")


def safe_header(text):
    if any(letter in text for letter in "\r\n\0:"):
        raise ValueError("a colon")
    return text
