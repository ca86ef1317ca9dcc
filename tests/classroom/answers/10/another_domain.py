# 10.2: a valid signature of apple-garnet.test
from smtp_nb import DKIM
from smtp_nb.classroom import signing_key

key = signing_key(1024)
lesson.zone["s1._domainkey.school.test"] = {"TXT": key.record}
mail = f"From: me@{lesson.nonce}.test\r\n\r\nI wrote this.\r\n".encode()
signed = DKIM("school.test", "s1", key.private).field(mail) + mail
