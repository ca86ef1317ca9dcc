# 5.1: after a 4yz it waits 300 s or longer
def retry(reply, tries):
    return 0 if 400 <= reply.code < 500 and tries < 4 else None


lesson.begin("5.1").send(retry, subject=lesson.nonce)
