"""The bus between the processes of a house; tests/cluster has it with a real Redis."""

import pytest

from server.app import open_bus
from server.domain.errors import DomainError
from server.settings import Settings


def test_a_bus_that_is_no_redis_is_refused_at_the_start() -> None:
    with pytest.raises(DomainError, match="bad_bus_url"):
        open_bus(Settings(bus_url="nonsense://", _env_file=None))


async def test_a_house_that_is_one_process_has_nobody_to_tell() -> None:
    bus = open_bus(Settings(bus_url="", _env_file=None))
    bus.tell("occupancy", 1)
    assert bus.is_connected
