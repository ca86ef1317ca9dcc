# 7.3: a certificate that is self-signed
from smtp_nb import SMTP


def diagnose(url):
    smtp = SMTP.from_url(url)
    smtp.on_ssl_server_authentication += lambda event: setattr(event, "accept", True)
    smtp.connect()
    smtp.disconnect()
    return "valid"
