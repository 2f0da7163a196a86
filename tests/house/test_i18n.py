"""Vietnamese is the key, English comes from the catalogues, and nothing leaks from one request to the next."""

import asyncio
from datetime import date, time
from pathlib import Path

import pytest
from jinja2 import Environment

from server.web import i18n

PO = """
msgid ""
msgstr "Plural-Forms: nplurals=2; plural=(n != 1);"

msgid "Chào %(name)s"
msgstr "Hello %(name)s"

msgid "%(n)s khách"
msgid_plural "%(n)s khách"
msgstr[0] "%(n)s visitor"
msgstr[1] "%(n)s visitors"
"""


@pytest.fixture(autouse=True)
def a_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "en.po").write_text(PO)
    monkeypatch.setattr(i18n, "_folders", [*i18n._folders])
    i18n.add_catalogue(tmp_path)


def test_vietnamese_is_the_key() -> None:
    assert i18n.gettext("Chào %(name)s", name="Lan") == "Chào Lan"
    assert i18n.ngettext("%(n)s khách", "%(n)s khách", 1479227) == "1.479.227 khách"


def test_english_comes_from_the_catalogue() -> None:
    with i18n.use_language("en"):
        assert i18n.gettext("Chào %(name)s", name="Lan") == "Hello Lan"
        assert i18n.ngettext("%(n)s khách", "%(n)s khách", 1) == "1 visitor"
        assert i18n.ngettext("%(n)s khách", "%(n)s khách", 1200) == "1,200 visitors"
    assert i18n.language() == "vi"


def test_a_sentence_without_english_is_shown_in_vietnamese() -> None:
    with i18n.use_language("en"):
        assert i18n.gettext("Câu chưa dịch") == "Câu chưa dịch"


def test_a_percent_sign_without_arguments_is_text() -> None:
    assert i18n.gettext("Đầy 100%") == "Đầy 100%"


@pytest.mark.parametrize(
    ("wishes", "chosen"),
    [
        (("en",), "en"),
        (("en-GB,vi;q=0.5",), "en"),
        (("fr-FR, en;q=0.3",), "en"),
        ((None, "", "vi-VN"), "vi"),
        (("ja", "xx;q=9"), "vi"),
        (("%00,;;",), "vi"),
    ],
)
def test_the_first_wish_that_we_speak_is_taken(wishes: tuple[str | None, ...], chosen: str) -> None:
    assert i18n.choose_language(*wishes) == chosen


async def test_two_requests_at_once_each_keep_their_language() -> None:
    async def request(code: str) -> str:
        i18n.set_language(code)
        await asyncio.sleep(0)
        return i18n.gettext("Chào %(name)s", name="Lan")

    english, vietnamese = await asyncio.gather(request("en"), request("vi"))

    assert (english, vietnamese) == ("Hello Lan", "Chào Lan")


def test_templates_speak_and_escape() -> None:
    environment = Environment(autoescape=True)
    i18n.install(environment)
    template = environment.from_string(
        '{{ _("Chào %(name)s", name="<b>") }}; {{ _n("%(n)s khách", "%(n)s khách", 2) }};'
        " {% trans name='<i>' %}Chào {{ name }}{% endtrans %}"
    )

    with i18n.use_language("en"):
        assert template.render() == "Hello &lt;b&gt;; 2 visitors; Hello &lt;i&gt;"


def test_dates_times_and_numbers_are_written_as_each_language_does() -> None:
    day = date(2026, 11, 24)

    assert i18n.format_date(day) == "24/11/2026"
    assert i18n.format_time(time(7, 30)) == "07:30"
    assert (i18n.format_number(1479227), i18n.format_number(0.5)) == ("1.479.227", "0,5")
    with i18n.use_language("en"):
        assert i18n.format_date(day) == "24 November 2026"
        assert i18n.format_time(time(19, 5)) == "19:05"
        assert (i18n.format_number(1479227), i18n.format_number(0.5)) == ("1,479,227", "0.5")
