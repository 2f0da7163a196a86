"""`sanh keys`: the keys that sign passes."""

import argparse
import base64

from server.cli.terminal import print_json, print_table
from server.services.keys import Keys, PublicKey
from server.settings import Settings
from server.web.i18n import gettext as _


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    keys = commands.add_parser("keys", help=_("khóa ký thẻ"))
    actions = keys.add_subparsers(dest="action", metavar=_("VIỆC"), required=True)
    listing = actions.add_parser("list", help=_("liệt kê khóa công khai"))
    listing.set_defaults(run=run_list)
    rotating = actions.add_parser("rotate", help=_("ký bằng khóa mới từ nay; thẻ cũ vẫn dùng được"))
    rotating.set_defaults(run=run_rotate)
    for command in (listing, rotating):
        command.add_argument("--json", action="store_true", help=_("in JSON cho chương trình"))


def run_list(args: argparse.Namespace) -> int:
    return _show(Keys(Settings().secret_file).listed(), args)


def run_rotate(args: argparse.Namespace) -> int:
    keys = Keys(Settings().secret_file)
    keys.rotate()
    return _show(keys.listed(), args)


def _show(keys: tuple[PublicKey, ...], args: argparse.Namespace) -> int:
    if args.json:
        print_json([_out(key) for key in keys])
    else:
        print_table((key.id, key.created_at, key.retired_at or _("đang ký")) for key in keys)
    return 0


def _out(key: PublicKey) -> dict[str, object]:
    return {
        "id": key.id,
        "algorithm": "Ed25519",
        "public": base64.b64encode(key.public).decode(),
        "active": key.is_active,
        "created_at": key.created_at,
        "retired_at": key.retired_at,
    }
