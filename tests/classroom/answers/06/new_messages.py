# 6.2: what was sent again is the same message, under the same Message-ID
from smtp_nb import SMTP

outbox = lesson.begin("6.2").send(subject=lesson.nonce)
inbox = {recipient for message in lesson.server.messages for recipient in message.rcpt_tos}
with SMTP.from_url(lesson.url, from_="teacher@class.test", subject=lesson.nonce) as smtp:
    for recipient in outbox.receipts:
        if recipient not in inbox:
            smtp.send_to = recipient
            smtp.send()
