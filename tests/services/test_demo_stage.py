"""The demonstration's stage: where its clock begins, whose passes are for trying, which database it may fill."""

from datetime import UTC, date, datetime

import pytest

from server.domain.errors import DomainError
from server.domain.space import parse_space
from server.services import demo_stage
from server.services.accounts import Accounts
from server.services.clock import Clock
from server.services.delegations import add_delegation
from server.services.demo_stage import keep_back, next_scene, read_demonstration
from server.services.desk import Desk
from server.services.keys import Keys
from server.services.passes import Passes
from server.services.people import add_visitor
from server.settings import Settings
from server.storage.database import open_database
from server.storage.demo import Coming
from server.storage.migrate import upgrade
from server.storage.spaces import sync_space

OCT = {
    date(2020, 10, 12): 30,
    date(2020, 10, 13): 57,
    date(2020, 10, 14): 49,
    date(2020, 10, 16): 3,
    date(2020, 10, 17): 25,
}
TEN = datetime(2020, 10, 13, 3, tzinfo=UTC)


def test_the_first_time_the_clock_begins_on_the_busiest_morning():
    assert next_scene(OCT, None) == datetime(2020, 10, 13, 9, 40)


def test_another_registry_begins_with_its_first_busy_day():
    assert next_scene({date(2026, 3, 1): 5, date(2026, 3, 2): 40}, None) == datetime(2026, 3, 2, 9, 40)


def test_a_second_run_goes_on_where_the_first_ended():
    assert next_scene(OCT, datetime(2020, 10, 13, 11, 5)) == datetime(2020, 10, 13, 11, 5)


def test_a_run_late_in_the_day_begins_on_the_next_busy_day():
    assert next_scene(OCT, datetime(2020, 10, 14, 16, 30)) == datetime(2020, 10, 17, 9, 40)


def test_after_the_last_day_there_is_nothing_left_to_show():
    assert next_scene(OCT, datetime(2020, 10, 17, 17, 0)) is None


def test_the_largest_delegation_that_comes_soon_is_kept_for_those_who_watch():
    coming = [Coming("D1", TEN, 12), Coming("D2", datetime(2020, 10, 13, 3, 30, tzinfo=UTC), 9), Coming("D3", None, 4)]
    assert keep_back(coming, datetime(2020, 10, 13, 2, 40, tzinfo=UTC)) == "D2"


def test_late_in_the_day_any_delegation_is_kept():
    assert keep_back([Coming("D1", TEN, 3), Coming("D2", TEN, 5)], datetime(2020, 10, 13, 9, tzinfo=UTC)) == "D2"
    assert keep_back([], TEN) is None


def test_the_demonstrations_space_file_is_good():
    space = parse_space(demo_stage.SPACE_FILE.read_text())
    assert space.zone_ids == ("lobby", "egov", "smart_home", "smart_edu", "smart_health", "ekyc", "digital_economy")
    assert space.capacity == 60
    assert all(zone.plan for zone in space.zones)


@pytest.fixture
async def stage(tmp_path, database_url):
    settings = Settings(database_url=database_url, secret_file=tmp_path / "secret.json")
    database = open_database(settings.database_url)
    await database.write(upgrade)
    await database.write(sync_space, settings.space())
    yield settings, database
    await database.close()


async def test_an_empty_database_may_be_filled_and_again_later(stage):
    settings, database = stage
    for _ in range(2):
        await demo_stage.demand_own_database(database, settings)
        await demo_stage.add_accounts(Accounts(database))
    logins = [account.login for account in await Accounts(database).listed()]
    assert sorted(logins) == sorted(account.login for account in demo_stage.ACCOUNTS)


async def test_a_real_spaces_database_is_left_alone(stage):
    settings, database = stage
    await Accounts(database).add("hoa", "organizer", "a good password")
    with pytest.raises(DomainError, match="not_a_demo_database"):
        await demo_stage.demand_own_database(database, settings)
    assert read_demonstration(settings) is None


async def test_a_real_space_that_took_a_demonstrations_place_is_left_alone(stage):
    settings, database = stage
    await demo_stage.demand_own_database(database, settings)
    await Accounts(database).add("hoa", "organizer", "a good password")
    with pytest.raises(DomainError, match="not_a_demo_database"):
        await demo_stage.demand_own_database(database, settings)


async def test_passes_to_try_are_a_members_the_delegations_and_a_replaced_one(stage):
    settings, database = stage
    await demo_stage.demand_own_database(database, settings)
    passes = Passes(database, Keys(settings.secret_file), settings.space(), Clock(), settings.public_url)
    desk = Desk(database, settings.space(), "Hoa", TEN)
    delegation = await add_delegation(desk, {"name": "THPT", "planned": 3, "slot_at": TEN, "visit_date": TEN.date()})
    for name in ("Lan", "Minh", "Hoa"):
        await add_visitor(desk, {"name": name, "delegation": delegation.code})

    first, second = [await lay_out(database, passes, settings) for _ in range(2)]

    assert [entry.kind for entry in first.passes] == ["visitor", "delegation", "revoked"]
    assert second == first
    live = {row.text for row in await passes.of_delegation(delegation.code)}
    assert [entry.text in live for entry in first.passes] == [True, True, False]
    assert len(live) == 4


async def lay_out(database, passes, settings):
    await demo_stage.lay_out_passes(database, passes, settings, TEN)
    return read_demonstration(settings)
