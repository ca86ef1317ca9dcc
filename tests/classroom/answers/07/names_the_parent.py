# 7.2: it names the exception
from smtp_nb import SMTP
from smtp_nb.errors import SMTPError


def careful_send(url):
    try:
        with SMTP.from_url(url, from_="a@class.test", send_to="b@class.test") as smtp:
            smtp.send()
    except SMTPError:
        return "SMTPError"
    return ""
