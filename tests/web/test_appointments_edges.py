"""Addresses and forms of the calendar that nobody types by hand: never a failure of the house."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.records_house import Programs, open_programs

LONG = "9" * 5_000
PATHS = [
    "/staff/appointments?day=9999-99-99&view=year",
    "/staff/appointments?day=2000-01-01",
    "/staff/appointments?day=2099-12-31&view=day",
    "/staff/appointments?set=%00",
    "/staff/appointments?assign=%00D001",
    f"/staff/appointments?set=D001&minutes={LONG}&on=2099-12-31",
    "/staff/appointments?set=D001&minutes=-5&on=1999-01-01",
    "/staff/appointments?show=%F0%9F%8E%89&to=yesterday",
    f"/staff/holidays?year={LONG}&n={LONG}&done=imported",
    "/staff/holidays?edit=2026-11-24&year=2026",
    "/staff/guides?edit=nobody&saved=%00",
]
FORMS = [
    ("/staff/appointments/D001/slot", {"at": "9999-12-31T23:59:59+00:00"}),
    ("/staff/appointments/D001/slot", {"at": "2026-11-25T09:00:00", "minutes": LONG, "version": LONG}),
    ("/staff/appointments/D001/slot", {"on": "2026-11-25", "time": "25:00"}),
    ("/staff/appointments/D001/slot", {}),
    ("/staff/appointments/D001/guides", {"guide": "nobody"}),
    ("/staff/appointments/D001/guides/remove", {}),
    ("/staff/appointments/%00/slot", {"none": "1"}),
    ("/staff/guides", {"name": "x" * 10_000, "lang-vi": "on", "days_off": "99/99/2026\n" * 100}),
    ("/staff/guides/nobody", {"name": "Minh", "lang-vi": "on"}),
    ("/staff/holidays", {"on": "1999-01-01", "name": "", "kind": "open", "hours": "24:00-25:00"}),
    ("/staff/holidays/forget", {"on": "never"}),
    ("/staff/holidays/import", {"year": LONG}),
    ("/staff/delegations/D001/itinerary", {"keep": "1", "zone-0": "nowhere", "at-0": "09:00", "minutes-0": "5"}),
    ("/staff/delegations/D001/itinerary", {"up": LONG, "zone-0": "egov", "at-0": "x", "minutes-0": LONG}),
]


@pytest.fixture
def programs(tmp_path: Path, database_url: str) -> Iterator[Programs]:
    with open_programs(tmp_path, database_url) as opened:
        opened.call(
            "POST", "/delegations", json={"name": "Đoàn Lan", "planned": 3, "slot_at": "2026-11-25T09:00:00+07:00"}
        )
        yield opened


def bearer(programs: Programs) -> dict[str, str]:
    return {"Authorization": f"Bearer {programs._token('administrator')}"}


def test_no_address_makes_the_house_fail(programs: Programs) -> None:
    for path in PATHS:
        answer = programs.client.get(path, headers=bearer(programs), follow_redirects=False)
        assert answer.status_code < 500, path
        assert answer.status_code == 200 or path.endswith("nobody"), path


def test_no_form_makes_the_house_fail(programs: Programs) -> None:
    for path, form in FORMS:
        answer = programs.client.post(path, data=form, headers=bearer(programs), follow_redirects=False)
        assert answer.status_code < 500, (path, form)
