# 7.3: a certificate that is wrong-host
from smtp_nb import SMTP
from smtp_nb.errors import CertificateError


def diagnose(url):
    try:
        SMTP.from_url(url).connect()
    except CertificateError:
        return "expired"
    return "valid"
