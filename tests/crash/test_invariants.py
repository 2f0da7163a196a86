"""The checker of the crash runs, put to the test: a true history passes, and each thing that is doctored is found."""

import csv
from datetime import UTC, datetime, timedelta

import pytest

from tests.crash.books import Books, Limits
from tests.crash.invariants import Counters, check, check_counters, check_offline
from tests.crash.ledger import Ledger
from tests.crash.movements import COLUMNS, read_moves

LIMITS = Limits({"lobby": 3, "egov": 2}, "lobby", 4, {"D001": 4}, frozenset({"GROUP"}))
NINE = datetime(2020, 10, 12, 9, tzinfo=UTC)
# What happened, a row each: scan, pass, delegation, answer, code, from, to, people, from holder, to holder, conflict.
HISTORY = """
s01 LAN   -    admitted -              -     lobby 1 v:lan v:lan -
s02 LAN   -    refused  already_inside -     -     0 -     -     -
s03 LAN   -    moved    -              lobby egov  1 v:lan v:lan -
s04 GROUP D001 admitted -              -     lobby 2 d:1   d:1   -
s05 AN    D001 moved    -              lobby egov  1 d:1   v:an  -
s06 LAN   -    left     -              egov  -     1 v:lan v:lan -
s07 LAN   -    left     -              -     -     0 -     -     -
s08 BINH  D001 left     -              lobby -     1 d:1   d:1   -
s09 LAN   -    admitted -              -     lobby 1 v:lan v:lan not_inside/offline
s10 HOA   -    left     -              -     -     0 -     -     superseded/offline
s11 MINH  -    admitted -              -     lobby 1 s:1   s:1   -
s12 LAN   -    admitted -              lobby -     1 v:lan v:lan -
s12 LAN   -    admitted -              -     egov  1 v:lan v:lan -
s13 GROUP D001 refused  zone_full      -     -     0 -     -     -
s13 GROUP D001 admitted -              -     lobby 1 d:1   d:1   zone_full/offline
s14 GROUP D001 left     -              lobby -     1 d:1   d:1   -
s14 GROUP D001 left     -              egov  -     1 v:an  v:an  -
s15 AN    D001 left     -              -     -     0 -     -     -
""".strip()
TOLD = {
    "s01": ("admitted", "", 1), "s02": ("refused", "already_inside", 0), "s03": ("moved", "", 1),
    "s04": ("admitted", "", 2), "s05": ("moved", "", 1), "s06": ("left", "", 1), "s07": ("left", "", 1),
    "s08": ("left", "", 1), "s09": ("admitted", "", 1), "s10": ("left", "", 0), "s11": ("admitted", "", 1),
    "s12": ("admitted", "", 0), "s13": ("refused", "zone_full", 0), "s14": ("left", "", 2), "s15": ("left", "", 1),
    "s99": ("refused", "invalid_pass", 0),
}  # fmt: skip


@pytest.fixture
def told():
    ledger = Ledger()
    for number, (id_, (answer, code, people)) in enumerate(TOLD.items()):
        ledger.send(id_, "" if code == "invalid_pass" else "PASS", "kiosk", "", str(number))
        ledger.take({"id": id_, "answer": answer, "code": code or None, "people": people})
    return ledger


@pytest.fixture
def inspect(tmp_path, told):
    """Write a history as the export would, and return what is found in it."""

    def look(history=HISTORY, *, is_online=False, limits=LIMITS):
        path = tmp_path / "movements.csv"
        write(path, history)
        return check(read_moves(path), Books(limits), told, is_online=is_online).by_kind()

    return look


def write(path, history):
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for seq, line in enumerate(history.splitlines(), 1):
            id_, pass_, group, answer, code, source, target, people, giver, taker, more = [
                "" if word == "-" else word for word in line.split()
            ]
            conflict, _, offline = more.partition("/")
            received = (NINE + timedelta(seconds=int(id_[1:]) + (0.5 if offline else 0))).isoformat()
            rows.writerow((
                seq, id_, pass_, group, "kiosk", answer, code, source, target, people, giver, taker, received, received,
                "true" if offline else "false", conflict, "false",
            ))  # fmt: skip


def without(*ids):
    return "\n".join(line for line in HISTORY.splitlines() if line[:3] not in ids)


def test_a_true_history_passes(inspect):
    assert inspect() == {}


def test_an_acknowledged_scan_that_is_not_stored_is_lost(inspect):
    assert inspect(without("s02")).keys() == {"lost"}


def test_an_answer_that_the_server_may_forget_is_not_lost(inspect, told):
    told.take({"id": "s98", "answer": "refused", "code": "malformed", "people": 0})
    assert inspect() == {}


def test_a_genuine_scan_that_is_answered_as_garbage_is_lost(inspect, told):
    told.send("s98", "PASS", "kiosk", "", "")
    told.take({"id": "s98", "answer": "refused", "code": "malformed", "people": 0})
    assert inspect().keys() == {"lost"}


def test_a_movement_that_no_kiosk_sent_is_invented(inspect, told):
    del told.sent["s06"], told.told["s06"]
    assert inspect().keys() == {"invented"}


@pytest.mark.parametrize("id_", ["s01", "s04", "s06"])
def test_a_scan_that_was_counted_twice_is_doubled(inspect, id_):
    again = next(line for line in HISTORY.splitlines() if line.startswith(id_))
    assert "doubled" in inspect(f"{HISTORY}\n{again}")


def test_a_refusal_stored_twice_is_doubled(inspect):
    again = HISTORY.splitlines()[1]
    assert inspect(HISTORY.replace(again, f"{again}\n{again}")).keys() == {"doubled"}


def test_a_fact_after_a_refusal_is_recorded_once(inspect):
    again = HISTORY.splitlines()[14]
    assert "doubled" in inspect(f"{HISTORY}\n{again}")


@pytest.mark.parametrize(
    ("true", "false"),
    [
        ("refused  already_inside", "refused  zone_full     "),
        ("LAN   -    moved    -              lobby egov ", "LAN   -    present  -              lobby egov "),
        (
            "s04 GROUP D001 admitted -              -     lobby 2",
            "s04 GROUP D001 admitted -              -     lobby 3",
        ),
    ],
)
def test_another_answer_code_or_number_than_was_told_is_a_contradiction(inspect, true, false):
    assert true in HISTORY
    assert "contradicted" in inspect(HISTORY.replace(true, false))


def test_a_repeat_that_tells_something_else_is_a_contradiction(inspect, told):
    told.take({"id": "s01", "answer": "admitted", "code": None, "people": 1})
    assert inspect() == {}
    told.take({"id": "s01", "answer": "left", "code": None, "people": 1})
    assert inspect().keys() == {"contradicted"}


def test_a_forgotten_answer_that_is_stored_all_the_same_is_a_contradiction(inspect):
    line = "s99 XYZ   -    admitted -              -     lobby 1 v:x   v:x   -"
    assert inspect(f"{HISTORY}\n{line}").keys() == {"contradicted"}


def test_a_count_below_zero_is_found(inspect):
    assert "negative" in inspect(without("s03"))


def test_a_visitor_in_two_zones_is_found(inspect):
    assert "split" in inspect(
        HISTORY.replace("moved    -              lobby egov  1 v:lan", "moved    -              -     egov  1 v:lan")
    )


def test_more_of_a_delegation_inside_than_it_covers_is_found(inspect):
    assert inspect(limits=Limits(LIMITS.zones, "lobby", 4, {"D001": 1}, LIMITS.groups)).keys() == {"crowded"}


@pytest.mark.parametrize(("zones", "space"), [({"lobby": 3, "egov": 1}, 4), ({"lobby": 3, "egov": 2}, 2)])
def test_a_zone_or_a_space_beyond_its_capacity_is_found_where_all_scans_were_online(inspect, zones, space):
    limits = Limits(zones, "lobby", space, LIMITS.covers, LIMITS.groups)
    assert inspect(limits=limits, is_online=True).keys() == {"overfull"}
    assert inspect(limits=limits) == {}
    assert inspect(is_online=True) == {}


def test_what_a_check_has_found_does_not_grow_with_what_happens_later(tmp_path, told):
    write(tmp_path / "movements.csv", HISTORY)
    moves = read_moves(tmp_path / "movements.csv")
    books = Books(Limits({"lobby": 3, "egov": 1}, "lobby", 4, LIMITS.covers, LIMITS.groups))
    earlier = check(moves[:3], books, told, is_online=True)
    later = check(moves[3:], books, told, is_online=True)
    assert (len(earlier.overfull), len(later.overfull)) == (0, 2)


def test_the_lobby_may_hold_more_than_its_capacity(inspect):
    limits = Limits({"lobby": 1, "egov": 2}, "lobby", 4, LIMITS.covers, LIMITS.groups)
    assert inspect(limits=limits, is_online=True) == {}


GOOD = {"lobby": 1, "egov": 1}


@pytest.mark.parametrize(
    ("occupancy", "counted", "recounted", "is_good"),
    [
        ({"lobby": 0, "egov": 1}, GOOD, GOOD, True),
        (None, GOOD, GOOD, True),
        (None, {"lobby": 2, "egov": 1}, GOOD, False),
        ({"lobby": 1, "egov": 1}, GOOD, GOOD, False),
        ({"lobby": 0, "egov": 1}, {"lobby": 2, "egov": 1}, GOOD, False),
        ({"lobby": 0, "egov": 1}, GOOD, {"lobby": 1, "egov": 0}, False),
        ({"lobby": 0, "egov": 1, "cellar": 1}, GOOD, GOOD, False),
    ],
)
def test_counters_are_compared_with_the_sums_of_the_effects(tmp_path, told, occupancy, counted, recounted, is_good):
    write(tmp_path / "movements.csv", HISTORY)
    books = Books(LIMITS)
    check(read_moves(tmp_path / "movements.csv"), books, told, is_online=False)
    assert (check_counters(books, Counters(occupancy, counted, recounted)) == []) is is_good


IN, MOVED, OUT = (
    "o01 LAN - admitted - - lobby 1 v:lan v:lan -/offline",
    "o02 LAN - moved - lobby egov 1 v:lan v:lan -/offline",
    "o03 LAN - left - egov - 1 v:lan v:lan -/offline",
)
OUT_FIRST = "o03 LAN - left - - - 0 - - not_inside/offline"
IN_SUPERSEDED = "o01 LAN - present - - - 0 - - superseded/offline"


@pytest.mark.parametrize(
    ("rows", "is_good"),
    [((IN, MOVED, OUT), True), ((OUT_FIRST, IN_SUPERSEDED), True), ((OUT_FIRST, IN, MOVED), False)],
)
def test_whoever_was_scanned_offline_is_where_the_latest_scan_says(tmp_path, rows, is_good):
    ledger = Ledger()
    for id_, target in (("o01", "lobby"), ("o02", "egov"), ("o03", "")):
        ledger.send(id_, "LAN", "kiosk", target, "")
    write(tmp_path / "movements.csv", "\n".join(rows))
    moves, books = read_moves(tmp_path / "movements.csv"), Books(LIMITS)
    check(moves, books, ledger, is_online=False)
    assert (check_offline(books, moves, ledger, {"LAN": (NINE, "")}) == []) is is_good


def test_an_export_with_other_columns_is_refused(tmp_path):
    (tmp_path / "movements.csv").write_text("seq,id\n1,x\n")
    with pytest.raises(AssertionError, match="other columns"):
        read_moves(tmp_path / "movements.csv")
