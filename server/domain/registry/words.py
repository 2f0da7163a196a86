"""The words that offices use: column titles, kinds of delegations, languages, signs of an organisation."""
# ruff: noqa: E501, ISC004  tables of words, read by the dozen

import re
from functools import lru_cache

from server.domain.registry.model import Field
from server.domain.text import search_key

# Folded titles of columns. A longer title that begins with one of these means the same, unless a longer one fits.
_ALIASES: dict[Field, str] = {
    Field.ORDINAL: "stt|so tt|tt|so thu tu|thu tu|no|nr|ordinal|index",
    Field.CODE: "ma doan|ma so doan|ma dang ky|ma so dang ky|so dang ky|ma|ma so|delegation code|group code|code|"
    "registration no|doan so|so doan|ma phieu|delegation id|ma doan tham quan|delegation no",
    Field.ORGANISATION: "don vi|co quan|noi cong tac|co quan cong tac|don vi cong tac|ten don vi|ten co quan|to chuc|"
    "ten to chuc|co quan to chuc|don vi to chuc|co quan don vi|don vi dang ky|don vi tham quan|cong ty|ten cong ty|"
    "doanh nghiep|ten doanh nghiep|truong|ten truong|organisation|organization|company|institution|agency|school|"
    "affiliation|noi lam viec|don vi co quan|phong ban|department|don vi cu|ten doan don vi|doan don vi|don vi doan|"
    "co quan chu quan",
    Field.DELEGATION: "ten doan|doan|thuoc doan|ten nhom|nhom|delegation|group|delegation name|group name|"
    "doan tham quan|ten doan khach|doan khach|ten doan tham quan",
    Field.KIND: "loai doan|loai|loai hinh|loai khach|nhom doi tuong|doi tuong|phan loai|kind|type|category|"
    "loai hinh doan|delegation type|khoi|loai don vi|thanh phan",
    Field.LEADER: "truong doan|ho ten truong doan|ho va ten truong doan|nguoi dan dau|nguoi dai dien|dai dien|"
    "ho ten nguoi dai dien|ho va ten nguoi dai dien|leader|head of delegation|delegation leader|group leader|"
    "ten truong doan|dai dien doan|lanh dao doan|truong nhom|nguoi phu trach doan",
    Field.NAME: "ho va ten|ho ten|ten khach|ho ten khach|ho va ten khach|ten|ten dai bieu|ho ten dai bieu|khach moi|"
    "ho va ten dai bieu|thanh vien|ten thanh vien|ho ten thanh vien|ho va ten thanh vien|full name|name|visitor|"
    "visitor name|participant|dai bieu|khach|khach tham quan|ho va ten hoc sinh|ho ten hoc sinh|ten nguoi tham quan|"
    "nguoi tham quan|nguoi tham du|ho va ten nguoi tham quan|ho ten nguoi tham du|participant name|danh tinh|ho chu ten",
    Field.FAMILY_NAME: "ho|ho dem|ho va dem|ho lot|ho va ten dem|ho va chu lot|ho ten dem|ho va ten lot|ho chu lot|"
    "ho va lot|last name|surname|family name|ten dem|ho va chu dem|ho dem va",
    Field.GIVEN_NAME: "ten goi|first name|given name|ten rieng|forename",
    Field.CONTACT: "nguoi lien he|dau moi|dau moi lien he|can bo dau moi|can bo lien he|contact|contact person|"
    "nguoi dang ky|ho ten nguoi lien he|nguoi phu trach|contact name|ho va ten nguoi lien he|nguoi dau moi",
    Field.TITLE: "chuc vu|chuc danh|chuc vu chuc danh|chuc danh chuc vu|chuc vu cong tac|chuc vu truong doan|"
    "position|title|job title|role|vai tro|nghe nghiep|chuc vu don vi|cv|chuc vu hien tai|lop|cap bac",
    Field.PHONE: "sdt|so dien thoai|dien thoai|di dong|so di dong|dien thoai di dong|so dt|dt|dtdd|so dtdd|phone|mobile|tel|"
    "so dien thoai di dong|telephone|phone number|cell|hotline|so lien he|dien thoai lien he|sdt lien he|sdt truong doan|"
    "so dien thoai lien he|contact phone|mobile phone|zalo|dien thoai truong doan|so dien thoai truong doan|d thoai",
    Field.EMAIL: "email|e mail|thu dien tu|dia chi email|mail|dia chi thu dien tu|email lien he|email address|hop thu|gmail|"
    "dia chi mail|thu dt",
    Field.REACH: "lien he|thong tin lien he|contact details|contact information|lien lac|thong tin lien lac|"
    "dien thoai email|sdt email|so dien thoai email|email dien thoai|email sdt|phone email",
    Field.SIZE: "so nguoi|so luong|so khach|so luong khach|so luong nguoi|sl|so dai bieu|tong so nguoi|quan so|si so|"
    "so luot|so luong thanh vien|so thanh vien|so nguoi tham quan|so nguoi du kien|size|people|headcount|pax|persons|"
    "number of people|number of visitors|visitors|so luong dai bieu|quy mo|tong so|tong|so nguoi tham du|"
    "so nguoi dang ky|so luong tham quan|attendees|number of persons|group size|tong cong|no of people|so hoc sinh|so sv",
    Field.MEN: "nam|so nam|men|male",
    Field.WOMEN: "nu|so nu|women|female",
    Field.DATE: "ngay|ngay tham quan|ngay den|ngay thuc hien|ngay hen|ngay tiep|ngay tiep doan|ngay to chuc|ngay lam viec|"
    "date|visit date|day|date of visit|ngay du kien|ngay thang|ngay thang nam|ngay di|ngay den tham quan|ngay tiep don",
    Field.TIME: "gio|gio tham quan|gio den|gio bat dau|gio hen|khung gio|time|start time|tu gio|gio tiep|gio du kien|"
    "gio tiep doan|bat dau|start|time slot|slot|ca|buoi|arrival time|gio tiep don|visit time",
    Field.END: "gio ket thuc|gio ve|ket thuc|end time|end|den gio|gio roi|finish",
    Field.WHEN: "thoi gian|thoi gian tham quan|ngay gio|ngay gio tham quan|thoi diem|lich hen|lich tham quan|date time|when|"
    "thoi gian du kien|ngay va gio|gio ngay|thoi gian den|appointment|date and time|lich|thoi gian tiep|visit date time",
    Field.LANGUAGE: "ngon ngu|tieng|language|languages|ngon ngu su dung",
    Field.PURPOSE: "muc dich|muc dich tham quan|noi dung|noi dung lam viec|purpose|ly do|chu de|muc tieu|noi dung tham quan|"
    "purpose of visit|yeu cau tham quan|muc dich chuyen tham|chuong trinh",
    Field.SECTOR: "linh vuc|linh vuc quan tam|nganh|nganh nghe|sector|field|interest|interests|quan tam|linh vuc hoat dong|"
    "field of interest|nhu cau tim hieu|mang quan tam",
    Field.NEEDS: "ho tro|nhu cau ho tro|yeu cau ho tro|can ho tro|yeu cau dac biet|nhu cau dac biet|needs|special needs|"
    "accessibility|yeu cau|nhu cau|phien dich|interpreter|special requirements",
    Field.NOTES: "ghi chu|chu thich|note|notes|remark|remarks|comment|comments|y kien|luu y|g chu",
    Field.LETTER: "so cong van|cong van|so cv|so van ban|van ban|so hieu van ban|letter|letter number|cong van so|"
    "cv so|so ky hieu|so van ban dang ky|reference",
    Field.IGNORED: "ngay sinh|nam sinh|ngay thang nam sinh|date of birth|dob|birthday|birth|gioi tinh|gender|sex|cmnd|cccd|"
    "so cmnd|so cccd|cmnd cccd|cccd cmnd|can cuoc|so can cuoc|can cuoc cong dan|ho chieu|so ho chieu|passport|id number|"
    "identity|dia chi|address|que quan|dan toc|ton giao|ngay dang ky|ngay cap|noi cap|quoc tich|nationality|country|"
    "quoc gia|ky ten|chu ky|ky nhan|signature|ky|fax|website|ngay cong van|ngay van ban|bien so xe|so xe|xe|tinh trang|"
    "trang thai|status|ket qua|nguoi tiep|can bo tiep|huong dan vien|guide|xac nhan|ma so thue|mst|tuoi|age|que|"
    "noi sinh|so chung minh|giay to|so dinh danh|ma dinh danh|timestamp|dau thoi gian|dan so|ma khach|ma kh|anh|hinh anh",
}
_FIELD_OF = {alias: field for field, aliases in _ALIASES.items() for alias in aliases.split("|")}
_LONGEST_FIRST = sorted(_FIELD_OF, key=len, reverse=True)
# Too short or too common to stand for a longer title that merely begins with them.
_ALONE_ONLY = frozenset(
    "ma ho ten doan truong loai nam nu ngay gio no tt tong ca ky xe ky khach que tuoi name code title time end start date "
    "khoi nhom tieng lop anh role day dan so nganh id group company field dt when lich cv yeu cau dai dien mail note buoi "
    "thanh phan type doi tuong nhom index agency school people letter lien he".split()
) | {
    "so dang ky",
    "thanh phan",
    "doi tuong",
    "dai dien",
    "so doan",
    "yeu cau",
    "lien he",
    "nhu cau",
    "dai bieu",
    "cong ty",
}
# Enough for a title although it does not begin the title: "Họ và tên đầy đủ của khách (ghi rõ)" begins with one anyway.
_INSIDE = ("so dien thoai", "ho va ten", "ho ten", "chuc vu", "email", "so nguoi", "so luong", "ma doan", "loai doan")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")


@lru_cache(maxsize=2048)
def field_of_title(title: str) -> tuple[Field, int] | None:
    """Return what a column title means and how surely: 3 exactly, 2 without its brackets, 1 by its first words."""
    if len(title) > 120:
        return None
    whole = search_key(title)
    if whole in _FIELD_OF:
        return _FIELD_OF[whole], 3
    bare = search_key(_BRACKETS.sub(" ", title))
    if bare in _FIELD_OF:
        return _FIELD_OF[bare], 2
    for alias in _LONGEST_FIRST:
        if alias not in _ALONE_ONLY and len(alias) > 2 and f"{bare} ".startswith(f"{alias} "):
            return _FIELD_OF[alias], 1
    for alias in _INSIDE:
        if f" {alias} " in f" {bare} " and len(bare) < 60:
            return _FIELD_OF[alias], 1
    return None


_KINDS: dict[str, str] = {
    "agency": "agency|co quan|so ban nganh|co quan so ban nganh|so nganh|so|ban nganh|co quan nha nuoc|so ban nganh doan the|"
    "khoi so ban nganh|don vi su nghiep|co quan trung uong|bo nganh|government|government agency|department|cq|"
    "co quan hanh chinh|so ban|trung uong|bo|vien nghien cuu|doan the|co quan dang|cong an|quan doi|luc luong vu trang|"
    "so nganh thanh pho|co quan ban nganh|public agency|hiep hoi|hoi|state agency",
    "district": "district|quan huyen|quan|huyen|ubnd quan|ubnd huyen|ubnd quan huyen|khoi quan huyen|thanh pho thu duc|"
    "phong ban quan huyen|lanh dao quan huyen|lanh dao va phong ban quan huyen|quan huyen tp thu duc|thi xa|districts|"
    "quan huyen thanh pho|quan huyen va phong ban|uy ban nhan dan quan|uy ban nhan dan huyen|uy ban nhan dan quan huyen",
    "commune": "commune|phuong xa|phuong|xa|dac khu|phuong xa dac khu|ubnd phuong|ubnd xa|ubnd phuong xa|thi tran|ward|"
    "phuong xa thi tran|xa phuong|communes|uy ban nhan dan phuong|uy ban nhan dan xa|dia phuong|xa phuong dac khu|wards",
    "enterprise": "enterprise|doanh nghiep|cong ty|dn|cty|khoi doanh nghiep|startup|khoi nghiep|doanh nghiep khoi nghiep|company|"
    "business|tap doan|hop tac xa|enterprises|ngan hang|nha dau tu|ho kinh doanh|tong cong ty|doanh nghiep cong nghe",
    "school": "school|truong hoc|truong|hoc sinh|sinh vien|hoc sinh sinh vien|giao duc|khoi truong hoc|dai hoc|cao dang|"
    "university|co so giao duc|truong dai hoc|vien truong|hssv|hs sv|hoc vien|schools|education|nha truong|thpt|thcs",
    "citizens": "citizens|nguoi dan|cong dan|dan cu|cu dan|ca nhan|khach le|khach vang lai|cong dong|to dan pho|khu pho|"
    "citizen|public|residents|nhan dan|ho gia dinh|khach tham quan|khach",
    "international": "international|quoc te|nuoc ngoai|khach quoc te|doan quoc te|foreign|ngoai giao|lanh su quan|dai su quan|"
    "doan ngoai|khach nuoc ngoai|to chuc quoc te|ngoai quoc|doan nuoc ngoai",
    "press": "press|bao chi|bao dai|truyen thong|phong vien|co quan bao chi|media|bao|dai|nha bao|bao chi truyen thong|"
    "truyen hinh|khoi bao chi",
    "other": "other|khac|loai khac|doan khac|others|con lai",
}
_KIND_OF = {alias: kind for kind, aliases in _KINDS.items() for alias in aliases.split("|")}


def read_kind(text: str, *, exactly: bool = False) -> str | None:
    """Return the kind that a cell names, or None. Unless `exactly`, a word within may tell it."""
    folded = search_key(text)
    for candidate in (folded, search_key(_BRACKETS.sub(" ", text)), re.sub(r"^(?:[ivx]+|[a-z]|\d+) ", "", folded)):
        if candidate in _KIND_OF:
            return _KIND_OF[candidate]
        for prefix in ("khoi ", "nhom ", "doan ", "cac ", "loai ", "khoi cac "):
            if candidate.startswith(prefix) and candidate[len(prefix) :] in _KIND_OF:
                return _KIND_OF[candidate[len(prefix) :]]
    if exactly or len(folded) > 60:
        return None
    return next((kind for kind, sign in _KIND_SIGNS if sign.search(folded)), None)


_KIND_SIGNS = tuple(
    (kind, re.compile(rf"(?:^| )(?:{words})(?: |$)"))
    for kind, words in (
        ("international", "quoc te|nuoc ngoai|lanh su"),
        ("press", "bao chi|truyen thong|truyen hinh"),
        ("school", "hoc sinh|sinh vien|truong hoc|dai hoc|thpt|thcs"),
        ("enterprise", "doanh nghiep|cong ty|hop tac xa"),
        ("district", "quan huyen|(?:ubnd|uy ban nhan dan) (?:quan|huyen)"),
        ("commune", "phuong xa|xa phuong|(?:ubnd|uy ban nhan dan) (?:phuong|xa)"),
        ("agency", "so nganh|so ban|ban nganh|co quan|don vi su nghiep"),
        ("citizens", "nguoi dan|cu dan|dan cu"),
    )
)

# What the name of an organisation says of its kind, the surest first.
_GUESSES = tuple(
    (kind, re.compile(rf"(?:^| )(?:{words})(?: |$)"))
    for kind, words in (
        ("international", "lanh su quan|dai su quan|embassy|consulate|chamber of commerce|jica|koica|undp|world bank"),
        ("press", "bao(?! hiem| ton| tang| ve| cao| tro)|dai truyen hinh|dai tieng noi|dai phat thanh|tap chi|thong tan xa|thoi bao|toa soan"),
        ("school", "truong|dai hoc|cao dang|hoc vien|thpt|thcs|tieu hoc|mam non|university|college|school"),
        ("enterprise", "cong ty|cty|tap doan|tong cong ty|doanh nghiep|hop tac xa|ngan hang|corporation|ltd|inc|jsc|company|tnhh"),
        ("commune", "(?:ubnd|uy ban nhan dan|dang uy|cong an|hdnd) (?:phuong|xa|thi tran|dac khu)|dac khu"),
        ("district", "(?:ubnd|uy ban nhan dan|quan uy|huyen uy|van phong|phong|ban|hdnd|cong an)(?: \\S+)* (?:quan(?! ly| he| tri| trac)|huyen|tp thu duc)|(?:quan|huyen) uy|"
                     "(?:ubnd|uy ban nhan dan) (?:thanh pho|tp) thu duc"),
        ("citizens", "nguoi dan|cu dan|ho dan|gia dinh|khu pho|to dan pho|nhom cu dan"),
        ("agency", "so|bo|ban quan ly|ban|cuc|chi cuc|tong cuc|vien|trung tam|uy ban|ubnd|hoi|lien hiep|lien doan|vu|thanh doan|"
                   "thanh uy|van phong|toa an|kho bac|bao hiem xa hoi|hdnd|benh vien|mat tran"),
    )
)  # fmt: skip


def guess_kind(organisation: str) -> str:
    """Return the kind that an organisation's name suggests, `other` when it suggests none."""
    folded = search_key(organisation)
    starts_small = re.match(r"(?:so|bo|ban|cuc|vu|hoi) ", folded)
    for kind, pattern in _GUESSES:
        if kind == "agency":
            return "agency" if starts_small or pattern.match(folded) else "other"
        if pattern.search(folded):
            return kind
    return "other"


_LANGUAGES = {
    "vi": "viet|tieng viet|vietnamese|vi|vn|viet nam|viet ngu|tv",
    "en": "anh|tieng anh|english|en|eng|anh ngu|ta",
    "ja": "nhat|tieng nhat|japanese|ja|jp|nhat ban|nhat ngu",
    "ko": "han|tieng han|korean|ko|kr|han quoc|han ngu|tieng han quoc",
    "zh": "trung|tieng trung|chinese|zh|cn|hoa|tieng hoa|trung quoc|tieng trung quoc|quan thoai",
    "fr": "phap|tieng phap|french|fr|francais|phap ngu",
    "de": "duc|tieng duc|german|de|deutsch",
    "ru": "nga|tieng nga|russian|ru",
    "es": "tay ban nha|tieng tay ban nha|spanish|es|espanol",
    "lo": "lao|tieng lao|lo",
    "km": "khmer|campuchia|tieng khmer|km|tieng campuchia",
    "th": "thai|tieng thai|th|thai lan",
    "it": "y|tieng y|italian|it",
    "pt": "bo dao nha|tieng bo dao nha|portuguese|pt",
}
_LANGUAGE_OF = {alias: code for code, aliases in _LANGUAGES.items() for alias in aliases.split("|")}


def read_language(text: str) -> str | None:
    """Return the ISO 639-1 code of the language that a cell names (of several the first that is not Vietnamese)."""
    if (whole := _LANGUAGE_OF.get(search_key(text))) is not None:
        return whole
    parts = [search_key(part) for part in re.split(r"[,;/&+\-]|\bvà\b|\band\b", text)]
    codes = [_LANGUAGE_OF[part] for part in parts if part in _LANGUAGE_OF]
    if not codes or any(part and part not in _LANGUAGE_OF for part in parts):
        return None
    return next((code for code in codes if code != "vi"), codes[0])


# How the name of an organisation begins. Đoàn, Ban and Hội are left to their company: they begin people's names too.
_ORGANISATION = re.compile(
    r"(?:so|uy ban|ubnd|cong ty|cty|truong|phong|bo|cuc|chi cuc|tong cuc|tong cong ty|vien|trung tam|van phong|dai hoc|hoc vien|"
    r"cao dang|tap doan|ngan hang|benh vien|bao|dai|tap chi|hiep hoi|lien hiep|lien doan|thanh uy|quan uy|huyen uy|dang uy|"
    r"thanh doan|quan doan|ban quan ly|ban|hoi|khoi|khoa|toa an|kho bac|bao hiem|cong an|hop tac xa|doanh nghiep|nhom|"
    r"khu cong nghe|mat tran|dac khu|quan|huyen|phuong|xa|to chuc|lanh su quan|dai su quan|doan) \S+"
)
# Folded, these are words and names as well: where a text bears diacritics, they must be the right ones.
_SPELLED = {
    "so": "sở", "bo": "bộ", "truong": "trường", "phong": "phòng", "vien": "viện", "phuong": "phường", "xa": "xã", "quan": "quận quân",
    "huyen": "huyện", "bao": "báo bảo", "dai": "đài đại", "hoi": "hội", "to": "tổ", "cuc": "cục", "khoi": "khối", "nhom": "nhóm",
    "chi": "chi", "tong": "tổng", "hiep": "hiệp", "dang": "đảng", "doan": "đoàn", "ban": "ban", "cong": "công", "van": "văn",
    "uy": "ủy uỷ", "hoc": "học", "dac": "đặc", "toa": "tòa toà", "benh": "bệnh", "ngan": "ngân", "mat": "mặt", "thanh": "thành", "lanh": "lãnh",
}  # fmt: skip
_PEOPLE_TOO = re.compile(
    r"(?:doan|ban|hoi|bao|bo|dai|xa|khoa|so|phong) (?:thi|van|ngoc|minh|duc|thanh|quoc|huu|xuan) \S+$|"
    r"(?:truong|vien|hoi|doan|khoa|bao) [a-z]+$"
)
_ROLES = re.compile(
    r"(?:truong doan|pho doan|pho truong doan|thanh vien(?: doan)?|thanh phan|dai bieu|lanh dao|doan vien)\b.{0,20}"
)
_DEPARTMENT = re.compile(r"(?:phong|ban|van phong|khoa|to|bo phan|thanh tra|doi|lop|nhom|khoi|chi bo|vp|p)(?: |$)")


def looks_like_organisation(text: str) -> bool:
    """Tell whether a text begins as the name of an organisation does."""
    bare = re.sub(r"^\s*(?:(?:[ivxIVX]+|[a-zA-Z]|\d+(?:\.\d+)*)\s*[./):-]+\s*)?", "", text)
    folded = search_key(bare)
    if _ORGANISATION.match(folded) is None or _PEOPLE_TOO.match(folded) is not None:
        return False
    first = bare.split(" ")[0].lower()
    spelled = _SPELLED.get(search_key(first))
    return text.isascii() or spelled is None or first in spelled.split(" ")


def is_role(text: str) -> bool:
    """Tell whether a section's title names a part in the delegation (`Trưởng đoàn`), and no organisation."""
    return _ROLES.fullmatch(search_key(text)) is not None


def is_department(text: str) -> bool:
    """Tell whether a text names a part of an organisation: `Phòng Tổ chức`, but not `Phòng Y tế Quận 5`."""
    return _DEPARTMENT.match(search_key(text)) is not None and guess_kind(text) in ("agency", "other")
