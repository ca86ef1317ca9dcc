# 2.3: the position of the bare line feed
position = lesson.material["recorded"].replace(b"\r\n", b"__").index(b"\n") + 1
