# 2.2: other dots stay as they are
def stuff(body):
    return body.replace(b".", b"..").removesuffix(b"\r\n") + b"\r\n.\r\n"
