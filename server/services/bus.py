"""The bus: what one process of the house tells the others, at once and at most ten times a second a subject.

It carries states, never changes, and nothing rests on it: the truth is in the database, which every process rereads
now and then and whenever it has found the bus again. So a message may be lost.
"""

import asyncio
import uuid
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any

Hear = Callable[[str, Any], None]
"""Gets the id of the process that spoke, and what it said."""


class Bus(ABC):
    """Subjects are told and heard by name. Use it from the event loop only; `run` must be running."""

    def __init__(self) -> None:
        self.me = uuid.uuid4().hex[:12]
        self.reconnects = 0
        self.heard = 0
        self._hearers: dict[str, Hear] = {}
        self._on_connect: list[Callable[[], Awaitable[None]]] = []

    @property
    @abstractmethod
    def is_connected(self) -> bool:
        """Tell whether the other processes can be reached, as far as is known."""

    def listen(self, subject: str, hear: Hear) -> None:
        """Have what other processes say of a subject brought to `hear`."""
        self._hearers[subject] = hear

    def on_connect(self, reread: Callable[[], Awaitable[None]]) -> None:
        """Have the state read again whenever the bus is found again: what was said meanwhile is lost."""
        self._on_connect.append(reread)

    @abstractmethod
    def tell(self, subject: str, state: Any) -> None:
        """Tell the others the latest state of a subject, soon; what was not sent yet is replaced by it."""

    @abstractmethod
    async def run(self) -> None:
        """Speak and listen until cancelled."""


class NoBus(Bus):
    """The bus of a house that is one process: there is nobody to tell."""

    @property
    def is_connected(self) -> bool:
        return True

    def tell(self, subject: str, state: Any) -> None:
        return

    async def run(self) -> None:
        await asyncio.Event().wait()
