# 7.2: it sends nothing where STARTTLS was stripped
from smtp_nb import SMTP


def careful_send(url):
    kind = "ExtensionError"
    with SMTP.from_url(f"{url}&tls=none", from_="a@class.test", send_to="b@class.test") as smtp:
        smtp.send()
    return kind
