# 10.4: gold-apple-garnet.test has a whole key at s1
word = lesson.nonce
zone = lesson.zone
zone[f"red-{word}.test"] = {"TXT": "v=spf1 ip4:192.0.2.1 ip4:192.0.2.2 -all"}
addresses = " ".join(f"ip4:192.0.2.{number}" for number in range(1, 12))
zone[f"green-{word}.test"] = {"TXT": f"v=spf1 {addresses} -all"}
zone[f"_dmarc.blue-{word}.test"] = {"TXT": "v=DMARC1; p=quarantine"}
gold = f"_domainkey.gold-{word}.test"
zone[f"s1.{gold}"] = {"TXT": "v=DKIM1; p="}
