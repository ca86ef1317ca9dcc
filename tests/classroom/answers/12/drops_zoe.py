# 12.1: everyone who can be saved is there, with the right address
import pandas as pd

people = pd.DataFrame(lesson.begin("12.1"))
is_cut = people["email"].str.endswith("@")
people["email"] = people["email"].where(~is_cut, people["email"] + f"{lesson.nonce}.test")
people["email"] = people["email"].str.replace(" at ", "@")
people["points"] = people["points"].fillna(0)
people = people[people["email"] != ""].drop_duplicates("email", keep="last")
people = people[people["email"].map(str.isascii)]
