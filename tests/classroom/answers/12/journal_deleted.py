# 12.2: no one has it twice
import contextlib

import pandas as pd

from smtp_nb import MailMerge, Template

people = pd.DataFrame(lesson.begin("12.1"))
is_cut = people["email"].str.endswith("@")
people["email"] = people["email"].where(~is_cut, people["email"] + f"{lesson.nonce}.test")
people["email"] = people["email"].str.replace(" at ", "@")
people = people[people["email"] != ""].drop_duplicates("email", keep="last")
template = Template(subject="Result " + lesson.nonce, text="Dear {{ name }}")
options = {"to": "email", "from_": "teacher@class.test", "server": lesson.url}
stop = lesson.begin("12.2")
merge = MailMerge(people, template, name="results", **options)
with contextlib.suppress(KeyboardInterrupt):
    merge.run(progress=stop)
merge.journal_path.unlink()
merge.run(progress=None)
