# 11.3: the front passes no bare line end on
from smtp_nb.classroom import Net


def build(zone):
    return Net(zone, manner={"front.test": "careless"})
