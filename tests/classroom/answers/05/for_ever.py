# 5.1: at most 4 tries of one message
def retry(reply, tries):
    return 300 if 400 <= reply.code < 500 else None


lesson.begin("5.1").send(retry, subject=lesson.nonce)
