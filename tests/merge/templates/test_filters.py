from __future__ import annotations

import io
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest

from smtp_nb.compose.parts import EncodedPart
from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.templates.environment import Part, environment
from smtp_nb.merge.templates.filters import IMAGES, Images, SharedImages

mpl.use("Agg")
from matplotlib.figure import Figure

PIXEL = b"\x89PNG\r\n\x1a\n" + b"0" * 16


def figure() -> Figure:
    drawn = Figure(figsize=(1, 1))
    drawn.subplots().plot([1, 2])
    return drawn


def rendered(source: str, images: Images | None = None, html: bool = True, **values: object) -> str:
    jinja = environment(html=html)
    images = images or Images(SharedImages(()))
    return Part("html", source, jinja).render({**jinja.globals, IMAGES: images, **values})


def test_an_image_is_shown_by_its_content_id() -> None:
    images = Images(SharedImages(()))
    html = rendered('{{ x | image(alt="a\\"b", width=90) }}', images, x=PIXEL)
    (part,) = images.parts
    assert html == f'<img src="cid:{part.cid}" alt="a&#34;b" width="90">'
    assert rendered('{{ x | image(alt="Marks") }}', images, html=False, x=PIXEL) == "[Marks]"


def test_an_image_shown_twice_travels_once() -> None:
    images = Images(SharedImages(()))
    rendered("{{ x | image }}{{ x | image }}{{ y | image }}", images, x=PIXEL, y=bytes(PIXEL))
    assert len(images.parts) == 1


@pytest.mark.parametrize("drawn", [figure(), figure().axes[0]], ids=["figure", "axes"])
def test_a_figure_is_drawn(drawn: object) -> None:
    images = Images(SharedImages(()))
    rendered("{{ x | image }}", images, x=drawn)
    assert b"".join(images.parts[0].chunks()).startswith(b"iVBORw0KGgo")


def test_a_path_is_read_and_a_text_is_never_a_path(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(PIXEL)
    assert "cid:" in rendered("{{ x | image }}", x=tmp_path / "logo.png")
    with pytest.raises(RowError, match="str is not an image"):
        rendered("{{ x | image }}", x=str(tmp_path / "logo.png"))


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"MZ"])
def test_other_octets_are_no_image(data: bytes) -> None:
    with pytest.raises(RowError, match="neither PNG, JPEG, GIF nor WebP"):
        rendered("{{ x | image }}", x=data)


def test_a_common_figure_is_drawn_and_encoded_once() -> None:
    drawn = figure()
    shared = SharedImages((drawn,))
    found = []
    for _ in range(2):
        images = Images(shared)
        rendered("{{ x | image }}", images, x=drawn)
        found += images.parts
    assert isinstance(found[0], EncodedPart)
    assert found[0] is found[1]


def test_a_frame_becomes_a_table_with_its_style_in_its_tags() -> None:
    html = rendered("{{ x | table }}", x=pd.DataFrame({"a<b": ["<i>", "&"]}))
    assert "<style" not in html
    assert '<td style="border: 1px solid' in html
    assert "a&lt;b" in html
    assert "&lt;i&gt;" in html
    text = rendered("{{ x | table }}", html=False, x=pd.DataFrame({"a": ["<i>"]}))
    assert text.split() == ["a", "<i>"]


def test_a_series_shows_its_index() -> None:
    html = rendered("{{ x | table }}", x=pd.Series([1], index=["first"], name="n"))
    assert "first" in html


def test_a_styled_frame_keeps_its_colours() -> None:
    styled = pd.DataFrame({"a": [1, 2]}).style.highlight_max(color="#abcdef")
    assert "background-color: #abcdef" in rendered("{{ x | table }}", x=styled)


def test_a_styled_frame_cannot_carry_a_script() -> None:
    frame = pd.DataFrame({"a": ["<script>alert(1)</script>"]})
    with pytest.raises(RowError, match="holds the tag <script>"):
        rendered("{{ x | table }}", x=frame.style)
    assert "&lt;script&gt;" in rendered("{{ x | table }}", x=frame.style.format(escape="html"))


def test_a_text_is_no_table() -> None:
    with pytest.raises(RowError, match="str is not a table"):
        rendered("{{ x | table }}", x="a,b")


def test_pillow_is_an_image_too() -> None:
    from PIL import Image

    image = Image.new("RGB", (1, 1))
    file = io.BytesIO()
    image.save(file, format="png")
    assert "cid:" in rendered("{{ x | image }}", x=image)
    assert "cid:" in rendered("{{ x | image }}", x=file.getvalue())


def test_line_breaks_become_those_of_html() -> None:
    assert rendered("{{ x | nl2br }}", x="<a>\nb\r\nc") == "&lt;a&gt;<br>b<br>c"
    assert rendered("{{ x | nl2br }}", html=False, x="<a>\nb") == "<a>\nb"
    assert rendered("{{ x | nl2br }}", x=7.0) == "7"
    assert rendered("{{ x | e | nl2br }}", x="<a>\nb") == "&lt;a&gt;<br>b"
    assert rendered("{{ x | safe | nl2br }}", x="<p>\na</p>") == "<p>\na</p>"
    with pytest.raises(RowError, match="function title"):
        rendered("{{ x.title | nl2br }}", x="a")
