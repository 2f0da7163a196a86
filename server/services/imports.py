"""Import registries: files in, delegations and visitors kept, and a report of every row that was not good."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from sqlalchemy import Connection

from server.domain.errors import DomainError
from server.domain.registry import (
    Field,
    Finding,
    Known,
    Placed,
    Sheet,
    SheetReading,
    build_groups,
    codes_named,
    read_sheet,
)
from server.domain.registry.matching import Target, organisation_key
from server.services.delegations import hold_delegation
from server.services.desk import Desk
from server.services.import_outcomes import NO_CHOICES, Choices, Outcome
from server.services.import_plan import Plan, match_groups, plan_target
from server.services.import_report import Counts, ImportReport, Readings, in_order
from server.services.import_times import time_warnings
from server.services.import_write import write_people, write_plan
from server.services.workbook import read_workbook
from server.storage import registry
from server.storage.delegations import lock_rows

SLICE_SECONDS = 0.006
BREATH_SECONDS = 0.0015
PEOPLE_A_SLICE = 80
MOST_A_SLICE = 50

Watch = Callable[[int], Awaitable[bool]]


async def import_files(
    desk: Desk,
    files: Sequence[Path],
    *,
    delegation: str | None = None,
    dry_run: bool = False,
    all_or_nothing: bool = False,
    breath_seconds: float = BREATH_SECONDS,
) -> ImportReport:
    """Import the good rows of all files and report the others.

    `delegation` takes bare lists of members. With `all_or_nothing` one bad row keeps everything out. The same files
    again change nothing. Raise `DomainError` when a file cannot be read at all (see `read_workbook`, and
    `no_list_found`), or `unknown_delegation`; then nothing was imported. Between slices of writing it waits for
    `breath_seconds`, so that scans get in.
    """
    readings, warnings = await read_files(files)
    return await import_readings(
        desk,
        readings,
        warnings,
        delegation=delegation,
        dry_run=dry_run,
        all_or_nothing=all_or_nothing,
        breath_seconds=breath_seconds,
    )


async def read_files(files: Sequence[Path]) -> tuple[Readings, list[Placed]]:
    """Read every sheet of the files, and say which were left out. Raise `DomainError` as `import_files` does."""
    readings: list[tuple[str, Sequence[SheetReading]]] = []
    warnings: list[Placed] = []
    for file in files:
        sheets = await read_workbook(file, file.name)
        understood, left_out = await asyncio.to_thread(_read_sheets, file.name, sheets)
        if not understood:
            raise DomainError("no_list_found", file=file.name)
        readings.append((file.name, understood))
        warnings.extend(left_out)
    return readings, warnings


def _read_sheets(file: str, sheets: Sequence[Sheet]) -> tuple[list[SheetReading], list[Placed]]:
    understood: list[SheetReading] = []
    left_out: list[Placed] = []
    for sheet in sheets:
        reading = read_sheet(sheet)
        if sheet.is_hidden and reading.rows:
            left_out.append(Placed(file, sheet.name, Finding("hidden_sheet")))
        elif reading.is_understood and not sheet.is_hidden:
            understood.append(reading)
        elif sheet.rows and not sheet.is_hidden:
            left_out.append(Placed(file, sheet.name, Finding("sheet_skipped")))
    return understood, left_out


async def import_readings(
    desk: Desk,
    readings: Readings,
    warnings: Sequence[Placed] = (),
    *,
    delegation: str | None = None,
    dry_run: bool = False,
    all_or_nothing: bool = False,
    breath_seconds: float = BREATH_SECONDS,
) -> ImportReport:
    """Import sheets that were read already, perhaps with columns that a person corrected."""
    work = Import(desk, readings, breath_seconds)
    report = work.report
    report.warnings.extend(warnings)
    await work.prepare(delegation)
    if dry_run or all_or_nothing:
        await work.run(is_dry=True)
        if dry_run or report.errors:
            if not dry_run:
                report.delegations, report.visitors = Counts(), Counts()
            report.is_applied = False
            return await asyncio.to_thread(work.finished)
        report.delegations, report.visitors = Counts(), Counts()
        report.warnings = report.warnings[: work.warnings_before]
    await work.run(is_dry=False)
    return await asyncio.to_thread(work.finished)


class Import:
    """One import: targets found first, then written in slices between which scans get in.

    `choices` are what a person said of rows. `watch` is told of the rows that are done, and says whether to go on.
    """

    def __init__(
        self,
        desk: Desk,
        readings: Readings,
        breath_seconds: float = BREATH_SECONDS,
        *,
        choices: Choices = NO_CHOICES,
        watch: Watch | None = None,
    ) -> None:
        self.desk = desk
        self.breath_seconds = breath_seconds
        self.readings = readings
        self.report = ImportReport()
        self.targets: list[Target] = []
        self.warnings_before = 0
        self.choices = choices
        self.watch = watch
        self.outcomes: list[Outcome] = []
        self.done = 0

    async def prepare(self, into: str | None) -> None:
        """Find out which delegations the rows mean, and what speaks against their times."""
        database = self.desk.database
        for file, sheets in self.readings:
            for sheet in sheets:
                self.report.rows += sheet.rows
                self.report.errors.extend(Placed(file, sheet.name, finding) for finding in sheet.errors)
                self.report.warnings.extend(Placed(file, sheet.name, finding) for finding in sheet.warnings)
        into = into.strip().upper() if into else None
        codes = await asyncio.to_thread(codes_named, self.readings) | ({into} if into else set())
        rows = {row.id: row for row in await database.read(registry.delegations_with_codes, codes)}
        known = {row.code: Known(row.code, row.key) for row in rows.values()}
        if into and into not in known:
            raise DomainError("unknown_delegation", delegation=into)
        groups, errors, warnings = await asyncio.to_thread(build_groups, self.readings, known, into=into)
        self.report.errors.extend(errors)
        self.report.warnings.extend(warnings)
        keys = {organisation_key(group.row) for group in groups if group.row is not None}
        rows |= {row.id: row for row in await database.read(registry.delegations_of, keys)}
        taken = await database.read(registry.all_codes)
        timezone = self.desk.space.timezone
        self.targets = await asyncio.to_thread(match_groups, groups, list(rows.values()), taken, codes, timezone)
        self._warn_of_codes()
        days = {target.group.row.day for target in self.targets if target.group.row and target.group.row.day}
        booked = await database.read(registry.delegations_on, days)
        self.report.warnings.extend(await asyncio.to_thread(time_warnings, self.desk, self.targets, booked))
        self.warnings_before = len(self.report.warnings)

    def _warn_of_codes(self) -> None:
        for target in self.targets:
            if target.warning is not None and target.group.row is not None:
                finding = Finding(target.warning, target.group.row.row, field=Field.CODE, value=target.code or "")
                self.report.warnings.append(Placed(target.group.file, target.group.sheet, finding))
            for group in target.repeats:
                if group.row is not None:
                    finding = Finding(
                        "duplicate_row", group.row.row, field=Field.ORGANISATION, value=group.row.organisation
                    )
                    self.report.warnings.append(Placed(group.file, group.sheet, finding))

    async def run(self, *, is_dry: bool) -> None:
        """Plan every target; write as well unless this is dry."""
        for start in range(0, len(self.targets), MOST_A_SLICE):
            some = self.targets[start : start + MOST_A_SLICE]
            # What is known is weighed beside the writer: the same file again gives the writer nothing to do.
            weighed = some if is_dry else [target for target in some if target.known is not None]
            plans = await self.desk.database.read(_plan_some, self.desk, weighed, self.choices)
            self._count([plan for plan in plans if is_dry or plan.is_empty])
            if not is_dry:
                same = {id(plan.target) for plan in plans if plan.is_empty}
                await self._write([target for target in some if id(target) not in same])
            if not await self._goes_on():
                return

    async def _goes_on(self, rows: int = 0) -> bool:
        return self.watch is None or await self.watch(self.done + rows)

    async def _write(self, targets: list[Target]) -> None:
        while targets and await self._goes_on():
            if len(targets[0].group.members) > PEOPLE_A_SLICE:
                plans = [await self._write_large(targets[0])]
            else:
                plans = await self.desk.database.write(_write_some, self.desk, targets, self.choices)
                await asyncio.sleep(self.breath_seconds)
            self._count(plans)
            targets = targets[len(plans) :]

    async def _write_large(self, target: Target) -> Plan:
        """Write a delegation with more members than a slice holds: the delegation first, then its members by and by."""
        database = self.desk.database
        plan = await database.read(plan_target, self.desk, target, self.choices)
        if plan.is_empty:
            return plan
        id_, _ = await database.write(_write_first, self.desk, plan)
        for start in range(PEOPLE_A_SLICE, max(len(plan.added), len(plan.changed)), PEOPLE_A_SLICE):
            await asyncio.sleep(self.breath_seconds)
            if not await self._goes_on(start):
                return plan
            await database.write(write_people, self.desk, id_, plan, slice(start, start + PEOPLE_A_SLICE))
        await asyncio.sleep(self.breath_seconds)
        return plan

    def _count(self, plans: Sequence[Plan]) -> None:
        report = self.report
        for plan in plans:
            if plan.record is None:
                report.delegations.new += 1
            elif plan.changes:
                report.delegations.changed += 1
            else:
                report.delegations.unchanged += 1
            report.visitors.new += len(plan.added)
            report.visitors.changed += len(plan.changed)
            report.visitors.unchanged += plan.unchanged
            report.errors.extend(plan.errors)
            report.warnings.extend(plan.warnings)
            self.outcomes.extend(plan.outcomes)
            self.done += 1 + len(plan.target.group.members)

    def finished(self) -> ImportReport:
        """Return the report with its findings in order."""
        self.report.errors = in_order(self.report.errors, self.readings)
        self.report.warnings = in_order(self.report.warnings, self.readings)
        return self.report


def _plan_some(connection: Connection, desk: Desk, targets: Sequence[Target], choices: Choices) -> list[Plan]:
    return [plan_target(connection, desk, target, choices) for target in targets]


def _write_some(connection: Connection, desk: Desk, targets: Sequence[Target], choices: Choices) -> list[Plan]:
    """Write as many small delegations as fit into one slice, each with its members; at least one."""
    plans: list[Plan] = []
    # All at once, and before the log of changes is held: scans and the desk hold theirs first, too, by their ids.
    lock_rows(connection, [target.known.id for target in targets if target.known is not None])
    deadline = time.perf_counter() + SLICE_SECONDS
    for target in targets:
        if plans and (len(target.group.members) > PEOPLE_A_SLICE or time.perf_counter() > deadline):
            break
        if target.known is not None:
            # A scan may be counting its people right now.
            hold_delegation(connection, target.known.code)
        plan = plan_target(connection, desk, target, choices)
        if not plan.is_empty:
            write_plan(connection, desk, plan, people=len(plan.added) + len(plan.changed))
        plans.append(plan)
    return plans


def _write_first(connection: Connection, desk: Desk, plan: Plan) -> tuple[int, str]:
    if plan.record is not None:
        hold_delegation(connection, plan.record.code)
    return write_plan(connection, desk, plan, people=PEOPLE_A_SLICE)
