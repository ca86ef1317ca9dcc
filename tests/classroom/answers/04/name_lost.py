# 4.2: raw name
repaired = dict(lesson.material["broken"])
repaired["no end"] += "--cut--\r\n"
repaired["other boundary"] = repaired["other boundary"].replace("knife", "cut")
repaired["raw name"] = repaired["raw name"].replace("Zoë", "Zoe")
repaired["wrong encoding"] = repaired["wrong encoding"].replace("quoted-printable", "base64")
repaired["twice"] = repaired["twice"].replace("Content-Type: text/html\r\n", "")
