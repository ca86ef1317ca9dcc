# 9.1: pipelining: seconds, within a tenth
line = lesson.begin("9.1")
total = 2 + 4 * line.messages
forecast = dict.fromkeys(
    ("plain", "pipelining", "chunking"), (total * line.latency_ms / 1000, total)
)
forecast["word"] = lesson.nonce
