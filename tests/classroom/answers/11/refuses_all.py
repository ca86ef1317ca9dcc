# 11.3: twelve honest mails arrive
from smtp_nb.classroom import Net


def build(zone):
    net = Net(zone)
    net["back.test"].inject("reply", stage="END", code=554)
    return net
