# 6.2: no one has it twice
outbox = lesson.begin("6.2").send(subject=lesson.nonce)
for recipient, receipt in list(outbox.receipts.items()):
    if receipt.outcome == "UNKNOWN":
        outbox.resend(recipient)
