# 11.2: a conversation by hand
from smtp_nb import SMTP

with SMTP.from_url(lesson.net["post.test"].url, from_=f"{lesson.nonce}@post.test") as smtp:
    smtp.send_to = "ben@bank.test"
    smtp.send()
