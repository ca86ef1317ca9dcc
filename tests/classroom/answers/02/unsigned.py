# 2.1: signed with your word
def read_reply(sock):
    """Read one whole reply."""
    lines, data = [], b""
    while True:
        while b"\r\n" not in data:
            data += sock.recv(1024)
        line, _, data = data.partition(b"\r\n")
        lines.append(line.decode())
        if line[3:4] != b"-":
            return lines
