# 9.2: plain: (a, b)
line = lesson.begin("9.2")
fits = {"word": lesson.nonce}
for way, trips in {"plain": 4, "pipelining": 2, "chunking": 1}.items():
    fits[way] = (0.0, (2 + trips * line.messages) * line.latency_ms / 1000)
