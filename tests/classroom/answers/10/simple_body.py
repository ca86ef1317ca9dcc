# 10.2: two spaces in place of one do not
import dkim

from smtp_nb.classroom import signing_key

domain = f"{lesson.nonce}.test"
key = signing_key(1024)
lesson.zone[f"s1._domainkey.{domain}"] = {"TXT": key.record}
mail = f"From: me@{domain}\r\nSubject: Hello\r\n\r\nI wrote this.\r\n".encode()
simple = (b"relaxed", b"simple")
signed = dkim.sign(mail, b"s1", domain.encode(), key.private.encode(), canonicalize=simple) + mail
