# 5.1: everyone who can be reached has it, with your word as its subject
def retry(reply, tries):
    return 300 if reply.code in (450, 452) and tries < 4 else None


lesson.begin("5.1").send(retry, subject=lesson.nonce)
