# 7.4: your answer: who can write such a line
from smtp_nb import SMTP
from smtp_nb.classroom import Tap
from smtp_nb.errors import SMTPError
from smtp_nb.sandbox import SandboxServer

server = SandboxServer(inline=True, tls="starttls").start()
with Tap(server, inject=f"250 {lesson.nonce}\r\n") as tap:
    try:
        SMTP.from_url(tap.url).connect()
    except SMTPError as error:
        print(error)
server.stop()
lesson.answers["7.4"] = "the server"
