"""`sanh passes`: issue, list and print passes."""

import argparse
from pathlib import Path

from server.cli.house import ACTOR, SmallHouse, in_house
from server.cli.terminal import print_json, print_table
from server.domain.passes import show_short_code
from server.storage.passes import PassRow
from server.web.i18n import gettext as _


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("passes", help=_("cấp thẻ của một đoàn, in ra tệp PDF"))
    whose = command.add_mutually_exclusive_group(required=True)
    whose.add_argument("delegation", nargs="?", metavar=_("MÃ_ĐOÀN"), help=_("mã đoàn, ví dụ D017"))
    whose.add_argument("--all", action="store_true", help=_("mọi đoàn"))
    command.add_argument("-o", dest="file", type=Path, metavar=_("TỆP.pdf"), help=_("in thẻ đeo ra tệp"))
    command.add_argument(
        "--layout",
        choices=("badge", "sheet", "label"),
        default="sheet",
        help=_("badge: mỗi trang một thẻ; sheet (mặc định): bốn thẻ một tờ A4; label: nhãn 62 × 29 mm"),
    )
    command.add_argument("--json", action="store_true", help=_("in JSON cho chương trình"))
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    rows = in_house(lambda house: _issue(house, args))
    if args.json:
        print_json([_out(row) for row in rows])
    elif args.file is None:
        print_table((show_short_code(row.short), row.delegation, row.visitor or "—") for row in rows)
    else:
        print(_("Đã in %(count)s thẻ ra %(file)s.", count=len(rows), file=args.file))
    return 0


async def _issue(house: SmallHouse, args: argparse.Namespace) -> list[PassRow]:
    if args.all:
        rows = await house.passes.of_all_delegations(actor=ACTOR)
    else:
        rows = await house.passes.of_delegation(args.delegation, actor=ACTOR)
    if args.file is not None:
        from server.services.badges import read_badges
        from server.web.badges import print_badges

        badges = await read_badges(house.database, [row.id for row in rows])
        args.file.write_bytes(await print_badges(house.space, badges, args.layout))
    return rows


def _out(row: PassRow) -> dict[str, str | None]:
    return {
        "id": row.id,
        "kind": row.kind,
        "delegation": row.delegation,
        "visitor": row.visitor,
        "short": row.short,
        "text": row.text,
    }
