# 6.1: conversation A
outcomes = dict.fromkeys("ABCDEF", "UNKNOWN") | {"word": lesson.nonce}
