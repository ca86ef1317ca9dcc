# 7.4: the client said nothing more
from smtp_nb.classroom import Tap, Terminal
from smtp_nb.sandbox import SandboxServer

server = SandboxServer(inline=True, tls="starttls").start()
with Tap(server, inject=f"250 {lesson.nonce}\r\n") as tap, Terminal(tap) as terminal:
    terminal.dialogue("EHLO me\nSTARTTLS\nEHLO me")
server.stop()
lesson.answers["7.4"] = "anyone on the way"
