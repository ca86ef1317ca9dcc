# 10.2: one changed letter breaks it
import dkim

from smtp_nb.classroom import signing_key

domain = f"{lesson.nonce}.test"
key = signing_key(1024)
lesson.zone[f"s1._domainkey.{domain}"] = {"TXT": key.record}
mail = f"From: me@{domain}\r\nSubject: Hello\r\n\r\nI wrote this.\r\n".encode()
empty = mail.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
field = dkim.sign(empty, b"s1", domain.encode(), key.private.encode(), length=True)
signed = field + mail
