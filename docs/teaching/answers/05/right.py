# 5.1
def retry(reply, tries):
    if 400 <= reply.code < 500 and tries < 4:
        return 300 * 2 ** (tries - 1)
    return None


lesson.begin("5.1").send(retry, subject=lesson.nonce)
