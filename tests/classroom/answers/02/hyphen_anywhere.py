# 2.1: hyphens and numbers in the text
def read_reply(sock):
    lines = []
    while True:
        line = b""
        while not line.endswith(b"\r\n"):
            line += sock.recv(1)
        lines.append(line.decode().rstrip())
        if b"-" not in line:
            return lines
