"""`sanh doctor`: says what is misconfigured, missing or failing, and the mend. It changes nothing."""

import argparse
import asyncio
from dataclasses import asdict

from pydantic import ValidationError

from server.cli.doctor.bus import check_bus
from server.cli.doctor.check import Check
from server.cli.doctor.database import check_database
from server.cli.doctor.machine import check_machine
from server.cli.doctor.messages import check_messages
from server.cli.doctor.oidc import check_oidc
from server.cli.doctor.settings import check_settings, unusable
from server.cli.terminal import print_json
from server.settings import Settings
from server.web.i18n import gettext as _


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("doctor", help=_("tìm chỗ cài đặt sai, thiếu hoặc hỏng và nói cách sửa"))
    command.add_argument("--json", action="store_true", help=_("in JSON cho chương trình"))
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    checks = asyncio.run(examine())
    ok = all(check.ok for check in checks)
    if args.json:
        print_json({"ok": ok, "checks": [asdict(check) for check in checks]})
        return 0 if ok else 1
    for check in checks:
        _tell(check)
    return 0 if ok else 1


async def examine() -> list[Check]:
    """Look at everything."""
    try:
        settings = Settings()
    except ValidationError as error:
        return [unusable(error)]
    here = [*check_settings(settings), *check_machine(settings)]
    if not all(check.ok for check in here if check.name == "database_url"):
        return here
    return [
        *here,
        *await check_bus(settings),
        *await check_messages(settings),
        *await check_oidc(settings),
        *await check_database(settings),
    ]


def _tell(check: Check) -> None:
    mark = "✗" if not check.ok else "!" if check.advice else "✓"
    print(f"{mark} {check.name}: {check.detail}")
    if said := check.mend if not check.ok else check.advice:
        print(f"    → {said}")
