# 8.2: None for one that is not there
import hmac
from base64 import b64decode


def crack(challenge, answer, words):
    digest = b64decode(answer).decode().split(" ")[-1]
    for word in words:
        if hmac.new(word.encode(), b64decode(challenge), "md5").hexdigest() == digest:
            return word
    return words[0]
