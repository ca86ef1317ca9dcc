# 5.1: everyone who can be reached has it, with your word as its subject
from smtp_nb import SMTP
from smtp_nb.errors import SMTPError

left = list(lesson.begin("5.1").recipients)
for number in range(3):
    with SMTP.from_url(lesson.url, from_=f"t{number}@class.test", subject=lesson.nonce) as smtp:
        for recipient in list(left):
            smtp.send_to = recipient
            try:
                smtp.send()
            except SMTPError as error:
                if error.reply.code < 500:
                    continue
            left.remove(recipient)
    lesson.server.sleep(300)
