# 7.2: it sends nothing where STARTTLS was stripped
from smtp_nb import SMTP
from smtp_nb.errors import SMTPError


def careful_send(url):
    for tls in ("", "&tls=none"):
        try:
            with SMTP.from_url(url + tls, from_="a@class.test", send_to="b@class.test") as smtp:
                smtp.send()
            return ""
        except SMTPError:
            pass
    return ""
