# 7.3: a certificate that is valid


def diagnose(url):
    return "valid"
