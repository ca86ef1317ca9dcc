# 11.1: line ends are refused
from smtp_nb.classroom.lessons.breaking_it import contact_form

contact_form(lesson.net, f"Ann <form@post.test>\r\nBcc: {lesson.nonce}@bank.test\r\nX-Rest:")


def safe_header(text):
    return text.replace("\r", "").replace("\n", "")
