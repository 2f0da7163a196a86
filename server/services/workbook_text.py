"""Text files → rows of texts: the encoding and the delimiter are told from the content."""

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from server.domain.legacy_fonts import is_syllable, score_font
from server.services.workbook_limits import Refused

_DELIMITERS = ";\t,|"
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_MOST_CELL = 1 << 17


def read_text(content: bytes) -> Iterator[list[str]]:
    """Give the rows of a text file. Raise `Refused` when it is none."""
    text = decode(content)
    text, delimiter = _declared(text)
    csv.field_size_limit(_MOST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or find_delimiter(text))
    try:
        yield from reader
    except csv.Error as error:
        raise Refused("broken_file") from error


def decode(content: bytes) -> str:
    """Return the text in NFC: by its mark, as UTF-8, as UTF-16 without one, or in the code page that reads best."""
    return unicodedata.normalize("NFC", _decode(content)).replace("\x00", "")


def _decode(content: bytes) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    if b"\x00" in content[:65536]:
        return content.decode("utf-16-le" if content[1:2] == b"\x00" else "utf-16-be", "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    loose = content.decode("utf-8", "replace")
    if loose.count("\ufffd") * 20 < sum(1 for char in loose if not char.isascii()):
        return loose
    windows = content.decode("cp1258", "replace")
    western = content.decode("cp1252", "replace")
    return windows if _vietnamese_words(windows) >= _old_font_words(western) else western


def _vietnamese_words(text: str) -> int:
    """Count the words with diacritics that are Vietnamese, less those that are not."""
    sample = unicodedata.normalize("NFC", text[:200_000])
    words = [word for word in re.findall(r"[^\W\d_]+", sample) if not word.isascii()]
    good = sum(map(is_syllable, words))
    return good - (len(words) - good)


def _old_font_words(text: str) -> int:
    """Count the words that become Vietnamese when read as TCVN3 or VNI, less those that do not."""
    lines = text[:200_000].splitlines()
    scores = [score_font(lines, font) for font in ("tcvn3", "vni")]
    return max(score.mended - score.broken - score.foreign for score in scores)


def _declared(text: str) -> tuple[str, str | None]:
    """Take off the first line `sep=;` by which spreadsheets name their delimiter."""
    if match := re.match(r"sep=(.)\r?\n", text):
        return text[match.end() :], match[1]
    return text, None


def find_delimiter(text: str) -> str:
    """Return the delimiter that divides the most lines into the same number of fields."""
    lines = [re.sub(r'"[^"\n]*"', "", line) for line in text[:200_000].splitlines()[:300] if line.strip()]

    def weight(delimiter: str) -> int:
        counts = Counter(count for line in lines if (count := line.count(delimiter)))
        return max((count * lines for count, lines in counts.items()), default=0)

    best = max(_DELIMITERS, key=weight)
    return best if weight(best) else ","
