"""The log's lines: JSON, the same for everybody who logs, and nothing of an exception that a person may have typed."""

import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError

from server import logs
from server.domain.errors import DomainError
from server.storage.database import StorageUnavailableError

LAN = "Nguyễn Thị Lan 0912345678"
PASS = "GEZDGNBVGY3TQOJQ" * 9


class Log:
    """What was logged, line by line."""

    def __init__(self, stream: io.StringIO) -> None:
        self.stream = stream

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def log() -> Iterator[Log]:
    root = logging.getLogger()
    kept = root.handlers[:], root.level, sys.excepthook, sys.unraisablehook, threading.excepthook
    stream = io.StringIO()
    logs.set_up("info", stream)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logs.take_over()
        yield Log(stream)
        logging.captureWarnings(capture=False)
    root.handlers[:] = kept[0]
    root.setLevel(kept[1])
    sys.excepthook, sys.unraisablehook, threading.excepthook = kept[2:]


def failing(error: BaseException) -> Callable[[], None]:
    def work(secret: str = LAN) -> None:
        raise error

    return work


class Row(BaseModel):
    """A row with a field that a name does not fit."""

    size: int


def invalid_row() -> None:
    Row.model_validate({"size": LAN})


def chained() -> None:
    try:
        raise ValueError(LAN)
    except ValueError as error:
        raise RuntimeError(LAN) from error


def test_a_line_is_json_with_its_time_level_and_event_first(log: Log):
    structlog.get_logger().warning("case_opened", zone="lobby")
    line = log.lines[0]
    assert list(line)[:3] == ["time", "level", "event"]
    assert line["time"].endswith("Z")
    assert (line["level"], line["event"], line["zone"]) == ("warning", "case_opened", "lobby")


def test_what_is_below_the_level_is_not_logged(log: Log):
    structlog.get_logger().debug("too_quiet")
    assert log.text == ""


def test_at_a_terminal_the_log_is_for_people(capsys: pytest.CaptureFixture[str]):
    terminal = io.StringIO()
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    logs.set_up("info", terminal)
    structlog.get_logger().info("case_opened")
    assert "case_opened" in terminal.getvalue()
    assert not terminal.getvalue().startswith("{")


def test_libraries_and_warnings_speak_through_the_same_pipe(log: Log):
    logging.getLogger("uvicorn.error").error("Invalid %s request", "HTTP")
    warnings.warn("an old way", stacklevel=1)
    assert [(line["logger"], line["level"]) for line in log.lines] == [
        ("uvicorn.error", "error"),
        ("py.warnings", "warning"),
    ]
    assert log.lines[0]["event"] == "Invalid HTTP request"


def test_an_exception_that_nobody_caught_is_a_line_too(log: Log):
    thread = threading.Thread(target=failing(ValueError(LAN)))
    thread.start()
    thread.join()
    line = log.lines[0]
    assert (line["event"], line["error"]) == ("uncaught_exception", "ValueError")
    assert "test_logs.py" in line["trace"]
    assert "Lan" not in log.text


@pytest.mark.parametrize(
    ("work", "told"),
    [
        (failing(RuntimeError(LAN)), "RuntimeError"),
        (failing(KeyError(LAN)), "KeyError"),
        (failing(DomainError("no_room", name=LAN)), "DomainError: no_room"),
        (failing(StorageUnavailableError("database is locked")), "storage_unavailable: database is locked"),
        (failing(IntegrityError("INSERT …", {"name": LAN}, RuntimeError(LAN))), "IntegrityError: RuntimeError"),
        (failing(ExceptionGroup(LAN, [ValueError(LAN)])), "ExceptionGroup"),
        (invalid_row, "ValidationError: size int_parsing"),
        (chained, "RuntimeError"),
    ],
)
def test_of_an_exception_its_type_and_codes_are_told_and_no_text_that_may_be_a_person_s(
    log: Log, work: Callable[[], None], told: str
):
    try:
        work()
    except Exception as error:
        structlog.get_logger().exception("work_failed")
        structlog.get_logger().error("work_failed", why=error)
    assert told in log.lines[0]["error"]
    assert told in log.lines[1]["why"]
    assert "work" in log.lines[0]["trace"] or "invalid_row" in log.lines[0]["trace"]
    assert "Lan" not in log.text
    assert "0912" not in log.text


def test_what_python_and_the_system_word_is_told(log: Log):
    for work in (lambda: Path("/nowhere/at-all").read_text(), lambda: None.zone):  # type: ignore[attr-defined]
        try:
            work()
        except (OSError, AttributeError):
            structlog.get_logger().exception("work_failed")
    assert [line["error"] for line in log.lines] == [
        "FileNotFoundError: [Errno 2] No such file or directory: '/nowhere/at-all'",
        "AttributeError: 'NoneType' object has no attribute 'zone'",
    ]


@pytest.mark.parametrize(
    "secret",
    [
        "postgresql://sanh:geheim@db/sanh",
        "sanh_t_geheim",
        "Authorization: Bearer geheim",
        "GET /staff?q=geheim",
        f"/p/{PASS}",
    ],
)
def test_what_looks_like_a_secret_is_not_told_wherever_it_comes_from(log: Log, secret: str):
    logging.getLogger("library").error("cannot do %s", secret)
    structlog.get_logger().error("failed", what=secret, why=[secret])
    assert len(log.lines) == 2
    assert "geheim" not in log.text
    assert PASS not in log.text


def test_a_log_that_cannot_be_written_holds_up_nobody():
    class Full(io.StringIO):
        def write(self, _text: str) -> int:
            raise OSError(28, "No space left on device")

    logs.set_up("info", Full())
    structlog.get_logger().error("nobody_hears")
