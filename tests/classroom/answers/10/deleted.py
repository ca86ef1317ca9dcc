# 10.4: SPF of red-apple-garnet.test works
for name in [name for name in lesson.zone if lesson.nonce in name]:
    del lesson.zone[name]
