# 9.1: plain: seconds, within a tenth
line = lesson.begin("9.1")
forecast = {"word": lesson.nonce}
for way, trips in {"plain": 4, "pipelining": 2, "chunking": 1}.items():
    total = 2 + trips * line.messages
    forecast[way] = (total * line.latency_ms, total)
