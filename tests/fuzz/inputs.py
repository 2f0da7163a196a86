"""Inputs as offices, kiosks and strangers send them: half right, since only what is half right gets far."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from server.domain.registry import NoValue, Sheet
from tests.fuzz.properties import LAN

TITLES = (
    "STT|Họ và tên|Họ|Tên|Đơn vị|Ngày|Giờ|Số người|SĐT|Email|Chức vụ|Mã đoàn|Loại đoàn|Trưởng đoàn|Ghi chú|Ngôn ngữ|"
    "Nam|Nữ|Thời gian|Liên hệ|Giờ kết thúc|Lĩnh vực|Yêu cầu|Số công văn|Ngày sinh|x"
).split("|")
_WORDS = (
    "Tổng cộng|nt|\"|''|D001|D017|Sở Y tế|UBND Quận 5|Nguyễn Thị Lan|trường THPT|12/10/2020|8h30|15 người|0903123456|"
    "lan@x.vn|ĐOÀN|DANH SÁCH|Đoàn: Sở A|Đơn vị: Sở A|I. Sở|1|2|khối sở ngành|NguyÔn V¨n|Nguyeãn Vaên|#REF!|=1+1|٣٤|½|²|"
    "１２|ﷺ|ſ|İ|ŉ|\u202e|\u0300|e\u0301|\ufeff|không có|9h - 10h|2h chiều|08:00 ngày 12/10/2020|(08) 123 4567|"
    "+84 903 123 456|1e5|12345.5|44116|0.35|-3|10+5|15-20|99999999999999999999|31/02/2020|Trưởng đoàn|x|-|n/a"
).split("|")

junk = st.text(max_size=20) | st.text("0123456789/.-:hg+ ,()#e", max_size=20)
words = st.sampled_from(_WORDS)
texts = st.one_of(
    words,
    junk,
    st.lists(words | junk, min_size=1, max_size=4).map(" ".join),
    st.text(st.characters(), min_size=1, max_size=130),
)
cells = st.one_of(
    st.none(),
    texts,
    st.integers(-(2**63), 2**63 - 1),
    st.integers(0, 50_000),
    st.floats(-1e300, 1e300),
    st.floats(0, 1),
    st.booleans(),
    st.dates(),
    st.times(),
    st.datetimes(),
    st.builds(NoValue, st.sampled_from(["formula", "error"]), junk),
)
_heads = st.lists(st.sampled_from([*TITLES, "", None]), min_size=2, max_size=8)
_rows = st.lists(st.none() | texts | cells, max_size=8)


@st.composite
def grids(draw: Any) -> list[list[Any]]:
    """Rows with a header among them, sometimes two, and something above and below."""
    above, below = draw(st.lists(_rows, max_size=2)), draw(st.lists(_rows, min_size=1, max_size=6))
    again = draw(st.lists(_heads, max_size=1)) + draw(st.lists(_rows, max_size=2))
    return [*above, draw(_heads), *below, *again]


_names = st.builds(
    "{}{} {} {}".format,
    st.sampled_from(["", "", "", "Ông ", "TS. "]),
    st.sampled_from(["Nguyễn", "NGUYỄN", "Nguyen", "Trần", "Lê", "ﷺ"]),
    st.sampled_from(["Thị", "Thi", "Văn", ""]),
    st.sampled_from(["Lan", "Làn", "Minh", "Hoa", "Hòa", "Hoà", "An", "Ân"]),
)
_bodies = st.builds(
    "{} {}".format,
    st.sampled_from(["Sở Y tế", "SO Y TE", "Sở  Y tế", "UBND Quận", "Trường THPT số", "Công ty ŉ"]),
    st.integers(1, 9),
)
_phones = st.sampled_from(["0903123456", 903123456.0, "0903 123 457", "+84 903123456", "090312345", "(08) 38123456"])
_right_cells: dict[str, Any] = {
    "Họ và tên": _names,
    "Đơn vị": _bodies,
    "Mã đoàn": st.sampled_from(["D001", "D002", "d001", "X" * 30, "1", 1.0]),
    "SĐT": _phones,
    "Email": st.sampled_from(["lan@x.vn", "LAN@x.vn", "minh@x.vn", "lan@x"]),
    "Ngày": st.sampled_from(["12/10/2020", 44116, "13/10/2020", "31/02/2020"]) | st.dates(),
    "Giờ": st.sampled_from(["8h30", "9h - 10h", 0.35, "buổi sáng"]),
    "Số người": st.sampled_from([3, "15 người", "10+5", 0, 9_999, "99999"]),
    "Trưởng đoàn": _names,
    "Chức vụ": st.sampled_from(["Trưởng đoàn", "Giám đốc", "x" * 201]),
    "Loại đoàn": st.sampled_from(["Sở ngành", "Quận huyện", "?"]),
    "Ghi chú": texts,
}


@st.composite
def lists(draw: Any) -> Sheet:
    """A list as an office keeps it: fitting titles, people and bodies that repeat, a wrong cell now and then."""
    titles = draw(st.lists(st.sampled_from(sorted(_right_cells)), min_size=2, max_size=7, unique=True))
    rows = [
        [draw(_right_cells[title] if draw(st.integers(0, 9)) else st.none() | cells) for title in titles]
        for _ in range(draw(st.integers(1, 8)))
    ]
    merged = draw(st.lists(st.tuples(*[st.integers(0, 8)] * 4), max_size=2))
    return Sheet(draw(st.sampled_from(["Sheet1", "Sở Y tế"])), [titles, *rows], merged)


_places = st.tuples(*[st.integers(0, 10)] * 4)
sheets = st.builds(Sheet, st.sampled_from(["Sheet1", "Sở Y tế", "D001", ""]), grids(), st.lists(_places, max_size=3))

json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_zones = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_odd_times = st.sampled_from(
    "2020-10-12T08:00:00+07:00|0001-01-01T00:00:00+14:00|0001-01-01T00:00:00Z|9999-12-31T23:59:59-23:59|"
    "2020-10-12T23:59:60Z|2020-W42-1T08:00:00Z|20201012T080000+0700|2020-10-12T08:00:00+24:00|2020-10-12 08:00Z|"
    "2020-10-12T08:00:00+07:00:30.5|2020-10-12|2020-10-12T08:00:00,123456789Z|٢٠٢٠-10-12T08:00:00Z".split("|")
)
times = _odd_times | st.datetimes(timezones=_zones).map(lambda moment: moment.isoformat())
ids = st.uuids().map(str) | st.uuids().map(lambda id_: str(id_).upper()) | st.uuids().map(lambda id_: f"{{{id_}}}")


_now = st.integers(-600, 60).map(lambda seconds: (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat())
_right = {
    "direction": st.sampled_from(["in", "out", "auto"]),
    "people": st.integers(1, 5),
    "offline": st.just(True),
    "reentry": st.just(True),
    "force": st.fixed_dictionaries({"reason": st.text(min_size=1, max_size=10)}),
}


def scans(passes: Any, known_ids: Any = ids) -> Any:
    """A kiosk's scans: right ones, and ones with any field wrong."""
    right = st.fixed_dictionaries({"id": known_ids | ids, "pass": passes, "at": _now}, optional=_right)
    odd = st.fixed_dictionaries(
        {"id": known_ids | json, "pass": passes | json, "at": _now | times | json},
        optional={name: value | json for name, value in _right.items()} | {"more": json},
    )
    return right | right | right | odd


@st.composite
def near_tokens(draw: Any) -> str:
    """Lan's token with a letter or two changed, its case, its surroundings."""
    token = list(LAN.token)
    for _ in range(draw(st.integers(0, 2))):
        token[draw(st.integers(0, len(token) - 1))] = draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567018ſK"))
    before = draw(
        st.sampled_from(["", "", "http://a/p/", "HTTPS://A:1/X/P/", "https:///p/", "ftp://a/p/", "http://a?/p/"])
    )
    text = before + "".join(token)[draw(st.sampled_from([0, 0, 0, 1])) :]
    after = draw(st.sampled_from(["", "", " ", "\n", "A", "=", "/", "%20", "\x00", "\u2028"]))
    spelled: Callable[[str], str] = draw(st.sampled_from([str.upper, str.lower, str.swapcase]))
    return spelled(text) + str(after)


space_files = st.lists(
    st.sampled_from(
        '[space]|[opening]|[passes]|[[zones]]|id = "lobby"|id = "a"|name = "x"|capacity = 60|capacity = 0|exhibit = 1|'
        'capacity = 99999999999|capacity = true|always = true|monday = "07:30-11:30"|monday = "25:00-26:00"|zones = 1|'
        'window = "none"|valid_days = 99999999999|slot_before_minutes = 99999999999999|area_m2 = 1e400|area_m2 = nan|'
        'plan = [1, 2, 3, inf]|name = "\\u0000"|id = "x\\u0000"|id = ""|space = 1|zones = ["a"]|name_en = 1'.split("|")
    )
    | st.text(max_size=10),
    max_size=10,
).map("\n".join)
