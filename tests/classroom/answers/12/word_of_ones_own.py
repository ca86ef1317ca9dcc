# 12.3: your word
from smtp_nb import MailMerge, Template

letter = lesson.begin("12.3")
news = MailMerge(
    letter.readers,
    Template(subject="News", text="Dear {{ name }}"),
    to="email",
    from_="teacher@class.test",
    return_path="bounces+{{ key }}@class.test",
    server=lesson.url,
    name="news",
)
news.run(progress=None)
bounces = news.bounces(letter.reports())
marked = {
    "word": "hello",
    "hard": list(bounces[bounces["bounce"] == "hard"]["recipient"]),
    "soft": list(bounces[bounces["bounce"] == "soft"]["recipient"]),
    "delayed": list(bounces[bounces["action"] == "delayed"]["recipient"]),
}
