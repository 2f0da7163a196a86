"""Text in the old font encodings TCVN3 (ABC) and VNI, told by its syllables and converted to Unicode.

Such text was typed as Latin-1 characters that only the right font shows as Vietnamese: `NguyÔn V¨n`, `Nguyeãn Vaên`.
Converting is a guess, so it has a score; whoever applies it shows what was changed.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Font = Literal["tcvn3", "vni"]

_TCVN3 = dict(
    zip(
        "µ¶·¸¹¨»¼½¾Æ©ÇÈÉÊË®ÌÎÏÐÑªÒÓÔÕÖ×ØÜÝÞßáâãä«åæçèé¬êëìíîïñòóô\u00adõö÷øùúûüýþ¡¢£¤¥¦§",
        "àảãáạăằẳẵắặâầẩẫấậđèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵĂÂÊÔƠƯĐ",
        strict=True,
    )
)
_VNI_SINGLE = dict(zip("íìæóòôöîñÍÌÆÓÒÔÖÎÑ", "íìỉĩịơưỵđÍÌỈĨỊƠƯỴĐ", strict=True))
_VNI_MARKS = {
    "a": dict(zip("ùøûõïâáàåãäêéèúüë", "áàảãạâấầẩẫậăắằẳẵặ", strict=True)),
    "e": dict(zip("ùøûõïâáàåãä", "éèẻẽẹêếềểễệ", strict=True)),
    "o": dict(zip("ùøûõïâáàåãä", "óòỏõọôốồổỗộ", strict=True)),
    "u": dict(zip("ùøûõï", "úùủũụ", strict=True)),
    "y": dict(zip("ùøûõ", "ýỳỷỹ", strict=True)),
    "ô": dict(zip("ùøûõï", "ớờởỡợ", strict=True)),
    "ö": dict(zip("ùøûõï", "ứừửữự", strict=True)),
}
_VNI = {
    **{base + mark: letter for base, marks in _VNI_MARKS.items() for mark, letter in marks.items()},
    **{base.upper() + mark: letter.upper() for base, marks in _VNI_MARKS.items() for mark, letter in marks.items()},
    **{
        base.upper() + mark.upper(): letter.upper()
        for base, marks in _VNI_MARKS.items()
        for mark, letter in marks.items()
    },
    **_VNI_SINGLE,
}
_VNI_PATTERN = re.compile("|".join(sorted(map(re.escape, _VNI), key=len, reverse=True)))

# Signs that stand inside a word only where a font made letters of them.
_SIGNS = frozenset("µ¶·¸¹¨»¼½¾©®ª×«¬\u00ad÷¡¢£¤¥¦§")
_WORD = re.compile(r"[^\s\d!-/:-@\[-`{-~–—“”‘’…]+")

_ONSET = "ngh|ng|nh|th|tr|ch|kh|ph|gh|gi|qu|[bcdđghklmnprstvx]"
_RHYME = (
    "a|ac|ach|ai|am|an|ang|anh|ao|ap|at|au|ay|ăc|ăm|ăn|ăng|ăp|ăt|âc|âm|ân|âng|âp|ât|âu|ây|e|ec|em|en|eng|eo|ep|et|"
    "ê|êch|êm|ên|êng|ênh|êp|êt|êu|i|ia|ich|im|in|inh|ip|it|iu|iêc|iêm|iên|iêng|iêp|iêt|iêu|o|oa|oac|oach|oai|oam|oan|"
    "oang|oanh|oao|oap|oat|oay|oăc|oăm|oăn|oăng|oăt|oc|oe|oen|oeo|oet|oi|om|on|ong|op|ot|ooc|oong|ô|ôc|ôi|ôm|ôn|ông|ôp|"
    "ôt|ơ|ơi|ơm|ơn|ơp|ơt|u|ua|uân|uâng|uât|uây|uc|ui|um|un|ung|up|ut|uê|uêch|uên|uênh|uêt|uy|uya|uych|uyên|uyêt|uyn|uynh|"
    "uyt|uyu|uôc|uôi|uôm|uôn|uông|uôp|uôt|uơ|ư|ưa|ưc|ưi|ưm|ưn|ưng|ưt|ưu|ươc|ươi|ươm|ươn|ương|ươp|ươt|ươu|y|yêm|yên|yêng|"
    "yêt|yêu|ych|yn|ynh|yt"
)
_SYLLABLE = re.compile(f"(?:{_ONSET})?(?:{_RHYME})")
_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_STOPPED = re.compile(r"(?:c|ch|p|t)$")


@dataclass(frozen=True, slots=True)
class FontScore:
    """How much better a text reads when converted: words `mended`, `broken`, and still no Vietnamese (`foreign`)."""

    font: Font
    mended: int
    broken: int
    foreign: int
    signs: int

    @property
    def score(self) -> float:
        """Return a number from -1 to 1; 0 when there is nothing to tell by."""
        words = self.mended + self.broken + self.foreign
        return (self.mended - self.broken) / words if words else 0.0


@lru_cache(maxsize=16384)
def is_syllable(word: str) -> bool:
    """Tell whether a word is a possible Vietnamese syllable, in Unicode."""
    decomposed = unicodedata.normalize("NFD", word.lower())
    tones = [char for char in decomposed if char in _TONES]
    bare = unicodedata.normalize("NFC", "".join(char for char in decomposed if char not in _TONES))
    if len(tones) > 1 or _SYLLABLE.fullmatch(bare) is None:
        return False
    return not _STOPPED.search(bare) or (bool(tones) and tones[0] in "\u0301\u0323")


def score_font(texts: Iterable[str], font: Font) -> FontScore:
    """Score texts under one font encoding. Words of plain ASCII say nothing and are passed over."""
    mended = broken = foreign = signs = 0
    for text in texts:
        if not _may_be_old(text):
            continue
        for word in _WORD.findall(unicodedata.normalize("NFC", text)):
            if word.isascii():
                continue
            before, after = is_syllable(word), is_syllable(_convert_word(word, font))
            mended += after and not before
            broken += before and not after
            foreign += not before and not after
            signs += after and not _SIGNS.isdisjoint(word)
    return FontScore(font, mended, broken, foreign, signs)


def detect_font(texts: Iterable[str], *, least: float = 0.6) -> Font | None:
    """Return the old font encoding in which the texts as a whole are written, if their score is at least `least`."""
    known = [text for text in texts if _may_be_old(text)]
    best = max((score_font(known, font) for font in ("tcvn3", "vni")), key=_strength)
    return best.font if best.mended and best.score >= least else None


def convert(text: str, font: Font) -> str:
    """Return the text in Unicode. Capitals typed with a capitals font (`.VnTimeH`) become capitals."""
    words = _WORD.findall(text)
    converted = _WORD.sub(lambda match: _convert_word(match[0], font), unicodedata.normalize("NFC", text))
    plain = ["".join(char for char in word if char.isascii()) for word in words]
    has_small = any(char.islower() for word in plain for char in word)
    if not has_small and any(len(word) >= 2 for word in plain):
        return converted.upper()
    return converted


def mend_text(text: str, *, font: Font | None = None, least: float = 0.8) -> str:
    """Return the text in Unicode if it reads better so, else unchanged.

    `font` is what its surroundings are written in (`detect_font`); then the text need only not read worse.
    Alone, it must reach `least`, and by more than one odd letter: `Bö` may be a foreign name.
    """
    if not _may_be_old(text):
        return text
    if font is not None:
        own = score_font((text,), font)
        return convert(text, font) if own.mended >= own.broken and (own.mended or not own.foreign) else text
    best = max((score_font((text,), candidate) for candidate in ("tcvn3", "vni")), key=_strength)
    if best.score >= least and (best.mended >= 2 or best.signs):
        return convert(text, best.font)
    return text


def _may_be_old(text: str) -> bool:
    """Old encodings know Latin-1 only: a letter beyond it is Unicode already."""
    return not text.isascii() and not any(char > "\xff" and char.isalpha() for char in text)


def _strength(score: FontScore) -> tuple[float, int]:
    return score.score, score.mended


def _convert_word(word: str, font: Font) -> str:
    if font == "tcvn3":
        return "".join(_TCVN3.get(char, char) for char in word)
    return _VNI_PATTERN.sub(lambda match: _VNI[match[0]], word)
