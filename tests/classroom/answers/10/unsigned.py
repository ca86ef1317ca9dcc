# 10.2: a valid signature of apple-garnet.test
signed = f"From: me@{lesson.nonce}.test\r\n\r\nI wrote this.\r\n".encode()
