"""A planned day: the same seed gives the same day, and people do what people can do."""

from collections import Counter, defaultdict
from datetime import date, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from server.simulator.day import history, plan_day, remaining, scale, standing_at
from server.simulator.people import Guest, Hours, Intention, Party, Place, Step
from server.simulator.posts import lay_out
from server.simulator.routes import Floor

ZONES = ("lobby", "egov", "smart_home", "smart_edu", "smart_health", "ekyc", "digital_economy")
PLACES = tuple(Place(zone, zone, 60 if zone == "lobby" else 12) for zone in ZONES)
SAIGON = ZoneInfo("Asia/Ho_Chi_Minh")
HOURS = Hours(date(2020, 10, 13), SAIGON, ((time(7, 30), time(11, 30)), (time(13, 0), time(17, 0))))
FLOOR = Floor(HOURS, PLACES, lay_out(PLACES))
INTERESTS = ("y tế", "giáo dục", "logistics", "du lịch", "môi trường")


def party(number: int, size: int, slot: time) -> Party:
    guests = tuple(Guest(f"{number}-{i}", f"PASS{number}-{i}") for i in range(size))
    return Party(f"D{number:03}", slot, size, guests, f"GROUP{number}", "school", INTERESTS[number % 5])


PARTIES = tuple(party(n, 1 + n % 12, time(8 + n % 3, 30 * (n % 2))) for n in range(60))
WALKERS = tuple(Guest(f"w{n}", f"WALK{n}") for n in range(60))
PLAN = plan_day(FLOOR, PARTIES, WALKERS, seed=7)


def by_actor():
    steps = defaultdict(list)
    for intention in PLAN.intentions:
        steps[intention.actor].append(intention)
    return steps


def test_the_same_seed_gives_the_same_day():
    assert plan_day(FLOOR, PARTIES, WALKERS, seed=7) == PLAN


def test_another_seed_gives_another_day():
    assert plan_day(FLOOR, PARTIES, WALKERS, seed=8) != PLAN


def test_a_delegations_plan_does_not_depend_on_who_else_comes():
    alone = plan_day(FLOOR, PARTIES[11:12], (), seed=7)
    assert alone.intentions == tuple(i for i in PLAN.intentions if i.party == "D011")


def test_intentions_come_in_the_order_of_their_time():
    assert list(PLAN.intentions) == sorted(PLAN.intentions, key=lambda i: (i.at, i.actor))


def test_nobody_means_to_enter_while_the_doors_are_closed():
    for intention in PLAN.intentions:
        if intention.step == Step.ENTER:
            clock = intention.at.time()
            assert any(opens <= clock < closes for opens, closes in HOURS.spans), intention


def test_everybody_means_to_leave_before_closing():
    last = {actor: steps[-1] for actor, steps in by_actor().items()}
    assert all(step.is_exit and step.at <= HOURS.closes for step in last.values())


def test_an_actors_steps_follow_one_another():
    for steps in by_actor().values():
        assert all(a.at <= b.at for a, b in pairwise(steps))
        moves = [step.step for step in steps if step.step != Step.MISTAKE]
        assert all(b != Step.ENTER for a, b in pairwise(moves) if a == Step.ENTER)


def test_most_people_come_around_their_slot():
    late = []
    for code, members in ((p.code, p) for p in PARTIES):
        entries = [i.at for i in PLAN.intentions if i.party == code and i.step == Step.ENTER]
        if entries:
            late.append((min(entries) - HOURS.at(members.slot or time())).total_seconds() / 60)
    late.sort()
    assert late[0] >= -8
    assert late[-1] <= 50
    assert -3 <= late[len(late) // 2] <= 6


def test_a_day_has_groups_on_one_code_forgotten_exits_double_scans_and_wrong_gates():
    steps = PLAN.intentions
    assert any(i.people and i.people > 1 for i in steps)
    assert any(i.step == Step.FORGET for i in steps)
    assert any(i.twice for i in steps)
    assert any(i.step == Step.MISTAKE for i in steps)
    assert 1 <= len(PLAN.outages) <= 2


def test_some_members_step_out_of_the_group_with_their_own_badge():
    codes = {i.party for i in PLAN.intentions if i.people and i.step == Step.ENTER}
    own = {i.party for i in PLAN.intentions if ":" in i.actor and i.step == Step.GO}
    assert codes & own


def test_some_members_hold_up_their_own_badge_at_the_gate_right_after_the_groups_code():
    codes = {i.party: i.at for i in PLAN.intentions if i.people and i.people > 1 and i.step == Step.ENTER}
    own = [i for i in PLAN.intentions if ":" in i.actor and i.step == Step.ENTER and i.party in codes]
    assert any(timedelta(0) < i.at - codes[i.party] < timedelta(minutes=3) for i in own)


def test_some_members_leave_before_their_group_and_some_groups_forget_to_scan_out():
    entered = {i.actor for i in PLAN.intentions if i.step == Step.ENTER}
    last = {i.actor: i for i in PLAN.intentions}
    assert any(":" in actor and actor not in entered and i.step == Step.LEAVE for actor, i in last.items())
    many = [party(n, 5, time(9)) for n in range(300)]
    forgotten = [i for i in plan_day(FLOOR, many, (), seed=1).intentions if i.step == Step.FORGET]
    assert any(":" not in i.actor for i in forgotten)


def test_a_member_who_is_late_does_nothing_before_they_come():
    many = [party(n, 8, time(9)) for n in range(100)]
    plan = plan_day(FLOOR, many, (), seed=3)
    first: dict[str, Intention] = {}
    for i in plan.intentions:
        first.setdefault(i.actor, i)
    came = {i.actor: i.at for i in plan.intentions if i.step == Step.ENTER and ":" in i.actor}
    assert all(first[actor].at == at or first[actor].step == Step.MISTAKE for actor, at in came.items())


def test_the_more_kiosks_the_more_of_them_lose_the_network_one_after_another():
    for count, expected in ((1, 1), (9, 2), (64, 6), (256, 12)):
        outages = plan_day(Floor(HOURS, PLACES, lay_out(PLACES, count)), PARTIES, (), seed=3).outages
        assert len(outages) == len({outage.post for outage in outages}) == expected
        assert all(timedelta(minutes=3) <= outage.length <= timedelta(minutes=9) for outage in outages)


def test_no_group_enters_with_more_people_than_its_pass_covers():
    covers = {p.code: p.covers for p in PARTIES}
    entering: Counter[str] = Counter()
    for i in PLAN.intentions:
        if i.step == Step.ENTER and i.people and i.at.hour < 12:
            entering[i.party] += i.people
    assert entering
    assert all(people <= covers[code] for code, people in entering.items())


def test_an_interest_draws_people_to_its_zone():
    only = [party(n, 4, time(9)) for n in range(0, 300, 5)]  # index 0: health
    visited = Counter(i.zone for i in plan_day(FLOOR, only, (), seed=1).intentions if i.step == Step.GO)
    assert visited["smart_health"] > visited["egov"]


def test_who_should_be_inside_is_brought_in_with_one_scan_or_two_each():
    now = HOURS.at(time(9, 40))
    opening = standing_at(PLAN, now)
    assert opening
    per_actor = Counter(step.actor for step in opening)
    assert max(per_actor.values()) == 2
    assert all(step.at <= now for step in opening)
    last = {step.actor: step.step for step in PLAN.intentions if step.at <= now}
    gone = {actor for actor, step in last.items() if step in (Step.LEAVE, Step.FORGET, Step.FOLLOW)}
    assert gone
    assert not gone & set(per_actor)


def test_history_and_what_remains_make_up_the_plan():
    now = HOURS.at(time(10, 15))
    later = sum(len(steps) for steps in remaining(PLAN, now).values())
    past = [i for i in PLAN.intentions if i.at <= now]
    assert later + len(past) == len(PLAN.intentions)
    assert set(history(PLAN, now, {})) <= set(past)


def test_whoever_finds_a_zone_full_in_the_past_stayed_where_they_were():
    now = HOURS.at(time(11))
    free, crowded = history(PLAN, now, {}), history(PLAN, now, dict.fromkeys(ZONES, 5))
    assert 0 < len(crowded) < len(free)
    assert {step.step for step in free if step not in crowded} == {Step.GO}


def test_fewer_visitors_than_booked_cuts_the_delegations():
    booked = sum(len(p.guests) for p in PARTIES)
    fewer, walk_ins = scale(PARTIES, booked // 2)
    assert (sum(len(p.guests) for p in fewer), walk_ins) == (booked // 2, 0)


def test_more_visitors_than_booked_come_as_walk_ins():
    booked = sum(len(p.guests) for p in PARTIES)
    assert scale(PARTIES, booked + 25) == (PARTIES, 25)


@pytest.mark.parametrize("count", [1, 2, 5, 9, 40, 256])
def test_a_day_can_be_planned_for_any_number_of_kiosks(count):
    posts = lay_out(PLACES, count)
    plan = plan_day(Floor(HOURS, PLACES, posts), PARTIES, WALKERS, seed=3)
    assert len({post.key for post in posts}) == count
    assert plan.intentions
    assert {i.post for i in plan.intentions} <= {post.key for post in posts}


def test_people_who_come_back_from_lunch_enter_twice():
    long_day = Hours(HOURS.day, SAIGON, ((time(7, 30), time(17)),))
    floor = Floor(long_day, PLACES, lay_out(PLACES))
    plan = plan_day(floor, [party(n, 3, time(10, 30)) for n in range(40)], (), seed=2)
    entries = Counter(i.actor for i in plan.intentions if i.step == Step.ENTER and "+" not in i.actor)
    assert max(entries.values()) == 2
    back = [i.at for i in plan.intentions if i.step == Step.ENTER and i.at > long_day.at(time(12, 45))]
    assert back
    assert min(back) - long_day.opens >= timedelta(hours=5)
