"""What somebody who types into a search field may mean: words, the digits of a phone, a code; and words misspelt."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from server.domain.text import search_key

MOST_WORDS = 6
LEAST_DIGITS = 3
MOST_CORRECTIONS = 12
_LEAST_CORRECTED = 3
_TWO_MISTAKES = 8
_PHONE = re.compile(r"[+(]?[\d\s().-]{3,20}")
_SHORT = re.compile(r"[0-9A-HJKMNP-TV-Z]{8}")


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for. `words` are folded; `digits` is a phone's end without its leading zero or country code."""

    words: tuple[str, ...] = ()
    digits: str = ""
    code: str = ""
    short: str = ""


def read_sought(typed: str) -> Sought:
    """Return what a typed line may mean."""
    text = typed.strip()
    compact = text.upper().replace(" ", "").replace("-", "")
    digits = "".join(filter(str.isdecimal, text)) if _PHONE.fullmatch(text) else ""
    if digits.startswith("84") and (text.startswith("+") or len(digits) > 9):
        digits = digits[2:]
    digits = digits.lstrip("0")
    return Sought(
        words=tuple(search_key(text).split()[:MOST_WORDS]),
        digits=digits if len(digits) >= LEAST_DIGITS else "",
        code=compact if compact.isalnum() and len(compact) <= 20 else "",
        short=compact if _SHORT.fullmatch(compact) else "",
    )


class Vocabulary:
    """The words that occur, to be asked what a misspelt one may stand for."""

    def __init__(self, words: Iterable[str]) -> None:
        known = {word for word in words if len(word) > 1}
        self._words = sorted(known)
        self._reversed = sorted(word[::-1] for word in known)

    def begins(self, word: str) -> bool:
        """Tell whether any word begins so."""
        place = bisect_left(self._words, word)
        return place < len(self._words) and self._words[place].startswith(word)

    def corrections(self, word: str) -> list[str]:
        """Return the words one letter away (two, of long words), the nearest first. The shortest have none."""
        if len(word) < _LEAST_CORRECTED:
            return []
        allowed = 2 if len(word) >= _TWO_MISTAKES else 1
        near = {(distance(word, other, allowed), other) for other in self._candidates(word, allowed)}
        return [other for away, other in sorted(near) if away <= allowed][:MOST_CORRECTIONS]

    def _candidates(self, word: str, allowed: int) -> Iterator[str]:
        """Yield words that share the first or the last letters: a single mistake, or swap, leaves one half whole."""
        half = max(1, (len(word) - 1) // 2 - (allowed - 1))
        lengths = range(len(word) - allowed, len(word) + allowed + 1)
        for known, key, turn in ((self._words, word, 1), (self._reversed, word[::-1], -1)):
            start = key[:half]
            for place in range(bisect_left(known, start), len(known)):
                if not known[place].startswith(start):
                    break
                if len(known[place]) in lengths:
                    yield known[place][::turn]


def distance(one: str, other: str, most: int) -> int:
    """Return how many letters must be added, dropped, changed or swapped with the next; `most + 1` when more.

    The optimal string alignment distance (Damerau 1964, restricted: no part is changed twice).
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        before_last, before, row = before, row, [i]
        for j, letter_there in enumerate(other, start=1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != letter_there))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == letter_there:
                best = min(best, before_last[j - 2] + 1)
            row.append(best)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)
