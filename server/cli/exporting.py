"""`sanh export`: delegations, visitors or movements as a workbook or CSV."""

import argparse
from pathlib import Path
from typing import get_args

from server.cli.house import ACTOR, SmallHouse, in_house
from server.cli.terminal import print_json
from server.services.desk import Desk
from server.services.exports import Subject, export
from server.web.i18n import gettext as _


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("export", help=_("xuất đoàn, khách hoặc lượt di chuyển ra tệp"))
    parser.add_argument("subject", choices=get_args(Subject), help=_("xuất gì"))
    parser.add_argument("file", type=_sheet_file, metavar="FILE.xlsx|.csv", help=_("tệp sẽ ghi; tệp cũ bị thay thế"))
    parser.add_argument("--json", action="store_true", help=_("in JSON cho chương trình"))
    parser.set_defaults(run=run_export)


def run_export(args: argparse.Namespace) -> int:
    rows = in_house(lambda house: export(_desk(house), args.subject, args.file))
    if args.json:
        print_json({"rows": rows, "file": str(args.file)})
    else:
        print(_("Đã ghi %(rows)s dòng vào %(file)s", rows=rows, file=args.file))
    return 0


def _desk(house: SmallHouse) -> Desk:
    return Desk(house.database, house.space, ACTOR, house.clock.now())


def _sheet_file(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower() not in (".xlsx", ".csv"):
        raise argparse.ArgumentTypeError(_("tên tệp phải kết thúc bằng .xlsx hoặc .csv"))
    return path
