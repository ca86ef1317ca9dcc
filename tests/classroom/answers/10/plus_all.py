# 10.1: 198.51.100.9 fails
lesson.zone[f"{lesson.nonce}.test"] = {"TXT": "v=spf1 ip4:192.0.2.1 +all"}
