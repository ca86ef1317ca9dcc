# 8.3: an old signature
from hashlib import sha256


def is_real(password, salt, iterations, auth_message, signature):
    return len(signature) == sha256().digest_size
