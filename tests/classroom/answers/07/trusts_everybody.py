# 7.2: it sends nothing to a server with another's certificate
from smtp_nb import SMTP
from smtp_nb.errors import SMTPError


def careful_send(url):
    try:
        smtp = SMTP.from_url(url, from_="a@class.test", send_to="b@class.test")
        smtp.on_ssl_server_authentication += lambda event: setattr(event, "accept", True)
        with smtp:
            smtp.send()
    except SMTPError as error:
        return type(error).__name__
    return ""
