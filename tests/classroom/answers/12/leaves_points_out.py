# 12.1: names and points are right: a correction counts, who was absent has 0
import pandas as pd

people = pd.DataFrame(lesson.begin("12.1"))
is_cut = people["email"].str.endswith("@")
people["email"] = people["email"].where(~is_cut, people["email"] + f"{lesson.nonce}.test")
people["email"] = people["email"].str.replace(" at ", "@")
people = people[people["email"] != ""].drop_duplicates("email", keep="last")
