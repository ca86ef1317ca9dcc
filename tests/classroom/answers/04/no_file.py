# 4.1: multipart/mixed: a text and a file
data = lesson.material["in base64"]
source = f"""
From: ann@class.test
To: ben@class.test
Subject: =?utf-8?q?Zo=C3=AB?= {lesson.nonce}
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="cut"

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
