# 2.1: hyphens and numbers in the text
def read_reply(sock):
    data = b""
    while b"250 " not in data and b"220 " not in data and b"354 " not in data:
        data += sock.recv(1024)
    while not data.endswith(b"\r\n"):
        data += sock.recv(1024)
    return data.decode().rstrip("\r\n").split("\r\n")
