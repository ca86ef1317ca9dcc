# 10.1: no other address passes
lesson.zone[f"{lesson.nonce}.test"] = {"TXT": "v=spf1 -ip4:198.51.100.9 ip4:0.0.0.0/0"}
