import pandas as pd

from smtp_nb import MailMerge, Template

# 12.1
people = pd.DataFrame(lesson.begin("12.1"))
is_cut = people["email"].str.endswith("@")
people["email"] = people["email"].where(~is_cut, people["email"] + f"{lesson.nonce}.test")
people["email"] = people["email"].str.replace(" at ", "@")
people["points"] = people["points"].fillna(0)
people = people[people["email"] != ""].drop_duplicates("email", keep="last")

# 12.2
template = Template(
    subject="{{ name }}, your result, " + lesson.nonce,
    text="Dear {{ name }},\n\nyou have {{ points }} points.\n",
)
merge = MailMerge(
    people, template, to="email", from_="teacher@class.test", server=lesson.url, name="results"
)
assert merge.check().empty
try:
    merge.run(progress=lesson.begin("12.2"))
except KeyboardInterrupt:
    merge.run(progress=None)

# 12.3
letter = lesson.begin("12.3")
news = MailMerge(
    letter.readers,
    Template(subject="News", text="Dear {{ name }}"),
    to="email",
    from_="teacher@class.test",
    return_path="bounces+{{ key }}@class.test",
    server=lesson.url,
    name="newsletter",
)
news.run(progress=None)
bounces = news.bounces(letter.reports())
marked = {
    "word": lesson.nonce,
    "hard": list(bounces[bounces["bounce"] == "hard"]["recipient"]),
    "soft": list(bounces[bounces["bounce"] == "soft"]["recipient"]),
    "delayed": list(bounces[bounces["action"] == "delayed"]["recipient"]),
}
