# 5.1: no one has it twice
def retry(reply, tries):
    return 300 if reply.code < 500 and tries < 2 else None


lesson.begin("5.1").send(retry, subject=lesson.nonce)
