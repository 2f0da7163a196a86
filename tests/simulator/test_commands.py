"""`sanh demo` and `sanh simulate` as processes, as people run them."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx2
import orjson
import pytest

SANH = Path(sys.executable).with_name("sanh")
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith("SANH_") and key != "PORT"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def demo(folder, port):
    """`sanh demo` in a folder of its own; its output is in `demo.log`."""
    with (folder / "demo.log").open("w") as log:
        process = subprocess.Popen(
            [SANH, "demo", "--port", str(port)], cwd=folder, env=ENVIRONMENT, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def sanh(folder, *arguments, **more):
    return subprocess.run([SANH, *arguments], cwd=folder, env=ENVIRONMENT, capture_output=True, check=False, **more)


def people_inside(port, at_least):
    """Return the occupancy as soon as so many people are inside."""
    ends = time.monotonic() + 90
    while time.monotonic() < ends:
        try:
            state = httpx2.get(f"http://127.0.0.1:{port}/api/v1/occupancy", timeout=5).json()
            if state["people"] >= at_least:
                return state
        except httpx2.HTTPError:
            pass
        time.sleep(0.2)
    raise AssertionError("nobody came")


def children_of(pid):
    listing = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=True
    ).stdout
    return [int(word) for word in listing.split()]


def is_alive(pid):
    return Path(f"/proc/{pid}").exists()


def test_a_demonstration_shows_people_within_seconds_stops_on_ctrl_c_and_goes_on_the_next_time(tmp_path, port):
    with demo(tmp_path, port) as process:
        state = people_inside(port, 10)
        start = httpx2.get(f"http://127.0.0.1:{port}/", timeout=10).text
        children = children_of(process.pid)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0

    assert state["at"].startswith("2020-10-13T09:4")
    assert "lan.huynh@sanh.example" in start
    assert "xem-thu" in start
    assert len(children) == 2
    assert not any(is_alive(child) for child in children)
    assert "xem-thu" in (tmp_path / "demo.log").read_text()

    with demo(tmp_path, port):
        again = people_inside(port, 5)
    assert again["at"] > state["at"]
    counted = sanh(tmp_path, "recount", "--json")
    assert orjson.loads(counted.stdout)["equal"]


def test_a_demonstration_refuses_a_port_in_use_and_a_real_spaces_database(tmp_path, port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        refused = sanh(tmp_path, "demo", "--port", str(port))
    assert refused.returncode == 1
    assert str(port) in refused.stderr.decode()

    adding = ("staff", "add", "hoa", "--role", "organizer", "--password-stdin")
    assert sanh(tmp_path, *adding, input=b"a good password\n").returncode == 0
    refused = sanh(tmp_path, "demo", "--port", str(port))
    assert refused.returncode == 1
    assert "SANH_DATABASE_URL" in refused.stderr.decode()


def test_simulating_a_server_that_is_not_there_is_refused_with_a_sentence(tmp_path, port):
    url = f"http://127.0.0.1:{port}"
    done = sanh(tmp_path, "simulate", "--url", url, "--token", "x")
    assert done.returncode == 1
    assert done.stdout == b""
    assert url in done.stderr.decode()
