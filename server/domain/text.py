"""Vietnamese text: cleaning on the way in, keys to find and to sort by, names, dates in letters."""

import re
import unicodedata
from datetime import date
from functools import lru_cache

# Invisible characters that documents bring along: soft hyphen, zero-width signs, direction marks, byte order mark.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufffe]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")

_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_PRIMARY = {letter: chr(ord("A") + n) if n < 26 else chr(ord("a") + n - 26) for n, letter in enumerate(_ALPHABET)}
_TONES = {"": "0", "\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}
_SHAPES = {"\u0302", "\u0306", "\u031b"}

# Written before a name in documents, and no part of it. The longer ones first.
_SALUTATIONS = re.compile(r"^(?:(?:ông|bà|ong|ba|mrs|mr|ms|miss)[.:]?|\((?:ông|bà|mrs|mr|ms)\.?\))\s+", re.IGNORECASE)
_DEGREES = {"gs": "GS", "pgs": "PGS", "ts": "TS", "ths": "ThS", "bs": "BS", "cn": "CN", "ks": "KS", "luật": "Luật"}
_DEGREE_WORD = re.compile(r"^(?:(?:pgs|gs|ts|ths|bs|ks|cn)\.)+$|^(?:pgs|gs|ts|ths)$", re.IGNORECASE)
_SURNAMES = frozenset(
    "nguyen tran le pham huynh hoang phan vu vo dang bui do ho ngo duong ly dinh truong lam mai luong doan cao ta "
    "trinh dao ha to thai chau quach tang la luu kieu phung trieu tong vuong nghiem chu bach ton tu dam".split()
)
_NAME_PART = re.compile(r"[^\s\-'’.(]+")


def clean(text: str) -> str:
    """Return the text in NFC with its spaces collapsed and without control and invisible characters."""
    if text.isascii() and text.isprintable() and "  " not in text and text == text.strip():
        return text
    text = _CONTROL.sub(" ", _INVISIBLE.sub("", text))
    return unicodedata.normalize("NFC", " ".join(text.split()))


@lru_cache(maxsize=8192)
def search_key(text: str) -> str:
    """Return what both sides of a search are reduced to: no diacritics, no case, words by one space.

    `hoa` finds `Hòa` and `Hoà`; `dang` finds `Đặng`.
    """
    # Folding case before the marks are dropped: some capitals fold to a letter and a mark.
    decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char)).replace("đ", "d")
    return " ".join(_NOT_ALPHANUMERIC.sub(" ", unicodedata.normalize("NFKC", bare)).split())


def vietnamese_sort_key(text: str) -> str:
    """Return a key that sorts words in Vietnamese order: letters, then tones, then case.

    Keys are compared character by character (a database's binary order, or Python's), and hold ASCII for Latin text.
    """
    letters: list[str] = []
    tones: list[str] = []
    cases: list[str] = []
    for char in clean(text):
        primary, tone, case = _weights(char)
        letters.append(primary)
        tones.append(tone)
        cases.append(case)
    return f"{''.join(letters)} {''.join(tones).rstrip('0')} {''.join(cases).rstrip('0')}"


def person_sort_key(name: str) -> str:
    """Return a key that sorts people by given name (the last word), then family name (the first), then the middle."""
    words = clean(name).split(" ")
    parts = (words[-1], words[0] if len(words) > 1 else "", " ".join(words[1:-1]))
    return " ".join(vietnamese_sort_key(part) for part in parts)


def given_name(name: str) -> str:
    """Return the word by which Vietnamese people are addressed: the last."""
    return clean(name).rpartition(" ")[2]


def tidy_name(text: str) -> str:
    """Return a person's name as it is kept: clean, without Ông or Bà, capitals mended if all are large or all small."""
    name = _without_salutation(clean(text))
    words = name.split(" ")
    degrees = [word for word in words if _DEGREE_WORD.match(word)]
    rest = " ".join(word for word in words if not _DEGREE_WORD.match(word))
    if not rest or not (rest.isupper() or rest.islower()) or len(rest) < 2:
        return name
    if degrees and words[: len(degrees)] != degrees:
        return _initial_capitals(name)
    mended = _initial_capitals(rest)
    return " ".join([*(_degree(word) for word in degrees), mended])


def person_key(name: str) -> str:
    """Return what two spellings of one person's name have in common: folded, without salutation and degrees."""
    words = [word for word in tidy_name(name).split(" ") if not _DEGREE_WORD.match(word)]
    return search_key(" ".join(words)) or search_key(name)


def date_in_letters(day: date) -> str:
    """Return `ngày 05 tháng 7 năm 2026`; only days under 10 and the months 1 and 2 bear a leading 0."""
    month = f"{day.month:02}" if day.month <= 2 else str(day.month)
    return f"ngày {day.day:02} tháng {month} năm {day.year}"


def _weights(char: str) -> tuple[str, str, str]:
    """Return the weights of one character: its letter, its tone, its case."""
    case = "1" if char != char.lower() else "0"
    lower = char.lower()
    if lower in _PRIMARY:
        return _PRIMARY[lower], "0", case
    if char == " ":
        return "!", "0", "0"
    if char.isascii():
        return char, "0", case
    decomposed = unicodedata.normalize("NFD", lower)
    base, marks = decomposed[:1], decomposed[1:]
    shape = "".join(mark for mark in marks if mark in _SHAPES)
    tone = "".join(mark for mark in marks if mark not in _SHAPES)
    letter = unicodedata.normalize("NFC", base + shape)
    if letter not in _PRIMARY:
        letter, tone = base, tone + shape
    return _PRIMARY.get(letter, f"~{letter}"), _TONES.get(tone, "6"), case


def _without_salutation(name: str) -> str:
    rest = _SALUTATIONS.sub("", name)
    if rest == name:
        return name
    # Ông is also a family name (Ông Văn Tùng): what is left must itself begin like a name, or be foreign.
    first = search_key(rest).split(" ")[0] if search_key(rest) else ""
    is_vietnamese = search_key(name).split(" ")[0] in ("ong", "ba")
    if is_vietnamese and not (first in _SURNAMES and " " in rest):
        return name
    return rest


def _initial_capitals(text: str) -> str:
    return _NAME_PART.sub(lambda match: match[0][0].upper() + match[0][1:].lower(), text)


def _degree(word: str) -> str:
    return ".".join(_DEGREES.get(part.lower(), part) for part in word.split("."))
