# 6.1: conversation B
outcomes = {"word": lesson.nonce}
for letter, trail in lesson.begin("6.1").items():
    text = str(trail)
    outcomes[letter] = "ACCEPTED" if "queued as" in text else "NOT_SENT"
