# 12.1: everyone who can be saved is there, with the right address
import pandas as pd

people = pd.DataFrame(lesson.begin("12.1"))
people = people[people["email"].str.contains(r"^\S+@\S+$")].dropna().drop_duplicates("email")
