"""A member who is moved to another delegation while their scan waits."""

import uuid
from pathlib import Path

from sqlalchemy import Connection

from server.services.recount import recount
from tests.cast import MORNING, add_delegation, add_visitor
from tests.storage.test_lock_order import waiting_behind
from tests.web.running_house import GATE, running_house


async def test_a_member_moved_while_their_scan_waits_wipes_nobody_of_the_other_delegation(
    tmp_path: Path, database_url: str
) -> None:
    async with running_house(tmp_path, database_url) as hall:
        house = hall.house

        def store(connection: Connection) -> tuple[int, str]:
            old = add_delegation(connection, "D001", status="confirmed", named=1)
            new = add_delegation(connection, "D002", status="confirmed")
            return new, add_visitor(connection, delegation_id=old)

        new, lan = await house.database.write(store)
        of_lan = (await house.passes.of_visitor(lan))[0].text
        of_all = (await house.passes.of_delegation_itself("D002"))[0].text

        def scan(content: str) -> dict[str, str]:
            return {"id": str(uuid.uuid4()), "pass": content, "at": MORNING.isoformat(), "direction": "in"}

        assert (await house.checkin.answer([scan(of_all)], GATE))[0]["answer"] == "admitted"
        move = (
            f"UPDATE visitor SET delegation_id = {new} WHERE id = '{lan}';"
            f"UPDATE standing SET delegation_id = {new} WHERE holder = 'v:{lan}'"
        )
        held = "SELECT 1 FROM delegation WHERE code = 'D001'"
        async with waiting_behind(database_url, held, house.checkin.answer([scan(of_lan)], GATE), move):
            pass
        assert (await recount(house.database)).is_equal
