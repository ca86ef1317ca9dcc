# 7.2: it delivers to an honest server
from smtp_nb import SMTP
from smtp_nb.errors import SMTPError


def careful_send(url):
    try:
        SMTP.from_url(url).connect()
    except SMTPError as error:
        return type(error).__name__
    return ""
