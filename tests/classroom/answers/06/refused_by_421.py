# 6.1: conversation C
outcomes = {"word": lesson.nonce}
for letter, trail in lesson.begin("6.1").items():
    text = str(trail)
    outcomes[letter] = "REFUSED" if "421" in text else "UNKNOWN"
