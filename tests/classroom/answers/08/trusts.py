# 8.3: a server that does not know the password


def is_real(password, salt, iterations, auth_message, signature):
    return True
