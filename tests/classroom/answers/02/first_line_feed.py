# 2.3: the position of the bare line feed
position = lesson.material["recorded"].replace(b"\r", b"").index(b"\n")
