"""`sanh import`: registries from offices' files."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from server.cli.house import ACTOR, SmallHouse, in_house
from server.cli.terminal import complain, print_json, print_table
from server.domain.errors import DomainError
from server.domain.registry import Placed
from server.services.desk import Desk
from server.services.import_report import ImportReport
from server.services.imports import import_files
from server.web.i18n import format_number
from server.web.i18n import gettext as _
from server.web.import_messages import FILES, sentence_of_finding
from server.web.problems import sentence_of

_SHOWN = 200
_ROWS_SHOWN = 12
# A running server is another process: what it wants to write goes first, and so does its share of the processors.
_BREATH_SECONDS = 0.004


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("import", help=_("nhập sổ đăng ký đoàn và danh sách khách từ tệp"))
    parser.add_argument("files", nargs="+", type=Path, metavar=_("TỆP"), help=_(".xlsx, .xls, .ods hoặc .csv"))
    parser.add_argument("--dry-run", action="store_true", help=_("chỉ báo sẽ làm gì, không ghi"))
    parser.add_argument("--delegation", metavar=_("MÃ_ĐOÀN"), help=_("đoàn nhận danh sách khách không ghi mã đoàn"))
    parser.add_argument("--all-or-nothing", action="store_true", help=_("có một dòng sai thì không nhập dòng nào"))
    parser.add_argument("--json", action="store_true", help=_("in JSON cho chương trình"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Import; 0 when every row is good, 1 when some are not, 2 when a file cannot be read at all."""
    try:
        report = in_house(lambda house: _import(house, args))
    except DomainError as error:
        if error.code not in FILES and error.code != "unknown_delegation":
            raise
        if args.json:
            print_json(_refusal(error))
        complain(error)
        return 2 if error.code in FILES else 1
    if args.json:
        print_json(report.as_json(sentence_of_finding))
    else:
        _tell(report)
    return 1 if report.errors else 0


async def _import(house: SmallHouse, args: argparse.Namespace) -> ImportReport:
    desk = Desk(house.database, house.space, ACTOR, house.clock.now())
    return await import_files(
        desk,
        args.files,
        delegation=args.delegation,
        dry_run=args.dry_run,
        all_or_nothing=args.all_or_nothing,
        breath_seconds=_BREATH_SECONDS,
    )


def _refusal(error: DomainError) -> dict[str, object]:
    """Return the report of an import that did not begin: nothing counted, and its one error, of no row."""
    where = {
        "file": error.arguments.get("file"),
        "sheet": None,
        "row": None,
        "column": None,
        "cell": None,
        "field": None,
    }
    message = {"code": error.code, "message": sentence_of(error), "value": ""}
    empty = ImportReport(is_applied=False).as_json(sentence_of_finding)
    return empty | {"errors": [where | error.arguments | message]}


def _tell(report: ImportReport) -> None:
    if not report.is_applied:
        print(_("Chưa ghi gì vào hệ thống."))
    header = ("", _("mới"), _("thay đổi"), _("giữ nguyên"))
    counts = ((_("Số đoàn"), report.delegations), (_("Số khách"), report.visitors))
    rows = [(name, *map(format_number, (count.new, count.changed, count.unchanged))) for name, count in counts]
    print_table([header, *rows])
    print(
        _("Đã đọc %(rows)s dòng, %(bad)s lỗi.", rows=format_number(report.rows), bad=format_number(len(report.errors)))
    )
    for placed in report.errors[:_SHOWN]:
        print(f"  {_where(placed)}: {sentence_of_finding(placed.finding)}", file=sys.stderr)
    if len(report.errors) > _SHOWN:
        print(_("  … và %(more)s lỗi nữa; xem đủ bằng --json.", more=len(report.errors) - _SHOWN), file=sys.stderr)
    for line in _summed(report.warnings):
        print(f"  {line}", file=sys.stderr)


def _where(placed: Placed) -> str:
    finding = placed.finding
    parts = [placed.file, placed.sheet]
    if finding.row is not None:
        parts.append(_("dòng %(row)s", row=finding.row))
    parts.append(finding.header or "")
    return ", ".join(part for part in parts if part)


def _summed(warnings: Sequence[Placed]) -> Iterable[str]:
    """Give one line for all warnings of one kind on one sheet: a registry kept after the fact has hundreds."""

    def kind(placed: Placed) -> tuple[str, str, str]:
        return placed.file, placed.sheet, placed.finding.code

    for _key, same in groupby(sorted(warnings, key=kind), key=kind):
        group = list(same)
        line = f"{_where(group[0])}: {sentence_of_finding(group[0].finding)}"
        more = [str(placed.finding.row) for placed in group[1:]]
        if more:
            rows = ", ".join(more[:_ROWS_SHOWN]) + ("…" if len(more) > _ROWS_SHOWN else "")
            line += " " + _("(cùng %(count)s dòng khác: %(rows)s)", count=len(more), rows=rows)
        yield _("Lưu ý: %(what)s", what=line)
