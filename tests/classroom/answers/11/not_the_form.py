# 11.1: the form sent a mail to fjord-lantern@bank.test too
from smtp_nb import SMTP

with SMTP.from_url(lesson.net["post.test"].url, from_="form@post.test") as smtp:
    smtp.send_to, smtp.subject = f"{lesson.nonce}@bank.test", "Contact form"
    smtp.send()


def safe_header(text):
    if not text.isprintable():
        raise ValueError("a control character")
    return text
