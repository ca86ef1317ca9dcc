# 3.3: a conversation by hand
from smtp_nb import SMTP

with SMTP.from_url(lesson.url, from_="me@class.test", subject=f"3.3 {lesson.nonce}") as smtp:
    smtp.send_to = "ann@class.test, ben@class.test"
    smtp.send()
