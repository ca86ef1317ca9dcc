# 6.1: conversation B
outcomes = dict.fromkeys("ABCDEF", "perhaps") | {"word": lesson.nonce}
