# 5.1: no 5yz was tried again
def retry(reply, tries):
    return 300 if reply.code >= 400 and tries < 4 else None


lesson.begin("5.1").send(retry, subject=lesson.nonce)
