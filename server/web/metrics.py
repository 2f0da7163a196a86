"""The figures of a house as Prometheus text: named in base units, with bounded labels, made when they are asked for.

What each process counts for itself has the label `worker`. What the house as a whole is (the people inside) has
not: every worker would say the same. A scrape reaches any worker, and gets the figures of all.
"""

import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.process_collector import ProcessCollector
from starlette.applications import Starlette

from server.services.figures import Histogram
from server.services.house import House
from server.web.peers import Peers, merge

LEVELS = ("quiet", "busy", "amber", "red")

Values = Mapping[Any, float]
"""Numbers by the values of their labels."""

_process = ProcessCollector(registry=CollectorRegistry())


class _Given:
    """Metrics that are there already, in the form of what a registry collects."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def write_metrics(app: Starlette) -> bytes:
    """Return everything that is known now."""
    registry = CollectorRegistry()
    peers: Peers | None = app.state.peers
    others = peers.told() if peers is not None else []
    registry.register(_Given([*of_house(app.state.house), *merge([*of_process(app), *others])]))
    return generate_latest(registry)


def of_house(house: House) -> Iterator[Metric]:
    """Give what is true of the house, whichever worker is asked."""
    now = house.occupancy.latest()
    zones: list[dict[str, Any]] = now["zones"]

    def by_zone(values: Iterable[float]) -> Values:
        return {(zone["id"],): value for zone, value in zip(zones, values, strict=True)}

    yield _gauge("sanh_space_people", "Visitors inside the space, staff not counted", now["people"])
    yield _gauge("sanh_space_capacity_people", "People that the space may hold", now["capacity"])
    yield _gauge("sanh_space_level", "Crowding: 0 quiet, 1 busy, 2 amber, 3 red", LEVELS.index(now["level"]))
    people = by_zone(zone["people"] for zone in zones)
    yield _gauge("sanh_zone_people", "Visitors in a zone", people, "zone")
    capacities = by_zone(zone["capacity"] for zone in zones)
    yield _gauge("sanh_zone_capacity_people", "People that a zone may hold", capacities, "zone")
    levels = by_zone(LEVELS.index(zone["level"]) for zone in zones)
    yield _gauge("sanh_zone_level", "Crowding of a zone: 0 quiet, 1 busy, 2 amber, 3 red", levels, "zone")


def of_process(app: Starlette) -> Iterator[Metric]:
    """Give what this process counts, labelled with its worker."""
    worker = str(app.state.worker)
    for metric in _unlabelled(app):
        for number, sample in enumerate(metric.samples):
            metric.samples[number] = sample._replace(labels={**sample.labels, "worker": worker})
        yield metric


def _unlabelled(app: Starlette) -> Iterator[Metric]:
    house: House = app.state.house
    build = {(version("sanh"), platform.python_version()): 1.0}
    yield _gauge("sanh_build_info", "What is running: always 1", build, "version", "python")
    yield from _of_scans(house)
    yield from _of_screens(app, house)
    yield from _of_requests(app)
    yield from _of_database(house)
    yield from _of_bus(house)
    loop = app.state.figures.loop
    yield _histogram("sanh_loop_lag_seconds", "How late the event loop came to its work", {(): loop.lag})
    yield _histogram("sanh_gc_pause_seconds", "How long a garbage collection held everything up", {(): loop.pauses})
    yield from _process.collect()


def _of_scans(house: House) -> Iterator[Metric]:
    figures, commits = house.checkin.figures, house.checkin.commits
    answers = {(answer, code or ""): float(times) for (answer, code), times in figures.answers.items()}
    yield _counter("sanh_scans", "Scans answered, repeats too, by answer and code", answers, "answer", "code")
    yield _counter("sanh_scan_repeats", "Scans answered that had been answered before", figures.repeats)
    misreads = {(code,): float(times) for code, times in figures.misreads.items()}
    yield _counter("sanh_misreads", "Scans that made no movement: unreadable, unknown, not ours", misreads, "code")
    waits = {(): commits.waits}
    yield _histogram("sanh_scan_answer_seconds", "From the receipt of a scan to its committed answer", waits)
    yield _histogram("sanh_commit_scans", "Scans in one commit", {(): commits.sizes})
    yield _histogram(
        "sanh_commit_seconds", "How long a batch of scans took to decide and commit", {(): commits.durations}
    )
    yield _counter(
        "sanh_commits_failed", "Batches that the store did not take; their kiosks send again", commits.failed
    )
    yield _gauge("sanh_scans_waiting", "Scans that were received and are in no batch yet", house.checkin.waiting)


def _of_screens(app: Starlette, house: House) -> Iterator[Metric]:
    live, hub = app.state.live, house.hub
    sockets = {(kind,): float(live.open[kind]) for kind in ("device", "staff", "public")}
    yield _gauge("sanh_sockets", "Open sockets by who is there: device, staff, public", sockets, "kind")
    yield _gauge("sanh_devices_online", "Devices with an open socket", len(live.devices))
    problems = {(code,): float(times) for code, times in live.problems.items()}
    yield _counter("sanh_socket_problems", "Frames refused, by the code of the problem told", problems, "code")
    screens = {(topic,): float(count) for topic, count in hub.screens_by_topic().items()}
    yield _gauge("sanh_screens", "Screens that watch a topic", screens, "topic")
    yield _counter("sanh_deliveries", "States delivered to screens", hub.deliveries)
    yield _counter("sanh_screens_dropped", "Screens let go because they did not read", hub.dropped)


def _of_requests(app: Starlette) -> Iterator[Metric]:
    requests = app.state.figures.requests
    statuses = {(*place, str(status)): float(times) for (*place, status), times in requests.statuses.items()}
    text = "HTTP requests by method, route and status; 0 is one that was given up"
    yield _counter("sanh_http_requests", text, statuses, "method", "route", "status")
    text = "From the arrival of an HTTP request to the end of its answer"
    yield _histogram("sanh_http_request_seconds", text, requests.durations, "method", "route")


def _of_database(house: House) -> Iterator[Metric]:
    at_work, kept = house.database.connections
    yield _gauge("sanh_database_connections", "Connections to the database that are at work", at_work)
    yield _gauge("sanh_database_pool_connections", "Connections that are kept; under load there are some more", kept)


def _of_bus(house: House) -> Iterator[Metric]:
    bus = house.bus
    yield _gauge("sanh_bus_connected", "Whether the other workers can be reached: 1, or 0", int(bus.is_connected))
    yield _counter("sanh_bus_reconnects", "How often the bus had to be looked for again", bus.reconnects)
    yield _counter("sanh_bus_messages_heard", "What other workers told", bus.heard)


def _gauge(name: str, text: str, values: Values | float, *labels: str) -> Metric:
    metric = GaugeMetricFamily(name, text, labels=labels)
    for place, value in _values(values):
        metric.add_metric(place, value)
    return metric


def _counter(name: str, text: str, values: Values | float, *labels: str) -> Metric:
    metric = CounterMetricFamily(name, text, labels=labels)
    for place, value in _values(values):
        metric.add_metric(place, value)
    return metric


def _histogram(name: str, text: str, values: Mapping[Any, Histogram], *labels: str) -> Metric:
    metric = HistogramMetricFamily(name, text, labels=labels)
    for place, histogram in values.items():
        metric.add_metric(place, histogram.buckets(), histogram.sum)
    return metric


def _values(values: Values | float) -> Iterable[tuple[Sequence[str], float]]:
    return values.items() if isinstance(values, Mapping) else [((), values)]
