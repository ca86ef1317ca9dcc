# 6.2: no one has it twice
outbox = lesson.begin("6.2").send(subject=lesson.nonce)
for recipient in list(outbox.receipts):
    outbox.resend(recipient)
