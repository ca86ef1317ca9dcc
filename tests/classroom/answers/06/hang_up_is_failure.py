# 6.1: conversation D
outcomes = {"word": lesson.nonce}
for letter, trail in lesson.begin("6.1").items():
    outcomes[letter] = "NOT_SENT" if "disconnected" in str(trail) else "ACCEPTED"
