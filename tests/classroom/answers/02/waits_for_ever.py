# 2.1: a reply of one line
def read_reply(sock):
    data = b""
    while True:
        data += sock.recv(1024)
