# 9.1: plain: seconds, within a tenth
forecast = {
    "word": lesson.nonce,
    "plain": (2.0, 82),
    "pipelining": (1.0, 42),
    "chunking": (0.5, 22),
}
