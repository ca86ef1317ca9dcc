# 10.1: no other address passes
lesson.zone[f"{lesson.nonce}.test"] = {"TXT": "v=spf1 ip4:192.0.2.0/24 -all"}
