"""Every sentence has its English, and every fault of a catalogue is seen."""

import io
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from server.house.messages import ROOT, Owner, extract, owners, read, render, renew
from tests.house.catalogues import faults

SAME_IN_BOTH = {
    line for line in (Path(__file__).parent / "same_in_both.txt").read_text().splitlines() if line[:1] != "#"
}


@pytest.mark.parametrize("owner", owners(), ids=lambda owner: owner.folder.name)
def test_every_sentence_has_its_english(owner: Owner) -> None:
    found = faults(read(owner.catalogue), extract(owner), SAME_IN_BOTH)

    assert not found, "run `make messages`, then write the English:\n" + "\n".join(found)


@pytest.mark.parametrize("owner", owners(), ids=lambda owner: owner.folder.name)
def test_a_catalogue_lies_as_make_messages_lays_it(owner: Owner) -> None:
    text = owner.catalogue.read_bytes() if owner.catalogue.exists() else b""

    assert text == render(read(owner.catalogue)), f"run `make messages` ({owner.catalogue.relative_to(ROOT)})"


def catalogue(text: str) -> Catalog:
    return read_po(io.StringIO(text), locale="en")


SAID = """
msgid "Chào %(name)s"
msgstr ""

msgid "Bàn lễ tân"
msgstr ""
"""
GOOD = SAID.replace('%(name)s"\nmsgstr ""', '%(name)s"\nmsgstr "Hello %(name)s"').replace(
    'lễ tân"\nmsgstr ""', 'lễ tân"\nmsgstr "Desk"'
)


def test_a_good_catalogue_has_no_fault() -> None:
    assert faults(catalogue(GOOD), catalogue(SAID), set()) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (GOOD.replace('"Desk"', '""'), "no English"),
        (GOOD.replace('"Desk"', '"Bàn lễ tân"'), "English equals Vietnamese"),
        (GOOD.replace("Hello %(name)s", "Hello"), "loses a placeholder"),
        (GOOD.replace("Hello %(name)s", "Hello %(name)s %(nam)s"), "nobody fills"),
        (GOOD.replace('"Desk"', '"Desk {number}"'), "nobody fills"),
        (GOOD.replace('msgid "Bàn', '#, fuzzy\nmsgid "Bàn'), "fuzzy"),
        (GOOD.split("\n\n")[0] + "\n", "not in the catalogue"),
        (GOOD + '\nmsgid "Lối ra"\nmsgstr "Exit"\n', "no longer said"),
        (GOOD + '\n#~ msgid "Lối ra"\n#~ msgstr "Exit"\n', "obsolete"),
    ],
    ids=lambda value: value if len(value) < 40 else "",
)
def test_a_fault_of_a_catalogue_is_seen(text: str, fault: str) -> None:
    found = faults(catalogue(text), catalogue(SAID), set())

    assert len(found) == 1, found
    assert fault in found[0]


def test_english_may_equal_its_key_when_it_is_listed() -> None:
    text = 'msgid "QR"\nmsgstr "QR"\n'

    assert faults(catalogue(text), catalogue(text), {"QR"}) == []
    assert faults(catalogue(text), catalogue(text), set()) != []


def test_new_sentences_come_in_empty_and_known_ones_keep_their_english(tmp_path: Path) -> None:
    owner = Owner(tmp_path / "kiosk", (tmp_path / "kiosk",))
    (tmp_path / "kiosk/templates").mkdir(parents=True)
    (tmp_path / "kiosk/templates/page.html").write_text('<h1>{{ _("Bàn lễ tân") }}</h1>')
    assert renew(owner, tmp_path) == 1
    owner.catalogue.write_text(owner.catalogue.read_text().replace('tân"\nmsgstr ""', 'tân"\nmsgstr "Desk"'))
    (tmp_path / "kiosk/plugin.py").write_text('ngettext("%(n)s khách", "%(n)s khách", 3)\n_("Bàn lễ tân")\n')

    assert renew(owner, tmp_path) == 1

    renewed = read(owner.catalogue)
    assert renewed["Bàn lễ tân"].string == "Desk"
    assert not any(renewed[("%(n)s khách", "%(n)s khách")].string or ())
    assert {place for place, _ in renewed["Bàn lễ tân"].locations} == {
        "kiosk/plugin.py",
        "kiosk/templates/page.html",
    }
