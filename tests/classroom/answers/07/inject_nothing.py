# 7.4: your word after the 220
from smtp_nb import SMTP
from smtp_nb.classroom import Tap
from smtp_nb.errors import SMTPError
from smtp_nb.sandbox import SandboxServer

server = SandboxServer(inline=True, tls="starttls").start()
with Tap(server, inject=b"") as tap:
    try:
        SMTP.from_url(tap.url).connect()
    except SMTPError as error:
        print(error)
server.stop()
lesson.answers["7.4"] = "anyone on the way"
