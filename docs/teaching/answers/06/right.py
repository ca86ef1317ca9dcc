# 6.1: by the last thing that each side said
outcomes = {"word": lesson.nonce}
for letter, trail in lesson.begin("6.1").items():
    lines = [event.message for event in trail]
    text = "\n".join(lines)
    if "queued as" in text:
        outcomes[letter] = "ACCEPTED"
    elif "\n421" in text:
        outcomes[letter] = "DEFERRED"
    elif "." in lines:
        outcomes[letter] = "UNKNOWN"
    else:
        outcomes[letter] = "NOT_SENT"

# 6.2
outbox = lesson.begin("6.2").send(subject=lesson.nonce)
inbox = {recipient for message in lesson.server.messages for recipient in message.rcpt_tos}
for recipient, receipt in list(outbox.receipts.items()):
    if receipt.outcome == "UNKNOWN" and recipient not in inbox:
        outbox.resend(recipient)
