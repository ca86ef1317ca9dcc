# 2.1: a reply in pieces
def read_reply(sock):
    return sock.recv(1024).decode().rstrip("\r\n").split("\r\n")
