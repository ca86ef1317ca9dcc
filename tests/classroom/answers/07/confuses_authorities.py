# 7.3: a certificate that is unknown-ca
from smtp_nb import SMTP
from smtp_nb.errors import CertificateError


def diagnose(url):
    try:
        SMTP.from_url(url).connect()
    except CertificateError as error:
        return (
            "expired"
            if "expired" in error.description
            else "wrong-host"
            if "is for" in error.description
            else "self-signed"
        )
    return "valid"
