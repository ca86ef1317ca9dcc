# 10.1: 192.0.2.1 passes
lesson.zone[f"{lesson.nonce}.test"] = {"TXT": ["v=spf1 ip4:192.0.2.1 -all", "v=spf1 -all"]}
