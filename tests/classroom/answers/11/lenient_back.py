# 11.3: the back is not fooled by other fronts
from smtp_nb.classroom import Net


def build(zone):
    return Net(zone, manner={"back.test": "lenient"})
