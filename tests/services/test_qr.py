"""QR codes are read back by a scanner's own library."""

import io

import pytest
from PIL import Image

from server.domain.passes import KeyRing, PassKind, SigningKey, new_pass_id, pass_text
from server.services import qr
from tests.scanner import read_codes

PASS = KeyRing(SigningKey.generate()).issue(new_pass_id(), PassKind.VISITOR, valid_until=None)
TEXT = pass_text("http://127.0.0.1:8000", PASS.token)


@pytest.mark.parametrize("text", [TEXT, PASS.token, "https://sanh.example/Tham-quan/p/" + PASS.token, "ngõ nhỏ"])
@pytest.mark.parametrize("level", ["M", "Q"])
def test_a_scanner_reads_what_was_drawn(text: str, level: qr.Level) -> None:
    assert read_codes(Image.open(io.BytesIO(qr.draw_png(text, level)))) == [text]


def test_the_drawing_in_svg_has_the_same_modules_as_the_picture() -> None:
    rows = qr.modules(TEXT)
    drawn = set()
    for stroke in qr.svg_path(TEXT).split("z")[:-1]:
        place, run = stroke[1:].split("h")[:2]
        x, y = map(int, place.split())
        drawn |= {(x + step, y) for step in range(int(run.split("v")[0]))}
    assert drawn == {(x, y) for y, row in enumerate(rows) for x, dark in enumerate(row) if dark}


def test_a_pass_takes_the_smallest_version_that_upper_case_allows() -> None:
    assert len(qr.modules(TEXT, "M")) == 45
    assert len(qr.modules(TEXT, "Q")) == 53
    assert len(qr.modules(TEXT.lower(), "M")) > 45


def test_the_quiet_zone_is_four_modules_of_white() -> None:
    image = Image.open(io.BytesIO(qr.draw_png(TEXT, pixels_per_module=1))).convert("L")
    assert image.size == (53, 53)
    assert image.crop((0, 0, 53, 4)).getextrema() == image.crop((0, 0, 4, 53)).getextrema() == (255, 255)
    assert 'viewBox="0 0 53 53"' in qr.draw_svg(TEXT)
