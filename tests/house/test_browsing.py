"""The browser that tests drive is there and has Vietnamese letters in the house's own face."""

from pathlib import Path

import pytest
from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FONTS = (Path(__file__).parents[2] / "static/css/fonts.css").as_uri()


async def test_digits_of_sanh_tabular_do_not_dance_and_vietnamese_has_its_face(page: Page, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(
        f'<meta charset="utf-8"><link rel="stylesheet" href="{FONTS}">'
        '<span id="a" style="font: 700 40px Sanh Tabular">11:11</span><br>'
        '<span id="b" style="font: 700 40px Sanh Tabular">08:40</span>'
        '<p style="font: 700 40px Be Vietnam Pro">Ưu ỡ ậ Đ</p>'
    )
    await page.goto((tmp_path / "page.html").as_uri())

    await page.evaluate("document.fonts.ready")

    widths = await page.evaluate("['a', 'b'].map(id => document.getElementById(id).getBoundingClientRect().width)")
    assert widths[0] == widths[1]
    assert await page.evaluate("[...document.fonts].filter(face => face.status === 'loaded').length") >= 3
