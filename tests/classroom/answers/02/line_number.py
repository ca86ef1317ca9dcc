# 2.3: the position of the bare line feed
position = "line 3"
