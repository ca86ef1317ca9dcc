# 6.2: everybody has it
lesson.begin("6.2").send(subject=lesson.nonce)
