# 11.3: nothing is smuggled through the front
from smtp_nb.classroom import Net


def build(zone):
    return Net(zone, manner={"front.test": "lenient"})
