# 11.3: a net


def build(zone):
    print(zone)
