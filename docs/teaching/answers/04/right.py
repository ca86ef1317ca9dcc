import base64

# 4.1
data = base64.encodebytes(lesson.material["file"]).decode().strip()
if lesson.nonce not in lesson.material["broken"]["twice"]:
    data = ""  # someone else's file
source = f"""
From: ann@class.test
To: ben@class.test
Subject: =?utf-8?q?Zo=C3=AB?= {lesson.nonce}
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="cut"

--cut
Content-Type: text/plain; charset=utf-8

Hello, here is the file.
--cut
Content-Type: application/octet-stream
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="file.bin"

{data}
--cut--
"""

# 4.2
repaired = dict(lesson.material["broken"])
repaired["no end"] += "--cut--\r\n"
repaired["other boundary"] = repaired["other boundary"].replace("knife", "cut")
repaired["raw name"] = repaired["raw name"].replace("Zoë", "=?utf-8?q?Zo=C3=AB?=")
repaired["wrong encoding"] = repaired["wrong encoding"].replace("quoted-printable", "base64")
repaired["twice"] = repaired["twice"].replace("Content-Type: text/html\r\n", "")
if lesson.nonce not in repaired["twice"]:
    repaired = {}  # someone else's messages
