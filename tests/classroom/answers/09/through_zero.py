# 9.2: chunking: (a, b)
line = lesson.begin("9.2")
fits = {"word": lesson.nonce}
for way, trips in {"plain": 4, "pipelining": 2, "chunking": 1}.items():
    fits[way] = (0.0, (2 + trips * 20) * line.latency_ms / 1000 / 20)
