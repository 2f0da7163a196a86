"""The coverage-guided fuzzers: `.ci/fuzz --seconds 60` runs each target so long, in a process of its own.

Inputs that reach something new are kept in var/fuzz/TARGET and tried first the next time; one that breaks a property
is kept as var/fuzz/TARGET-found-*. Exit code 0: nothing found; 1: something was; 2: wrong usage, or no atheris.
"""

import argparse
import importlib
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

TARGETS = ("passes", "scans", "cells", "sheets", "files", "spaces", "workbooks", "door", "socket")
FOLDER = Path("var/fuzz")
# The slowest input that is no finding; libFuzzer's own seconds.
SLOWEST_SECONDS = 20
MEMORY_MB = 2_048


def main(arguments: list[str] | None = None) -> int:
    """Run the targets one after the other, and print a line for each."""
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="how long each target runs")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where inputs are kept")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.targets) - set(TARGETS):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    if importlib.util.find_spec("atheris") is None:
        print("fuzz: atheris is missing here; run .ci/fuzz, which brings it", file=sys.stderr)
        return 2
    if chosen.one:
        return _fuzz(chosen.targets[0], chosen.seconds, chosen.folder)
    found = [name for name in chosen.targets or TARGETS if not _run(name, chosen.seconds, chosen.folder)]
    print(f"fuzz: {'nothing found' if not found else 'found something in ' + ', '.join(found)}")
    return 1 if found else 0


def _run(name: str, seconds: int, folder: Path) -> bool:
    """Run one target in a process of its own; tell whether nothing was found. What it said is kept beside its inputs."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{name}.log"
    command = [
        sys.executable,
        "-m",
        "tests.fuzz.soak",
        "--one",
        "--seconds",
        str(seconds),
        "--folder",
        str(folder),
        name,
    ]
    with log.open("w+b") as said:
        try:
            code = subprocess.run(command, stdout=said, stderr=said, timeout=seconds + 120, check=False).returncode
        except subprocess.TimeoutExpired:
            code = -1
    text = log.read_text(encoding="utf-8", errors="replace")
    executions = re.findall(r"(?:Done |#)(\d+)", text)
    covered = re.findall(r"cov: (\d+)", text)
    outcome = "nothing found" if code == 0 else f"FOUND (exit {code}), see {log}"
    count = max(map(int, executions), default=0)
    print(f"{name:<12} {count:>10,} executions  {covered[-1] if covered else 0:>6} places  {outcome}", flush=True)
    return code == 0


def _fuzz(name: str, seconds: int, folder: Path) -> int:
    """Fuzz in this process; libFuzzer ends it."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["server"], enable_loader_override=False):
        targets = importlib.import_module("tests.fuzz.targets")
    target = targets.TARGETS[name]
    corpus = folder / name
    corpus.mkdir(exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = [
        f"-max_total_time={seconds}",
        f"-timeout={SLOWEST_SECONDS}",
        f"-rss_limit_mb={MEMORY_MB}",
        f"-artifact_prefix={folder / name}-found-",
        f"-max_len={target.length}",
        "-print_final_stats=1",
    ]
    mutator = {"custom_mutator": target.mutate} if target.mutate else {}
    atheris.Setup([sys.argv[0], *options, str(corpus)], target.run, **mutator)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
