# 10.2: nothing can be added
import dkim

from smtp_nb.classroom import signing_key

domain = f"{lesson.nonce}.test"
key = signing_key(1024)
lesson.zone[f"s1._domainkey.{domain}"] = {"TXT": key.record}
mail = f"From: me@{domain}\r\nSubject: Hello\r\n\r\nI wrote this.\r\n".encode()
relaxed = (b"relaxed", b"relaxed")
field = dkim.sign(
    mail, b"s1", domain.encode(), key.private.encode(), canonicalize=relaxed, length=True
)
signed = field + mail
