# 4.2: wrong encoding
repaired = dict(lesson.material["broken"])
repaired["no end"] += "--cut--\r\n"
repaired["other boundary"] = repaired["other boundary"].replace("knife", "cut")
repaired["raw name"] = repaired["raw name"].replace("Zoë", "=?utf-8?q?Zo=C3=AB?=")
repaired["twice"] = repaired["twice"].replace("Content-Type: text/html\r\n", "")
repaired["wrong encoding"] = repaired["wrong encoding"].partition("\r\n\r\n")[0] + "\r\n\r\nHi\r\n"
