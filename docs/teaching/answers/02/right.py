# 2.1
def read_reply(sock):
    lines, data = [], b""
    while True:
        while b"\r\n" not in data:
            data += sock.recv(1024)
        line, _, data = data.partition(b"\r\n")
        lines.append(line.decode())
        if line[3:4] != b"-":
            return lines


read_reply.__doc__ = lesson.nonce  # a student writes the word itself as the docstring


# 2.2
def stuff(body):
    if not body.endswith(b"\r\n"):
        body += b"\r\n"
    lines = body.split(b"\r\n")[:-1]
    doubled = [b"." + line if line.startswith(b".") else line for line in lines]
    return b"".join(line + b"\r\n" for line in doubled) + b".\r\n"


stuff.__doc__ = lesson.nonce  # a student writes the word itself as the docstring


# 2.3
recording = lesson.material["recorded"]
if lesson.nonce.encode() in recording:
    position = recording.replace(b"\r\n", b"__").index(b"\n")
