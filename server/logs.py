"""The log: JSON lines on standard error, readable ones at a terminal; nobody's name in it, and no secret.

What libraries, warnings and uncaught exceptions say comes through the same pipe. Of an exception its type, its
frames and its codes are told. Its text only where Python or the operating system worded it: any other may quote
what somebody typed.
"""

import logging
import re
import sqlite3
import sys
import threading
import traceback
import types
from collections.abc import Iterator, MutableMapping
from typing import Any, TextIO

import orjson
import structlog
from pydantic import ValidationError

from server.domain.errors import DomainError

LEVELS = ("debug", "info", "warning", "error")

_FRAMES = 25
_WORDED_BY_PYTHON = (OSError, ImportError, NameError, AttributeError, TypeError, ArithmeticError, MemoryError)
_SECRETS = (
    (re.compile(r"://[^/\s@]*@"), "://…@"),
    (re.compile(r"\b(sanh_[pdtsc]_)[\w-]+"), r"\1…"),
    (re.compile(r"(?i)\b(bearer|basic)\s+\S+"), r"\1 …"),
    (re.compile(r"\?\S+=\S*"), "?…"),
    # A pass: nothing else that is logged has as long a word.
    (re.compile(r"(?i)[a-z2-7]{60,}"), "…"),
)

Event = MutableMapping[str, Any]


def set_up(level: str = "info", stream: TextIO | None = None) -> None:
    """Write the log to standard error, or to another stream; `level` is one of `LEVELS`."""
    stream = stream or sys.stderr
    is_terminal = stream.isatty()
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=True) if is_terminal else structlog.processors.JSONRenderer(_dump)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="timestamp" if is_terminal else "time"),
            _tell_errors,
            _hide_secrets,
            _put_first,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=lambda *_: _Lines(stream),
        cache_logger_on_first_use=False,
    )


def take_over() -> None:
    """Bring what libraries log, Python's warnings, and what nobody caught into the log, too. For a server's process."""
    root = logging.getLogger()
    root.handlers[:] = [Forward()]
    root.setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    sys.excepthook = lambda _type, error, _trace: _tell_uncaught(error)
    sys.unraisablehook = lambda args: _tell_uncaught(args.exc_value)
    threading.excepthook = lambda args: _tell_uncaught(args.exc_value)


def on_loop_failure(_loop: Any, context: dict[str, Any]) -> None:
    """Tell what an event loop complains of; the loop itself would quote the arguments and results of the work."""
    error = context.get("exception")
    what = str(context.get("message", "")).partition("\n")[0].partition(" callback ")[0]
    structlog.get_logger().error("loop_failure", what=what, exc_info=error or False)


def describe(error: BaseException) -> str:
    """Return what may be told of an exception: its type and codes, and its text if no person's data can be in it."""
    name = type(error).__qualname__
    if isinstance(error, DomainError):
        why = str(getattr(error, "why", "")).partition("\n")[0]
        return f"{name}: {error.code}" + (f": {why}" if why else "")
    if isinstance(error, ValidationError):
        fields = (f"{'.'.join(map(str, item['loc']))} {item['type']}" for item in error.errors(include_input=False))
        return f"{name}: {', '.join(fields)}"
    driver = getattr(error, "orig", None)
    if isinstance(driver, BaseException):
        return f"{name}: {describe(driver)}"
    if (state := getattr(error, "sqlstate", None)) is not None:
        return " ".join(filter(None, (f"{name}: {state}", getattr(error.__cause__ or error, "constraint_name", None))))
    is_pythons = type(error).__module__ == "builtins" and isinstance(error, _WORDED_BY_PYTHON)
    if is_pythons or isinstance(error, sqlite3.Error):
        return f"{name}: {str(error).partition(chr(10))[0]}"
    return name


def without_secrets(text: str) -> str:
    """Return a text without passwords in addresses, bearer tokens, queries and passes."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


class _Lines:
    """Writes lines. A log that cannot be written must not fail the work that it tells of."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def msg(self, line: str) -> None:
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            return

    debug = info = warning = error = critical = log = msg


class Forward(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        level = min(record.levelno, logging.CRITICAL) // 10 * 10
        structlog.get_logger().log(level, record.getMessage(), logger=record.name, exc_info=error or False)


def _tell_uncaught(error: BaseException | None) -> None:
    if not isinstance(error, KeyboardInterrupt | SystemExit):
        structlog.get_logger().critical("uncaught_exception", exc_info=error or False)


def _tell_errors(_logger: Any, _method: str, event: Event) -> Event:
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    for key, value in event.items():
        if isinstance(value, BaseException):
            event[key] = describe(value)
    if isinstance(error, BaseException):
        event["error"] = describe(error)
        event["trace"] = "".join(_trace(error))
    return event


def _trace(error: BaseException, known: frozenset[int] = frozenset()) -> Iterator[str]:
    """Give an exception's frames after those of what it came from, as Python prints them, but for the texts."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in known:
        yield from _trace(before, known | {id(error)})
        yield "\n"
    yield from traceback.format_list(_frames(error.__traceback__))
    yield describe(error)
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield "\n"
            yield from _trace(one, known | {id(error)})


def _frames(trace: types.TracebackType | None) -> traceback.StackSummary:
    return traceback.StackSummary.extract(traceback.walk_tb(trace), limit=-_FRAMES, capture_locals=False)


def _hide_secrets(_logger: Any, _method: str, event: Event) -> Event:
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = without_secrets(value)
        elif isinstance(value, list | tuple | set | dict):
            event[key] = without_secrets(str(value))
    return event


def _put_first(_logger: Any, _method: str, event: Event) -> Event:
    first = {key: event.pop(key) for key in ("time", "level", "event") if key in event}
    return {**first, **event}


def _dump(event: Event, **_: Any) -> str:
    # What is no plain value is told by its type: how it would print itself is not known here.
    return orjson.dumps(event, default=lambda value: type(value).__qualname__).decode()
