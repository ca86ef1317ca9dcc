# 8.3: the real server
import hmac
from hashlib import pbkdf2_hmac


def is_real(password, salt, iterations, auth_message, signature):
    salted = pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    key = hmac.digest(salted, b"Client Key", "sha256")
    return hmac.compare_digest(hmac.digest(key, auth_message, "sha256"), signature)
