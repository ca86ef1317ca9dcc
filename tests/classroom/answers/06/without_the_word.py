# 6.1: conversation A
outcomes = {"A": "NOT_SENT", "B": "UNKNOWN", "C": "DEFERRED"}
outcomes |= {"D": "ACCEPTED", "E": "NOT_SENT", "F": "UNKNOWN"}
