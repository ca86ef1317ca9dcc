# 2.3: the position of the bare line feed
position = lesson.material["recorded"].index(b"\r")
