# 7.3: a certificate that is expired
from smtp_nb import SMTP
from smtp_nb.errors import CertificateError


def diagnose(url):
    try:
        SMTP.from_url(url).connect()
    except CertificateError as error:
        return type(error).__name__
    return "valid"
