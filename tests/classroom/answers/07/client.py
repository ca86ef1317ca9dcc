# 7.1: a conversation by hand
from smtp_nb import SMTP

with SMTP.from_url(lesson.url, from_="ann@class.test", subject=lesson.nonce) as smtp:
    smtp.send_to = "teacher@class.test"
    smtp.send()
