# 4.2: twice
repaired = dict(lesson.material["broken"])
repaired["no end"] += "--cut--\r\n"
repaired["other boundary"] = repaired["other boundary"].replace("knife", "cut")
repaired["raw name"] = repaired["raw name"].replace("Zoë", "=?utf-8?q?Zo=C3=AB?=")
repaired["wrong encoding"] = repaired["wrong encoding"].replace("quoted-printable", "base64")
repaired["twice"] = repaired["twice"].replace("text/html", "text/plain")
