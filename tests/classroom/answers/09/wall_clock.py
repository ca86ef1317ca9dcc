# 9.1: plain: seconds, within a tenth
import time

from smtp_nb import SMTP

line = lesson.begin("9.1")
begun = time.perf_counter()
with SMTP.from_url(lesson.url, from_="ann@class.test", send_to="ben@class.test") as smtp:
    for _ in range(line.messages):
        smtp.send()
seconds = time.perf_counter() - begun
forecast = {"word": lesson.nonce, "chunking": (seconds, lesson.server.sessions[-1].round_trips)}
