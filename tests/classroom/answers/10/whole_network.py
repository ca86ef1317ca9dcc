# 10.1: nobody else passes
lesson.zone[f"{lesson.nonce}.test"] = {"TXT": "v=spf1 ip4:192.0.2.0/24 -all"}
