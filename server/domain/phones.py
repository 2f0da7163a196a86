"""Phone numbers: what people and spreadsheets write → E.164."""

import re
from functools import lru_cache

import phonenumbers

# The prefixes of the 11-digit mobile numbers, renumbered to 10 digits in 2018.
_OLD_MOBILE = {
    "0120": "070", "0121": "079", "0122": "077", "0126": "076", "0128": "078",
    "0123": "083", "0124": "084", "0125": "085", "0127": "081", "0129": "082",
    "0162": "032", "0163": "033", "0164": "034", "0165": "035", "0166": "036",
    "0167": "037", "0168": "038", "0169": "039",
    "0186": "056", "0188": "058", "0199": "059",
}  # fmt: skip
# Area codes before 2017, recognised only in brackets: 08 alone begins today's mobile numbers.
_OLD_AREA = {"08": "028", "8": "028", "04": "024", "4": "024"}

_FLOAT = re.compile(r"\d+(?:\.\d+)?[eE]\+?\d+|\d+\.0+")
_REMARK = re.compile(r"\([^)\d]*\)")
_LABEL = re.compile(r"^[^\d+(]+")
_EXTENSION = re.compile(r"(?:\bext\b|\bmáy lẻ\b|\bmáy nhánh\b|\bsố lẻ\b|\bx\b|#)\W*\d+\W*$", re.IGNORECASE)
_SEVERAL = re.compile(r"[/;,|\n]|\s+-\s+|\bhoặc\b|\bvà\b|\bor\b")
_AREA = re.compile(r"^\(0?([84])\)")


def parse_phone(value: str | float) -> str | None:
    """Return the number in E.164 (`+84983822612`), or None when it is no possible number.

    Knows numbers that a spreadsheet robbed of their leading 0 or made a float, the 11-digit mobile numbers of
    before 2018, landlines, and foreign numbers with `+` or `00`. Of several numbers none is chosen: see `split_phones`.
    """
    return _parse(_as_text(value))


def split_phones(value: str | float) -> list[str]:
    """Return the several numbers that one cell holds as they stand, at least one."""
    text = _as_text(value)
    if _parse(text) is not None:
        return [text]
    parts = [part.strip() for part in _SEVERAL.split(text)]
    return [part for part in parts if sum(map(str.isdigit, part)) >= 8] or [text]


def _as_text(value: str | float) -> str:
    if isinstance(value, str):
        text = value.strip()
        return f"{float(text):.0f}" if _FLOAT.fullmatch(text) and len(text) < 30 else text
    return f"{value:.0f}" if float(value).is_integer() else str(value)


@lru_cache(maxsize=4096)
def _parse(text: str) -> str | None:
    if len(text) > 60:
        return None
    text = _EXTENSION.sub("", _LABEL.sub("", _REMARK.sub("", text).strip().strip("'`\""))).strip()
    if re.search(r"[^\W\d_]", text):
        return None
    text = _AREA.sub(lambda match: _OLD_AREA[match[1]], text)
    digits = re.sub(r"\D", "", text)
    international = _international(text, digits)
    if international is None:
        return None
    try:
        number = phonenumbers.parse(international, "VN")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _international(text: str, digits: str) -> str | None:
    """Return the number with + and its country's code, as far as its digits tell it."""
    if not 8 <= len(digits) <= 16:
        return None
    if text.startswith("+"):
        return _vietnamese(digits[2:]) if digits.startswith("84") else f"+{digits}"
    if digits.startswith("00"):
        return _international("+" + digits[2:], digits[2:])
    if digits.startswith("84") and len(digits) >= 11:
        return _vietnamese(digits[2:])
    return _vietnamese(digits)


def _vietnamese(digits: str) -> str:
    national = digits if digits.startswith("0") else "0" + digits
    if len(national) == 11 and national[:4] in _OLD_MOBILE:
        national = _OLD_MOBILE[national[:4]] + national[4:]
    # Numbers of services (1900…, 1800…) have no leading 0 to lose.
    if re.fullmatch(r"1[89]00\d{4,6}", digits):
        return f"+84{digits}"
    return f"+84{national[1:]}"
