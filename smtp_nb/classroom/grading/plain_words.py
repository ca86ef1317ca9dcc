"""Remarks of the server, in words for the student who caused them."""

PLAIN_WORDS = {
    "bare-lf": "a line ended with a line feed alone; lines in SMTP end with CR and LF",
    "helo-domain": "what stood after EHLO was not a name of your own machine",
    "no-crlf": "a line had no end (CRLF), so the server went on waiting",
    "no-dot": "the content had no end: a dot on a line of its own",
    "no-ehlo-after-tls": "after STARTTLS you have to say EHLO again",
    "no-empty-line": "an empty line was missing between the headers and the text",
    "no-nul": "AUTH PLAIN needs a NUL before the user's name and one before the password",
    "no-quit": "you left without QUIT",
    "not-base64": "what you answered to a challenge was not base64",
    "out-of-turn": "you spoke before the reply was there",
    "plain-after-starttls": "you went on in plain text after STARTTLS",
    "retry-of-5yz": "you tried again what had been refused for good (5yz)",
    "second-address": "two addresses stood in one command; each recipient gets a RCPT of its own",
    "unstuffed-dot": "a line began with a dot; it needs a second one before it",
}
