"""Mistakes whose mend is certain: a comma for a point in an address, a letter for a digit in a number."""

import re

from server.domain.phones import parse_phone
from server.domain.registry.cells import Unreadable, read_date, read_email, read_size, read_time

_LETTERS = str.maketrans("oOlI|SB", "0011158")


def suggest(code: str, value: str) -> str | None:
    """Return what a cell with this error surely meant, None where only a person can tell."""
    mend = {
        "bad_email": _email,
        "bad_phone": _phone,
        "impossible_date": _day,
        "impossible_time": _time,
        "impossible_size": _size,
    }.get(code)
    found = mend(value.strip()) if mend is not None and 0 < len(value) <= 120 else None
    return found if found != value else None


def _email(text: str) -> str | None:
    bare = re.sub(r"\s+", "", text).strip(".,;:<>()\"'")
    bare = bare.replace("＠", "@").replace("(at)", "@").replace("[at]", "@")
    bare = re.sub(r"[,;]+", ".", bare)
    bare = re.sub(r"\.{2,}", ".", bare).replace(".@", "@").replace("@.", "@")
    if bare.count("@") != 1:
        bare = re.sub("@+", "@", bare)
    try:
        return read_email(bare)
    except Unreadable:
        return None


def _phone(text: str) -> str | None:
    digits = re.sub(r"[^\d+]", "", text.translate(_LETTERS))
    if not digits or sum(map(str.isdigit, text)) < 8 or parse_phone(digits) is None:
        return None
    return digits


def _day(text: str) -> str | None:
    match = re.fullmatch(r"(\d{1,2})\s*[/.-]\s*(\d{1,2})\s*[/.-]\s*(\d{4})", text)
    if match is None or int(match[1]) > 12 or int(match[2]) <= 12:
        return None
    # The month stands first, as an English machine writes it: the day cannot be a month.
    turned = f"{int(match[2]):02}/{int(match[1]):02}/{match[3]}"
    try:
        read_date(turned)
    except Unreadable:
        return None
    return turned


def _time(text: str) -> str | None:
    bare = text.replace("o", "0").replace("O", "0").replace(";", ":")
    try:
        begins, _, _ = read_time(bare)
    except Unreadable:
        return None
    return f"{begins:%H:%M}" if begins is not None else None


def _size(text: str) -> str | None:
    bare = text.translate(_LETTERS)
    try:
        size = read_size(bare)
    except Unreadable:
        return None
    return str(size) if size is not None else None
