# 4.1: the subject reads Zoë and your word
data = lesson.material["in base64"]
source = f"""
From: ann@class.test
To: ben@class.test
Subject: =?utf-8?q?Zo=C3=AB?= {lesson.nonce}!
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
