# 12.3: no other address is called dead
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
    "word": lesson.nonce,
    "hard": list(bounces[bounces["action"] == "failed"]["recipient"]),
    "soft": list(bounces[bounces["bounce"] == "soft"]["recipient"]),
    "delayed": list(bounces[bounces["action"] == "delayed"]["recipient"]),
}
