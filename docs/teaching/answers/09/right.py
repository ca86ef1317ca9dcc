from smtp_nb import SMTP
from smtp_nb.classroom import Terminal
from smtp_nb.sandbox import SandboxServer

WITHOUT = {"plain": ["PIPELINING", "CHUNKING"], "pipelining": ["CHUNKING"], "chunking": []}
TRIPS = {"plain": 4, "pipelining": 2, "chunking": 1}


def measure(way, messages, latency_ms):
    latency = f"{latency_ms}ms"
    with SandboxServer(inline=True, latency=latency, without=WITHOUT[way]) as server:
        with SMTP.from_url(server.url, from_="ann@class.test", send_to="ben@class.test") as smtp:
            for _ in range(messages):
                smtp.send()
        return server.sessions[0]


line = lesson.begin("9.1")

# 9.1: EHLO and QUIT, and the trips of each message
forecast = {"word": lesson.nonce}
for way, trips in TRIPS.items():
    total = 2 + trips * line.messages
    forecast[way] = (total * line.latency_ms / 1000, total)

# 9.2
fits = {"word": lesson.nonce}
for way in TRIPS:
    few, many = (measure(way, n, line.latency_ms)[-1].seconds for n in (5, 20))
    b = (many - few) / 15
    fits[way] = (few - 5 * b, b)

# 9.3
with Terminal(lesson.server, name=lesson.student) as terminal:
    terminal.dialogue("""
        HELO me.test
        <nowait>
        MAIL FROM:<me@class.test>
        RCPT TO:<teacher@class.test>
        <wait>
        QUIT
    """)
with Terminal(lesson.server, name=lesson.student) as terminal:
    terminal.dialogue(f"""
        EHLO me.test
        <nowait>
        MAIL FROM:<me@class.test>
        RCPT TO:<teacher@class.test>
        DATA
        <wait>
        Subject: {lesson.nonce}

        In one group.
        .
        QUIT
    """)
