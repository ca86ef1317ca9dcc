from smtp_nb import DKIM
from smtp_nb.classroom import signing_key
from smtp_nb.classroom.lessons.who_sent_this import order

word = lesson.nonce
domain = f"{word}.test"

# 10.1
lesson.zone[domain] = {"MX": f"10 mx.{domain}", "TXT": "v=spf1 ip4:192.0.2.1 -all"}

# 10.2
key = signing_key()
lesson.zone[f"s1._domainkey.{domain}"] = {"TXT": key.record}
mail = (
    f"From: me@{domain}\r\nTo: you@school.test\r\nSubject: Hello\r\n\r\nI wrote this.\r\n".encode()
)
signed = DKIM(domain, "s1", key.private).field(mail) + mail

# 10.3: each student has the five mails in an order of their own
ALL = [
    ("pass", "none", "pass"),  # the shop itself
    ("fail", "pass", "pass"),  # forwarded by mx.school.test: the signature survives
    ("pass", "fail", "fail"),  # through a list, which changed the subject
    ("pass", "none", "fail"),  # the crook, with an envelope of his own
    ("none", "none", "none"),  # Zoe, whose domain publishes nothing
]
verdicts = dict(zip("ABCDE", (ALL[number] for number in order(word)), strict=True))

# 10.4
lesson.zone[f"red-{word}.test"] = {"TXT": "v=spf1 ip4:192.0.2.1 ip4:192.0.2.2 -all"}
addresses = " ".join(f"ip4:192.0.2.{number}" for number in range(1, 12))
lesson.zone[f"green-{word}.test"] = {"TXT": f"v=spf1 {addresses} -all"}
lesson.zone[f"_dmarc.blue-{word}.test"] = {"TXT": "v=DMARC1; p=quarantine"}
gold = f"_domainkey.gold-{word}.test"
lesson.zone[f"s1.{gold}"] = {"TXT": lesson.zone.get(f"s0.{gold}", {}).get("TXT", "")}
