"""How to measure: what a run is told, and what it has to keep."""

from dataclasses import dataclass

from server.simulator.api import Paired
from server.simulator.bench.figures import Figures
from server.simulator.testbed import Testbed

PARTS = ("start", "scans", "screens", "import", "desk")

FULL_SPEED = 0.0


@dataclass(frozen=True, slots=True)
class Goals:
    """What the house has to keep to; None is not asked of this engine and so many workers."""

    full_speed: float | None = 5_000.0
    cpu_us_at_3000: float | None = 300.0
    p99_ms_at_1000: float | None = 15.0
    p99_ms_disturbed: float | None = 50.0
    to_wall_ms: float | None = 200.0
    start_seconds: float | None = 1.5
    memory_mib: float | None = 150.0
    memory_mb_of_screens: float | None = 400.0
    first_byte_ms: float | None = 30.0
    keystroke_ms: float | None = 50.0


@dataclass(frozen=True, slots=True)
class Plan:
    """`rates` are scans a second; full speed is measured as well. `screens` are how many watch, in rising numbers.

    `disturbed_rate` is that of the scans while `scanned_screens` watch, and while an import runs; `rivals` scan one
    pass at once.
    """

    parts: tuple[str, ...] = PARTS
    sockets: int = 32
    in_flight: int = 8
    per_frame: int = 1
    people: int = 2_000
    seconds: float = 4.0
    rounds: int = 3
    rates: tuple[float, ...] = (1_000.0, 3_000.0)
    starts: int = 3
    rivals: int = 50
    screens: tuple[int, ...] = (1_000, 5_000, 10_000)
    scanned_screens: int = 5_000
    disturbed_rate: float = 1_000.0
    import_rows: int = 100_000
    database_url: str = ""
    workers: int = 1
    bus_url: str = ""
    ceilings: bool = True

    @property
    def engine(self) -> str:
        return "PostgreSQL" if self.database_url.startswith("postgres") else "SQLite"

    @property
    def goals(self) -> Goals:
        """Return the goals of this engine: those of one process on SQLite, or of two and more on PostgreSQL."""
        if self.engine == "SQLite":
            return Goals()
        if self.workers == 1:
            return Goals(full_speed=None, cpu_us_at_3000=None)
        return Goals(
            full_speed=6_000.0, cpu_us_at_3000=None, start_seconds=None, memory_mib=None, memory_mb_of_screens=None
        )

    def serving(self) -> tuple[str, ...]:
        """Return what `sanh serve` is told."""
        return ("--workers", str(self.workers)) if self.workers > 1 else ()

    def settings(self) -> dict[str, str]:
        """Return the settings of the server measured."""
        return {"SANH_BUS_URL": self.bus_url, "SANH_LOG_LEVEL": "warning"}


@dataclass(frozen=True, slots=True)
class Ground:
    """What every part measures on: a server with people in its registry, and kiosks that are paired with it."""

    plan: Plan
    bed: Testbed
    kiosks: tuple[Paired, ...]
    probe: Paired
    passes: tuple[str, ...]
    figures: Figures
