"""`sanh staff` and `sanh token`: who may sign in, and which programs may ask."""

import argparse
import secrets
import sys
from dataclasses import asdict

from server.cli.house import in_house
from server.cli.terminal import print_json, print_table
from server.domain.roles import Role
from server.services.accounts import StaffAccount
from server.web.i18n import gettext as _


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    _add_staff(commands.add_parser("staff", help=_("tài khoản của nhân viên")))
    _add_token(commands.add_parser("token", help=_("mã truy cập cho chương trình")))


def _add_staff(staff: argparse.ArgumentParser) -> None:
    actions = staff.add_subparsers(dest="action", metavar=_("VIỆC"), required=True)
    adding = actions.add_parser("add", help=_("thêm một tài khoản"))
    adding.add_argument("name", metavar=_("TÊN"), help=_("tên, cũng là tên đăng nhập"))
    adding.add_argument("--role", required=True, choices=[role.value for role in Role], help=_("vai trò"))
    adding.set_defaults(run=run_add)
    listing = actions.add_parser("list", help=_("liệt kê tài khoản"))
    listing.set_defaults(run=run_list)
    resetting = actions.add_parser("reset", help=_("đặt mật khẩu mới"))
    resetting.add_argument("name", metavar=_("TÊN"), help=_("tên đăng nhập"))
    resetting.set_defaults(run=run_reset)
    for command in (adding, resetting):
        command.add_argument(
            "--password-stdin", action="store_true", help=_("đọc mật khẩu từ đầu vào chuẩn, nếu không thì tự đặt")
        )
    for command in (adding, listing, resetting):
        command.add_argument("--json", action="store_true", help=_("in JSON cho chương trình"))


def _add_token(token: argparse.ArgumentParser) -> None:
    actions = token.add_subparsers(dest="action", metavar=_("VIỆC"), required=True)
    adding = actions.add_parser("add", help=_("thêm một mã truy cập, in ra một lần dưới dạng JSON"))
    adding.add_argument("name", metavar=_("TÊN"), help=_("tên của chương trình"))
    adding.add_argument("--role", required=True, choices=[role.value for role in Role], help=_("vai trò"))
    adding.set_defaults(run=run_add_token)
    listing = actions.add_parser("list", help=_("liệt kê mã truy cập"))
    listing.set_defaults(run=run_list_tokens)
    revoking = actions.add_parser("revoke", help=_("thu hồi mã truy cập"))
    revoking.add_argument("name", metavar=_("TÊN"), help=_("tên hoặc id của mã"))
    revoking.set_defaults(run=run_revoke_token)
    for command in (adding, listing, revoking):
        command.add_argument("--json", action="store_true", help=_("in JSON cho chương trình"))


def run_add(args: argparse.Namespace) -> int:
    password = _password(args)
    return _show(in_house(lambda house: house.accounts.add(args.name, args.role, password)), password, args)


def run_reset(args: argparse.Namespace) -> int:
    password = _password(args)
    return _show(in_house(lambda house: house.accounts.reset(args.name, password)), password, args)


def run_list(args: argparse.Namespace) -> int:
    accounts = in_house(lambda house: house.accounts.listed())
    if args.json:
        print_json([asdict(account) for account in accounts])
    else:
        print_table((account.name, account.role, account.created_at) for account in accounts)
    return 0


def run_add_token(args: argparse.Namespace) -> int:
    token, secret = in_house(lambda house: house.accounts.add_token(args.name, args.role))
    print_json({"token": secret, "id": token.id, "name": token.name, "role": token.role})
    return 0


def run_list_tokens(args: argparse.Namespace) -> int:
    tokens = in_house(lambda house: house.accounts.tokens())
    if args.json:
        print_json([asdict(token) for token in tokens])
    else:
        print_table((token.id, token.name, token.role, token.created_at, token.revoked_at) for token in tokens)
    return 0


def run_revoke_token(args: argparse.Namespace) -> int:
    count = in_house(lambda house: house.accounts.revoke_token(args.name))
    if args.json:
        print_json({"revoked": count})
    else:
        print(_("Đã thu hồi %(count)s mã truy cập.", count=count))
    return 0


def _password(args: argparse.Namespace) -> str:
    if args.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return secrets.token_urlsafe(12)


def _show(account: StaffAccount, password: str, args: argparse.Namespace) -> int:
    made = {} if args.password_stdin else {"password": password}
    if args.json:
        print_json({"login": account.login, "name": account.name, "role": account.role} | made)
    else:
        print_table([(account.login, account.role, *made.values())])
    return 0
