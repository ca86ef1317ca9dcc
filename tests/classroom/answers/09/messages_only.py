# 9.1: chunking: round trips
line = lesson.begin("9.1")
forecast = {"word": lesson.nonce}
for way, trips in {"plain": 4, "pipelining": 2, "chunking": 1}.items():
    total = trips * line.messages
    forecast[way] = (total * line.latency_ms / 1000, total)
