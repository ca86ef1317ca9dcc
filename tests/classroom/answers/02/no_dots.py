# 2.2: a line that begins with a dot arrives
def stuff(body):
    return body.removesuffix(b"\r\n") + b"\r\n.\r\n"
