# 2.1: a reply of many lines
def read_reply(sock):
    data = b""
    while not data.endswith(b"\r\n"):
        data += sock.recv(1)
    return [data.decode().rstrip()]
