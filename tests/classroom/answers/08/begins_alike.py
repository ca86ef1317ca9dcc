# 8.3: a signature that is cut off
import hmac
from hashlib import pbkdf2_hmac


def is_real(password, salt, iterations, auth_message, signature):
    salted = pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    key = hmac.digest(salted, b"Server Key", "sha256")
    return hmac.digest(key, auth_message, "sha256").startswith(signature)
