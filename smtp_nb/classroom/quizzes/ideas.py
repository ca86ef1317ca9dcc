"""Wrong ideas about replies: what a beginner expects at a stage, and why it is something else."""

from __future__ import annotations

from smtp_nb.model.explain import explain

CLASSES = {
    2: "done",
    3: "go on",
    4: "not now",
    5: "no",
}
"""The first digit of a reply, in words (RFC 5321 section 4.2.1)."""

CODES = {
    2: (220, 221, 235, 250, 252),
    3: (334, 354),
    4: (421, 450, 451, 452, 454),
    5: (500, 501, 503, 530, 535, 550, 554),
}
"""The codes that a quiz offers in each class."""

GREETING, LOGIN, END = "", "AUTH", "."

_IDEAS: dict[tuple[str, int], str] = {
    (GREETING, 250): "250 answers a command, and none was said yet",
    (GREETING, 3): "the server speaks first, and it does not wait for content yet",
    ("EHLO", 220): "220 is the greeting; it was said before EHLO",
    ("EHLO", 3): "EHLO is answered with a list, and the server waits for a command, not for more",
    ("HELO", 220): "220 is the greeting; it was said before HELO",
    ("MAIL", 3): "after MAIL come the recipients; only DATA is answered with 354",
    ("MAIL", 550): "550 is about a mailbox, and MAIL names no recipient",
    ("RCPT", 3): "there may be more recipients; only DATA is answered with 354",
    ("RCPT", 5): "is there anything wrong with this address, or with the order of the commands?",
    ("DATA", 2): "250 would say that the message is accepted, and it has not been sent yet",
    ("DATA", 334): "334 asks for the next part of a login",
    (END, 3): "354 was the answer to DATA; the dot is the end of the content",
    (END, 221): "221 answers QUIT; the connection goes on after a message",
    ("QUIT", 250): "good-bye has a code of its own: the server closes the connection after it",
    ("QUIT", 3): "after QUIT nothing more is expected",
    ("STARTTLS", 250): "220 says that the server is ready; the handshake comes next",
    ("STARTTLS", 3): "the next bytes are a TLS handshake, not a line that 3yz would ask for",
    (LOGIN, 250): "a login has a code of its own",
    (LOGIN, 354): "354 asks for a message; a login is asked for with 334",
    (LOGIN, 550): "550 is about a mailbox; wrong passwords are 535",
}


def correction(stage: str, choice: int) -> str:
    """Why a class (2 to 5) or a code does not come at a stage.

    Args:
        stage: the command, "." for the end of content, empty for the greeting.
    """
    known = _IDEAS.get((stage, choice)) or _IDEAS.get((stage, choice // 100))
    if known:
        return known
    if choice in CLASSES:
        return f"a reply that begins with {choice} says: {CLASSES[choice]}"
    return f"{choice} means something else: {explain(str(choice)).meaning}"
