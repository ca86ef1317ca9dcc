from smtp_nb.classroom import Terminal


def say(text):
    with Terminal(lesson.server, name=lesson.student) as terminal:
        terminal.dialogue(text)


# 3.1
say(f"""
EHLO me.test
MAIL FROM:<me@class.test>
RCPT TO:<ann@class.test>
RCPT TO:<ben@class.test>
RCPT TO:<cy@class.test>
DATA
To: class@class.test
Subject: 3.1 {lesson.nonce}

Hello
.
QUIT
""")

# 3.2
say(f"""
EHLO me.test
MAIL FROM:<{lesson.nonce}@class.test>
RCPT TO:<ben@class.test>
DATA
From: head@school.test
Subject: 3.2 {lesson.nonce}

Hello
.
QUIT
""")

say(f"""
EHLO me.test
MAIL FROM:<>
RCPT TO:<{lesson.nonce}@class.test>
DATA
Subject: could not be delivered

Hello
.
QUIT
""")
bounce_to = f"{lesson.nonce}@class.test"

# 3.3
say(f"""
EHLO me.test
MAIL FROM:<me@class.test>
RCPT TO:<ann@class.test, ben@class.test>
RCPT TO:<ann@class.test>
RCPT TO:<ben@class.test>
DATA
Subject: 3.3 {lesson.nonce}

Hello
.
QUIT
""")
