"""How much a file from outside may be, and how it is refused."""

MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 100_000
# Titles above the header, and totals below, are no rows of the list.
SPARE_ROWS = 200
MOST_COLUMNS = 256
# Longer than any name or note may be; what is cut off would have been refused by its length anyway.
MOST_CELL = 4_000
MOST_TEXT = 100_000_000
MOST_UNPACKED = 320 * 1024 * 1024
MOST_PARTS = 5_000
MEMORY_BYTES = 1024 * 1024 * 1024
CPU_SECONDS = 60
WALL_SECONDS = 90.0


class Refused(Exception):
    """The file cannot be read; `code` is stable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
