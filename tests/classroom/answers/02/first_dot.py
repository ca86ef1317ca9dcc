# 2.2: every such line, not only the first
def stuff(body):
    if body.startswith(b"."):
        body = b"." + body
    else:
        body = body.replace(b"\r\n.", b"\r\n..", 1)
    return body.removesuffix(b"\r\n") + b"\r\n.\r\n"
