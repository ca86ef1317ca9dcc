# 5.1: everyone who can be reached has it, with your word as its subject
def retry(reply, tries):
    return 300 if 400 <= reply.code < 500 and tries < 4 else None


lesson.begin("5.1").send(retry, subject="hello")
