# 2.2: text without dots arrives as it was
def stuff(body):
    return body
