# 1.2: a conversation by hand
from smtp_nb import SMTP

with SMTP.from_url(lesson.url) as smtp:
    smtp.send_command("HELO")
