# 9.2: plain: (a, b)
fits = {"word": lesson.nonce, "plain": (2, 4), "pipelining": (2, 2), "chunking": (2, 1)}
