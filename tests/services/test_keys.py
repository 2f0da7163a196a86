"""The secret file: made once, owner only, rotated without losing a pass."""

import threading
from pathlib import Path

import pytest

from server.domain.errors import DomainError
from server.domain.passes import PassKind, new_pass_id
from server.services.keys import Keys


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "secrets" / "secret.json"


def test_the_first_use_makes_a_file_that_only_its_owner_can_read(file: Path):
    assert Keys(file).ring.active_id
    assert file.stat().st_mode & 0o777 == 0o600


def test_two_processes_that_start_together_share_one_key(file: Path):
    stores = [Keys(file) for _ in range(8)]
    threads = [threading.Thread(target=lambda store=store: store.ring) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({store.ring.active_id for store in stores}) == 1


def test_a_rotation_is_taken_up_by_another_process_and_old_passes_still_verify(file: Path):
    desk, command = Keys(file), Keys(file)
    lan = desk.ring.issue(new_pass_id(), PassKind.VISITOR, valid_until=None)
    assert not desk.reload()
    new = command.rotate()
    assert desk.reload()
    assert desk.ring.active_id == new.id != lan.key_id
    assert desk.ring.verify(lan)
    assert [key.is_active for key in desk.listed()] == [True, False]


def test_a_rotation_drops_the_old_private_key(file: Path):
    store = Keys(file)
    old = store.ring.active.secret.hex()
    store.rotate()
    assert old not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "{}", '{"keys": []}', '{"keys": [{"secret": "00"}]}', "no json"])
def test_a_broken_secret_file_is_said_and_left_as_it_is(file: Path, text: str):
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(DomainError, match="bad_secret_file"):
        Keys(file).listed()
    assert file.read_text() == text


def test_a_running_house_keeps_its_keys_when_the_file_is_lost(file: Path):
    desk = Keys(file)
    lan = desk.ring.issue(new_pass_id(), PassKind.VISITOR, valid_until=None)
    file.unlink()
    assert not desk.reload()
    assert not file.exists()
    assert desk.ring.verify(lan)
