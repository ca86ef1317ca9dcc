# 2.2: not a byte too many at the end
def stuff(body):
    body = body.replace(b"\r\n.", b"\r\n..")
    body = b"." + body if body.startswith(b".") else body
    return body + b"\r\n.\r\n"
