"""What every database of the house can do: `read` and `write` run a plain function on a Core connection."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

import orjson
from sqlalchemy import Connection
from sqlalchemy.engine import URL
from sqlalchemy.pool import Pool, QueuePool

from server.domain.errors import DomainError

P = ParamSpec("P")
T = TypeVar("T")
Query = Callable[Concatenate[Connection, P], T]


class StorageUnavailableError(DomainError):
    """The store is locked, full, broken or gone: nothing was changed, and what was asked may be asked again.

    `why` is the driver's sentence, for operators only.
    """

    def __init__(self, why: str) -> None:
        super().__init__("storage_unavailable")
        self.why = why


class Database(ABC):
    """An opened database. Make one with `open_database`, end it with `close`.

    Reads and writes raise `storage_unavailable` where the store fails.
    """

    def __init__(self, url: URL) -> None:
        self.url = url

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @property
    @abstractmethod
    def connections(self) -> tuple[int, int]:
        """Return how many connections are at work, and how many are kept open."""

    @abstractmethod
    async def read(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query that changes nothing, on one consistent state."""

    @abstractmethod
    async def write(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query in one transaction: committed when this returns, rolled back when it raises.

        A write must stay under 20 ms, since scans wait behind it: cut larger work into several.
        """

    @abstractmethod
    async def write_urgent(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`write`, ahead of every other write that waits.

        It may be run a second time where the connection is lost: it must find what it has written already.
        """

    @abstractmethod
    async def tend(self) -> None:
        """Do what the engine wants done now and then, beside reads and writes."""

    @abstractmethod
    async def close(self) -> None:
        """Finish the writes that were taken, then let go of the connections."""


def dump_json(value: object) -> str:
    """Return a value as the text that a JSON column takes."""
    return orjson.dumps(value).decode()


def at_work(pool: Pool) -> int:
    """Return how many connections of a pool are lent out."""
    return pool.checkedout() if isinstance(pool, QueuePool) else 0
