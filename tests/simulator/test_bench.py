"""`sanh bench` in small: figures come out, beside their ceilings, of first answers only. No speed is asked for."""

import asyncio
import os
import subprocess
import zipfile
from dataclasses import replace

import pytest

from server.simulator.bench.figures import Figures
from server.simulator.bench.imports import write_registry
from server.simulator.bench.plan import PARTS, Plan
from server.simulator.bench.processes import backends_of, cpu_seconds, resident_bytes, tree_of
from server.simulator.bench.record import keep, kind_of
from server.simulator.bench.run import measure

# A whole run takes half a minute, in the first test that asks for it.
pytestmark = pytest.mark.timeout(400)
whole = pytest.mark.slow

SMALL = Plan(
    sockets=4, rivals=4, people=80, seconds=1.2, rounds=1, starts=1, rates=(50.0,), screens=(20, 30), scanned_screens=30, disturbed_rate=50.0,
    import_rows=220,
)  # fmt: skip


@pytest.fixture(scope="module")
def measured(module_database_url):
    """A whole run in small, on a database like the module's."""
    address = module_database_url if module_database_url.startswith("postgresql") else ""
    plan = replace(SMALL, database_url=address)
    return asyncio.run(asyncio.wait_for(measure(plan, lambda _: None), 390))


@pytest.fixture
def medians(measured):
    return {figure["name"]: figure["median"] for figure in measured["figures"]}


@whole
def test_every_part_has_figures_and_the_run_says_what_it_was(measured):
    assert {figure["part"] for figure in measured["figures"]} == set(PARTS)
    assert not measured["failures"]
    assert measured["parameters"]["passes"] == 80
    assert measured["machine"]["cores"] >= 1


@whole
def test_scans_are_measured_beside_a_bare_commit_and_a_bare_echo(measured, medians):
    engine = measured["parameters"]["engine"]
    assert medians["scans at 50/s"] == pytest.approx(50, rel=0.2)
    assert medians["scans at full speed"] > 50
    assert medians["scans a commit at full speed"] >= 1
    assert medians["server's CPU per scan at full speed"] > 0
    assert medians["of 4 sockets with one pass admitted"] == 1
    assert medians["answer to wall p99 at 50/s"] < 5_000
    assert medians[f"ceiling: bare {engine} group commit of the same row at that batch"] > 50
    assert medians["ceiling: bare websockets echo of 290 bytes"] > 50


@whole
def test_starts_and_memory_are_measured_beside_a_bare_uvicorn(medians):
    assert medians["memory with the reference data, its pages shown"] > medians["ceiling: a bare uvicorn's memory"] > 5
    assert medians["ceiling: a bare uvicorn with one page"] > 0
    assert medians["start on an existing database until /readyz says so"] > 0


@whole
def test_deliveries_are_measured_beside_a_bare_broadcast(measured, medians):
    for count in (20, 30):
        assert medians[f"{count} screens: deliveries"] > count
        assert medians[f"{count} screens: deliveries, bare websockets.broadcast"] > count
        assert medians[f"{count} screens: server's memory"] > 20
    assert medians["answer p99 at 50 scans/s with 30 screens"] > 0
    # A few screens may take less CPU than the clock can tell: then there is no ratio.
    assert all(row["goal"] == 1 for row in measured["figures"] if row["unit"] == "×")


@whole
def test_an_import_is_measured_while_kiosks_scan(medians):
    assert medians["220 rows imported during 50 scans/s"] > 0
    assert medians["answer p99 during the import"] > 0
    assert any(name.startswith("ceiling: the same people inserted bare") for name in medians)


def test_a_figure_says_whether_its_median_keeps_the_goal():
    figures = Figures()
    for value in (12.0, 30.0, 14.0):
        figures.add("answer p99", "ms", value, 15)
        figures.add("scans", "/s", value, 15, at_most=False)
        figures.add("answer p50", "ms", value)
    assert [(row["median"], row["met"]) for row in figures.rows()] == [(14.0, True), (14.0, False), (14.0, None)]


def test_two_workers_on_postgresql_have_goals_of_their_own():
    assert Plan().goals.full_speed == 5_000
    one, two = (Plan(database_url="postgresql://here/test", workers=n).goals for n in (1, 2))
    assert (one.full_speed, two.full_speed) == (None, 6_000)
    assert two.memory_mb_of_screens is None  # its goal is one process's


def run_of(engine, workers, median):
    figures = Figures()
    figures.part = "scans"
    figures.add("scans at full speed", "/s", median, 5_000, at_most=False)
    return {
        "at": "2026-11-21 22:00", "commit": "abc1234", "took_seconds": 12,
        "machine": {"cores": 2}, "parameters": {"engine": engine, "workers": workers, "screens": [10, 20]},
        "figures": figures.rows(), "failures": [],
    }  # fmt: skip


def test_a_run_is_kept_in_the_place_of_the_last_one_of_its_kind(tmp_path):
    file = tmp_path / "bench.md"
    for run in (run_of("SQLite", 1, 4_000), run_of("PostgreSQL", 2, 7_000), run_of("SQLite", 1, 6_000)):
        keep(file, run)
    text = file.read_text()
    assert kind_of(run_of("PostgreSQL", 2, 1)) == "PostgreSQL, 2 workers"
    assert (text.count("## SQLite, 1 worker\n"), text.count("## PostgreSQL, 2 workers\n")) == (1, 1)
    assert "| scans at full speed, /s | 6,000.00 | 6,000.00 | 6,000.00 | ≥ 5,000 ✓ |" in text
    assert "7,000.00" in text
    assert "4,000.00" not in text
    assert "screens 10/20" in text
    assert text.index("SQLite") < text.index("PostgreSQL")


def test_what_could_not_be_measured_is_kept_with_the_run(tmp_path):
    run = run_of("SQLite", 1, 6_000) | {"failures": [{"code": "answers_lost", "lost": 3}]}
    keep(tmp_path / "bench.md", run)
    assert "Not measured: answers_lost 3." in (tmp_path / "bench.md").read_text()


def test_the_figures_of_a_process_count_its_children():
    with subprocess.Popen(["sh", "-c", "sleep 30 & wait"]) as process:
        try:
            while len(tree := tree_of(process.pid)) < 2:
                pass
        finally:
            os.kill(process.pid, 9)
            for pid in tree[1:]:
                os.kill(pid, 9)
    mine = tree_of(os.getpid())
    assert mine[0] == os.getpid()
    assert resident_bytes(mine) > 20 * 2**20
    assert cpu_seconds(mine) > 0
    assert (cpu_seconds(tree), resident_bytes(tree)) == (0, 0)
    assert backends_of("a database that nobody has") == ()


def test_a_registry_for_the_import_has_as_many_rows_as_asked(tmp_path):
    write_registry(tmp_path / "large.xlsx", 220)
    with zipfile.ZipFile(tmp_path / "large.xlsx") as book:
        rows = [book.read(f"xl/worksheets/sheet{n}.xml").count(b"<row ") - 1 for n in (1, 2)]
    assert rows == [20, 200]
