"""`sanh kiosk`: pair, list and revoke devices."""

import argparse
from dataclasses import asdict
from typing import get_args

from server.cli.house import ACTOR, in_house
from server.cli.terminal import print_json, print_table
from server.services.devices import DeviceDirection, DeviceRole, PairedDevice, Plan
from server.web.i18n import gettext as _


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    kiosk = commands.add_parser("kiosk", help=_("ghép, liệt kê, thu hồi kiosk"))
    actions = kiosk.add_subparsers(dest="action", metavar=_("VIỆC"), required=True)
    listing = actions.add_parser("list", help=_("liệt kê thiết bị"))
    listing.set_defaults(run=run_list)
    pairing = actions.add_parser("pair", help=_("ghép một thiết bị, in mã truy cập của nó một lần"))
    _add_plan(pairing)
    pairing.set_defaults(run=run_pair)
    approving = actions.add_parser("approve", help=_("duyệt mã sáu số trên màn hình của thiết bị"))
    approving.add_argument("code", metavar=_("MÃ"), help=_("sáu số trên màn hình"))
    _add_plan(approving)
    approving.set_defaults(run=run_approve)
    revoking = actions.add_parser("revoke", help=_("thu hồi quyền của một thiết bị"))
    revoking.add_argument("id", metavar="ID", help=_("id của thiết bị, xem sanh kiosk list"))
    revoking.set_defaults(run=run_revoke)
    for command in (listing, pairing, approving, revoking):
        command.add_argument("--json", action="store_true", help=_("in JSON cho chương trình"))


def run_list(args: argparse.Namespace) -> int:
    devices = in_house(lambda house: house.devices.page("", 10_000))
    if args.json:
        print_json([asdict(device) for device in devices])
    else:
        print_table((*_line(device), device.paired_at, device.revoked_at) for device in devices)
    return 0


def run_pair(args: argparse.Namespace) -> int:
    device, token = in_house(lambda house: house.devices.pair(_plan(args), actor=ACTOR))
    if args.json:
        print_json({"device": device.id, "token": token})
    else:
        print_table([_line(device)])
        print(token)
    return 0


def run_approve(args: argparse.Namespace) -> int:
    device = in_house(lambda house: house.devices.approve(args.code, _plan(args), actor=ACTOR))
    return _show(device, args)


def run_revoke(args: argparse.Namespace) -> int:
    device = in_house(lambda house: house.devices.revoke(args.id, actor=ACTOR))
    return _show(device, args)


def _add_plan(command: argparse.ArgumentParser) -> None:
    command.add_argument("--name", required=True, help=_("tên để nhận ra thiết bị"))
    command.add_argument("--role", required=True, choices=get_args(DeviceRole), help=_("vai trò"))
    command.add_argument("--zone", required=True, help=_("id của khu"))
    command.add_argument(
        "--direction", choices=get_args(DeviceDirection), default="auto", help=_("chiều mà thiết bị đếm")
    )
    command.add_argument("--inner", action="store_true", help=_("cửa trong, giữa các khu"))
    command.add_argument("--language", choices=("vi", "en"), default="vi", help=_("ngôn ngữ ban đầu"))


def _plan(args: argparse.Namespace) -> Plan:
    return Plan(args.name, args.role, args.zone, args.direction, args.inner, args.language)


def _show(device: PairedDevice, args: argparse.Namespace) -> int:
    if args.json:
        print_json(asdict(device))
    else:
        print_table([_line(device)])
    return 0


def _line(device: PairedDevice) -> tuple[str, ...]:
    return device.id, device.name, device.role, device.zone, device.direction
