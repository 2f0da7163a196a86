"""How a server's process ends: told once, it answers what it has taken and leaves with 0; told twice, at once."""

import contextlib
import os
import signal
import threading
from collections.abc import Iterable, Iterator
from types import FrameType

import structlog
import uvicorn

from server.services.readiness import Readiness

STOP_SECONDS = 9.0
"""The longest that a stop takes, whatever hangs: a second less than container engines wait before they kill."""

SIGNALS = (signal.SIGINT, signal.SIGTERM)

_log = structlog.get_logger()


class StoppingServer(uvicorn.Server):
    """uvicorn's server, but it does not die of the signal that told it to stop, and never hangs for ever."""

    def __init__(
        self, config: uvicorn.Config, readiness: Readiness, signals: Iterable[signal.Signals] = SIGNALS
    ) -> None:
        super().__init__(config)
        self._readiness = readiness
        self._signals = tuple(signals)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop; when told a second time, end here: what was not answered is sent again by its kiosk."""
        if self.should_exit:
            os._exit(128 + sig)
        self.should_exit = True
        self._readiness.is_stopping = True
        end_within(STOP_SECONDS)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Hear signals while serving. uvicorn's own way raises them again afterwards, and the process dies of them."""
        before = {sig: signal.signal(sig, self.handle_exit) for sig in self._signals}
        try:
            yield
        finally:
            for sig, handler in before.items():
                signal.signal(sig, handler)


def end_within(seconds: float) -> None:
    """End this process with 1, should it still be there after so many seconds."""

    def end() -> None:
        _log.error("stop_took_too_long", seconds=seconds)
        os._exit(1)

    watch = threading.Timer(seconds, end)
    watch.daemon = True
    watch.start()
