"""Who is the same: people by phone, address or name; delegations by code, organisation and day."""

from dataclasses import replace
from datetime import date, time

from hypothesis import given
from hypothesis import strategies as st

from server.domain.registry import DelegationRow, Group
from server.domain.registry.matching import Person, Registered, Target, match_delegations, match_people

DAY = date(2020, 10, 12)
LAN, MINH = Person("nguyen thi lan", "+84983822612"), Person("tran van minh", None, "minh@example.vn")
PEOPLE = st.builds(Person, st.sampled_from("abc"), st.sampled_from([None, "1", "2"]), st.sampled_from([None, "x@e.vn"]))


def known(rows: list[Person], there: list[Person]) -> list[int | None]:
    return [match.known for match in match_people(rows, there)]


def test_a_phone_in_common_decides_before_the_name() -> None:
    assert known([Person("nguyen lan", LAN.phone)], [Person("nguyen lan"), LAN]) == [1]


def test_an_address_in_common_decides_whatever_its_case() -> None:
    assert known([Person("x", None, "Minh@Example.vn")], [LAN, MINH]) == [1]


def test_the_name_decides_where_neither_is_in_common() -> None:
    assert known([Person(LAN.key, "+84900000000")], [MINH, LAN]) == [1]


def test_namesakes_are_told_by_their_occurrence() -> None:
    hung = Person("nguyen van hung")
    assert known([hung, hung], [hung, hung]) == [0, 1]
    assert known([hung, hung, hung], [hung, hung]) == [0, 1, None]


def test_people_who_share_a_phone_in_one_file_stay_two_people() -> None:
    first, second = Person("lan", "1"), Person("minh", "1")
    assert known([first, second], []) == [None, None]
    assert known([first, second], [second, first]) == [1, 0]
    assert known([first, second], [first]) == [0, None]


def test_the_same_person_twice_in_a_file_is_a_repeat() -> None:
    assert [match.repeats for match in match_people([LAN, MINH, LAN], [])] == [None, None, 0]


@given(st.lists(PEOPLE, max_size=8))
def test_a_second_run_finds_everybody(rows: list[Person]) -> None:
    fresh = [row for row, match in zip(rows, match_people(rows, []), strict=True) if match.repeats is None]
    again = match_people(rows, fresh)
    assert all(match.known is not None or match.repeats is not None for match in again)


@given(st.lists(PEOPLE, max_size=8), st.lists(PEOPLE, max_size=8))
def test_nobody_is_two_people(rows: list[Person], there: list[Person]) -> None:
    found = [index for index in known(rows, there) if index is not None]
    assert len(found) == len(set(found))


def group(organisation: str = "Sở Y tế", **said: object) -> Group:
    row = replace(DelegationRow(row=2, organisation=organisation, code="D001", day=DAY), **said)  # type: ignore[arg-type]
    return Group("so.xlsx", "Trang 1", row, row.code)


def of(*groups: Group, there: list[Registered] | None = None) -> list[Target]:
    return match_delegations(groups, there or [])


HEALTH = Registered(1, "D001", "so y te", DAY)


def test_a_code_that_is_free_is_kept() -> None:
    (target,) = of(group())
    assert (target.known, target.code, target.warning) == (None, "D001", None)


def test_the_same_code_organisation_and_day_is_the_same_delegation() -> None:
    assert of(group("SỞ  Y TẾ"), there=[HEALTH])[0].known == HEALTH


def test_a_day_that_was_not_known_yet_is_no_other_day() -> None:
    assert of(group(), there=[replace(HEALTH, day=None)])[0].known is not None
    assert of(group(day=None), there=[HEALTH])[0].known is not None


def test_a_code_that_stands_for_another_organisation_or_day_is_local() -> None:
    for other in (group("Sở Công Thương"), group(day=date(2020, 10, 13))):
        (target,) = of(other, there=[HEALTH])
        assert (target.known, target.code, target.warning) == (None, None, "code_taken")


def test_a_local_code_is_found_again_by_what_it_was_in_the_file() -> None:
    trade = Registered(2, "D002", "so cong thuong", DAY, source="import:D001")
    (target,) = of(group("Sở Công Thương"), there=[HEALTH, trade])
    assert target.known == trade


def test_a_text_that_can_be_no_code_is_replaced() -> None:
    (target,) = of(group(code="ĐOÀN 1/2020"))
    assert (target.code, target.warning) == (None, "code_unusable")


def test_a_delegation_without_a_code_is_known_by_its_organisation_and_day() -> None:
    morning, noon = Registered(1, "D001", "so y te", DAY, time(8)), Registered(2, "D002", "so y te", DAY, time(13))
    targets = of(group(code=None, begins=time(13)), group(code=None, begins=time(8)), there=[morning, noon])
    assert [target.known for target in targets] == [noon, morning]


def test_a_row_that_states_a_delegation_again_is_a_repeat() -> None:
    for again in (group(), group(code="D001", day=None)):
        (target,) = of(group(), again)
        assert len(target.repeats) == 1
