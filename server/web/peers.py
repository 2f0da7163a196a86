"""The figures of the other workers: a scrape reaches one process, and gets what all have counted.

Each worker writes its figures into a folder that they share, every two seconds.
"""

import contextlib
import time
from collections.abc import Iterable
from pathlib import Path

import orjson
from prometheus_client.metrics_core import Metric

_FRESH_SECONDS = 10.0
"""Older figures are those of a worker that is gone."""


class Peers:
    """The shared folder, seen by the worker with a number."""

    def __init__(self, folder: Path, number: int) -> None:
        self._folder = folder
        self._file = folder / f"{number}.json"

    def tell(self, metrics: Iterable[Metric]) -> None:
        """Leave this worker's figures for the others; where that fails they are missing at the next scrape."""
        plain = [
            (metric.name, metric.documentation, metric.type, [tuple(sample[:3]) for sample in metric.samples])
            for metric in metrics
        ]
        new = self._file.with_suffix(".new")
        with contextlib.suppress(OSError):
            new.write_bytes(orjson.dumps(plain))
            new.replace(self._file)

    def told(self) -> list[Metric]:
        """Return the figures of the other workers, at most some seconds old."""
        found: list[Metric] = []
        for file in sorted(self._folder.glob("*.json")):
            with contextlib.suppress(OSError, ValueError):
                if file != self._file and time.time() - file.stat().st_mtime < _FRESH_SECONDS:
                    found += [_metric(*plain) for plain in orjson.loads(file.read_bytes())]
        return found


def merge(metrics: Iterable[Metric]) -> list[Metric]:
    """Put the samples of each name together: the text format wants them in one place."""
    merged: dict[str, Metric] = {}
    for metric in metrics:
        known = merged.setdefault(metric.name, metric)
        if known is not metric:
            known.samples.extend(metric.samples)
    return list(merged.values())


def _metric(name: str, text: str, kind: str, samples: list[tuple[str, dict[str, str], float]]) -> Metric:
    metric = Metric(name, text, kind)
    for sample, labels, value in samples:
        metric.add_sample(sample, labels, value)
    return metric
