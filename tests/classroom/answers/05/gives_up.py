# 5.1: everyone who can be reached has it, with your word as its subject
lesson.begin("5.1").send(lambda reply, tries: None, subject=lesson.nonce)
