"""Assets are copied only when they are the agreed files, and Sanh Tabular's digits are of one width."""

import io
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from server.house import assets
from server.house.fonts import DIGITS, derive_tabular

LATIN = assets.PACKAGES / assets.FONT_FILES.format(subset="latin", weight=700)


def test_everything_that_pages_ask_for_is_there_after_set_up() -> None:
    assert assets.missing() == []


def test_every_copied_file_has_an_agreed_checksum() -> None:
    assert set(assets.read_checksums()) == set(assets.COPIES.values())


def test_a_file_that_was_changed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = tmp_path / "node_modules"
    for source in assets.COPIES:
        (packages / source).parent.mkdir(parents=True, exist_ok=True)
        (packages / source).write_bytes((assets.PACKAGES / source).read_bytes())
    (packages / "idiomorph/dist/idiomorph.esm.js").write_text("alert(1)")
    monkeypatch.setattr(assets, "PACKAGES", packages)
    monkeypatch.setattr(assets, "VENDOR", tmp_path / "vendor")

    with pytest.raises(assets.AssetError, match="idiomorph"):
        assets.build()


def test_an_unknown_icon_is_refused() -> None:
    with pytest.raises(assets.AssetError, match="no-such-icon"):
        assets.build_sprite("house\nno-such-icon\n")


def test_the_sprite_has_a_symbol_for_each_line() -> None:
    sprite = assets.build_sprite("# shapes\nhouse\nhouse-bold\n\n")

    assert sprite.count("<symbol ") == 2
    assert 'id="house-bold" viewBox="0 0 256 256"' in sprite


def test_the_digits_of_sanh_tabular_are_of_one_width_and_under_its_own_name() -> None:
    font = TTFont(io.BytesIO(derive_tabular(LATIN, 700)))
    names = font.getBestCmap()

    assert len({font["hmtx"][names[ord(digit)]][0] for digit in DIGITS}) == 1
    assert "GPOS" not in font
    assert font["name"].getBestFamilyName() == "Sanh Tabular"
    assert not any("Be Vietnam" in str(record) for record in font["name"].names if record.nameID not in (0, 7, 13, 14))


def test_the_colon_stands_in_the_middle_of_the_digits() -> None:
    font = TTFont(io.BytesIO(derive_tabular(LATIN, 700)))
    colon = font["glyf"][font.getBestCmap()[ord(":")]]

    assert abs((colon.yMin + colon.yMax) / 2 - font["OS/2"].sCapHeight / 2) <= 1


def test_deriving_twice_gives_the_same_file() -> None:
    assert derive_tabular(LATIN, 700) == derive_tabular(LATIN, 700)
