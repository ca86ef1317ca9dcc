# 6.2: the twelve were sent, with your word as the subject
outbox = lesson.begin("6.2").send(subject="hello")
inbox = {recipient for message in lesson.server.messages for recipient in message.rcpt_tos}
for recipient in list(outbox.receipts):
    if recipient not in inbox:
        outbox.resend(recipient)
