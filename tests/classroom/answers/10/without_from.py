# 10.2: a valid signature of apple-garnet.test
from smtp_nb import DKIM
from smtp_nb.classroom import signing_key

domain = f"{lesson.nonce}.test"
key = signing_key(1024)
lesson.zone[f"s1._domainkey.{domain}"] = {"TXT": key.record}
mail = f"From: me@{domain}\r\nSubject: Hello\r\n\r\nI wrote this.\r\n".encode()
field = DKIM(domain, "s1", key.private).field(mail)
signed = field.replace(b"from : ", b"") + mail
