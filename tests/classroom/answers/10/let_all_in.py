# 10.4: SPF of green-apple-garnet.test works
word = lesson.nonce
zone = lesson.zone
zone[f"red-{word}.test"] = {"TXT": "v=spf1 ip4:192.0.2.1 ip4:192.0.2.2 -all"}
addresses = "+all"
zone[f"green-{word}.test"] = {"TXT": f"v=spf1 {addresses}"}
zone[f"_dmarc.blue-{word}.test"] = {"TXT": "v=DMARC1; p=quarantine"}
gold = f"_domainkey.gold-{word}.test"
zone[f"s1.{gold}"] = {"TXT": zone[f"s0.{gold}"]["TXT"]}
