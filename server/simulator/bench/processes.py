"""What processes have used, read from /proc."""

import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")


def tree_of(pid: int) -> tuple[int, ...]:
    """Return a process and its descendants."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    for entry in _PROC.iterdir():
        if entry.name.isdecimal() and (fields := _stat(int(entry.name))):
            children[int(fields[1])].append(int(entry.name))
    found = [pid]
    for one in found:
        found += children[one]
    return tuple(found)


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the CPU time that processes have used; one that has ended counts nothing."""
    total = 0
    for pid in pids:
        if fields := _stat(pid):
            total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def resident_bytes(pids: Iterable[int]) -> int:
    """Return how much memory processes hold, pages that they share counted in each."""
    total = 0
    for pid in pids:
        try:
            lines = (_PROC / str(pid) / "status").read_text(encoding="ascii", errors="replace").splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))
    return total


def backends_of(database: str) -> tuple[int, ...]:
    """Return PostgreSQL's processes that serve a database on this machine; none where they cannot be seen."""
    found = []
    for entry in _PROC.iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            title = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if title.startswith("postgres") and f" {database} " in title:
            found.append(int(entry.name))
    return tuple(found)


def _stat(pid: int) -> list[str]:
    """Return the fields of a process's stat from its state on, or none when it is gone."""
    try:
        return (_PROC / str(pid) / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []
