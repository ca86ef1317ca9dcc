# 6.2: everyone has it
lesson.begin("6.2").send(subject=lesson.nonce)
