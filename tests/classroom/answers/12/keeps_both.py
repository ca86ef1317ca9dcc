# 12.1: no one is there twice
import pandas as pd

people = pd.DataFrame(lesson.begin("12.1"))
is_cut = people["email"].str.endswith("@")
people["email"] = people["email"].where(~is_cut, people["email"] + f"{lesson.nonce}.test")
people["email"] = people["email"].str.replace(" at ", "@")
people["points"] = people["points"].fillna(0)
people = people[people["email"] != ""]
