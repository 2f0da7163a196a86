"""Short names of organisations, as the field writes them where room is scarce: "UBND phường Chợ Lớn"."""

import re

# Longer ones first: a shorter one may be part of them.
_ABBREVIATIONS = (
    ("Công ty Trách nhiệm hữu hạn Một thành viên", "Công ty TNHH MTV"),
    ("Công ty Trách nhiệm hữu hạn", "Công ty TNHH"),
    ("Trường Trung học phổ thông", "THPT"),
    ("Trường Trung học cơ sở", "THCS"),
    ("Trường Tiểu học", "TH"),
    ("Thông tin và Truyền thông", "TTTT"),
    ("Khoa học và Công nghệ", "KHCN"),
    ("Thành phố Hồ Chí Minh", "TP.HCM"),
    ("Hội đồng nhân dân", "HĐND"),
    ("Giáo dục và Đào tạo", "GDĐT"),
    ("Văn hóa và Thông tin", "VHTT"),
    ("Ủy ban nhân dân", "UBND"),
    ("Uỷ ban nhân dân", "UBND"),
    ("Công ty Cổ phần", "CTCP"),
    ("Trường Cao đẳng", "CĐ"),
    ("Trường Đại học", "ĐH"),
    ("Trường THPT", "THPT"),
    ("Trường THCS", "THCS"),
    ("Ban Quản lý", "BQL"),
    ("Doanh nghiệp", "DN"),
)
_PATTERN = re.compile("|".join(re.escape(full) for full, _ in _ABBREVIATIONS), re.IGNORECASE)
_SHORT = {full.casefold(): short for full, short in _ABBREVIATIONS}


def short_name(name: str) -> str:
    """Return an organisation's name with its usual abbreviations; a name without any stays as it is."""
    return _PATTERN.sub(lambda found: _SHORT[found.group().casefold()], name)


# What may go where a name has the width of a word or two; each prefix of a name that is short already.
_TIGHT = (
    ("UBND phường ", "P. "),
    ("UBND xã ", "Xã "),
    ("UBND quận ", "Q. "),
    ("UBND huyện ", "H. "),
    ("UBND ", ""),
    ("Công ty TNHH MTV ", ""),
    ("Công ty TNHH ", ""),
    ("Công ty ", ""),
    ("CTCP ", ""),
    ("Trung tâm ", "TT "),
    ("Trường ", ""),
    ("Đoàn ", ""),
)


def tight_name(name: str) -> str:
    """Return a name for a narrow place: abbreviated, and without what many names begin with."""
    short = short_name(name)
    for prefix, instead in _TIGHT:
        if short.startswith(prefix) and len(short) > len(prefix):
            rest = short[len(prefix) :]
            return instead + rest if instead else rest[0].upper() + rest[1:]
    return short
