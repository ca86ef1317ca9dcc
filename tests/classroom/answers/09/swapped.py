# 9.2: pipelining: (a, b)
line = lesson.begin("9.2")
fits = {"word": lesson.nonce}
for way, trips in {"plain": 4, "pipelining": 2, "chunking": 1}.items():
    fits[way] = (trips * line.latency_ms / 1000, 2 * line.latency_ms / 1000 + 0.01)
