# 8.2: a password of the dictionary
import hashlib
from base64 import b64decode


def crack(challenge, answer, words):
    digest = b64decode(answer).decode().split(" ")[-1]
    for word in words:
        if hashlib.md5(word.encode() + b64decode(challenge)).hexdigest() == digest:
            return word
    return None
