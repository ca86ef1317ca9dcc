# 8.3: signed with your word
def is_real(password, salt, iterations, auth_message, signature):
    return None


is_real.__doc__ = lesson.nonce
