"""`sanh serve`, `migrate`, `recount`, `close-day`, `backup`, `restore`: what those who run the house type."""

import argparse
import asyncio
import socket
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from server.cli.house import SmallHouse, in_house, migrate
from server.cli.terminal import complain, print_json
from server.services.backups import make_backup, restore_backup
from server.services.cases import note_recount
from server.services.day_end import close_day
from server.services.recount import Recount, recount
from server.settings import Settings
from server.storage.database import open_database
from server.storage.movements import last_received
from server.web.i18n import format_number
from server.web.i18n import gettext as _


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    _add_serve(commands.add_parser("serve", help=_("chạy máy chủ")))
    migrating = commands.add_parser("migrate", help=_("tạo hoặc nâng cấp cơ sở dữ liệu"))
    migrating.set_defaults(run=run_migrate)
    counting = commands.add_parser("recount", help=_("đếm lại từ các lượt di chuyển và so với số đang giữ"))
    counting.add_argument("--json", action="store_true", help=_("in JSON cho chương trình"))
    counting.set_defaults(run=run_recount)
    closing = commands.add_parser("close-day", help=_("kết thúc ngày: ai còn bên trong coi như đã ra"))
    closing.add_argument("--json", action="store_true", help=_("in JSON cho chương trình"))
    closing.set_defaults(run=run_close_day)
    saving = commands.add_parser("backup", help=_("sao lưu cơ sở dữ liệu và khóa, cả khi máy chủ đang chạy"))
    saving.add_argument("file", type=Path, metavar=_("TỆP"), help=_("tệp sẽ được tạo, chỉ chủ nhân đọc được"))
    saving.set_defaults(run=run_backup)
    restoring = commands.add_parser("restore", help=_("khôi phục từ bản sao lưu, khi máy chủ đã dừng"))
    restoring.add_argument("file", type=Path, metavar=_("TỆP"), help=_("bản sao lưu"))
    restoring.add_argument("--replace", action="store_true", help=_("thay cơ sở dữ liệu đang có"))
    restoring.set_defaults(run=run_restore)


def _add_serve(serving: argparse.ArgumentParser) -> None:
    serving.add_argument("--host", default="127.0.0.1", help=_("địa chỉ lắng nghe"))
    serving.add_argument("--port", type=int, default=8000, help=_("cổng"))
    serving.add_argument("--workers", type=_positive, default=1, help=_("số tiến trình; hơn một cần PostgreSQL và bus"))
    serving.add_argument("--clock", type=datetime.fromisoformat, help=_("đồng hồ mô phỏng, ví dụ 2020-10-12T07:30"))
    serving.add_argument("--speed", type=float, default=1.0, help=_("tốc độ của đồng hồ mô phỏng"))
    serving.set_defaults(run=run_serve)


def _positive(typed: str) -> int:
    number = int(typed)
    if number < 1:
        raise ValueError(typed)
    return number


def run_serve(args: argparse.Namespace) -> int:
    from server.serving import serve

    settings = Settings()
    try:
        socket.create_server((args.host, args.port)).close()
    except (OSError, OverflowError) as error:
        return complain(_("Không mở được %(host)s:%(port)s: %(why)s", host=args.host, port=args.port, why=error))
    clock: datetime | None = args.clock
    if clock is not None and clock.tzinfo is None:
        clock = clock.replace(tzinfo=ZoneInfo(settings.timezone))

    def announce() -> None:
        print(_("Sảnh mở ở http://%(host)s:%(port)s, Ctrl-C để đóng.", host=args.host, port=args.port), flush=True)

    where = {"host": args.host, "port": args.port, "workers": args.workers}
    return serve(settings, **where, clock=clock, speed=args.speed, announce=announce)


def run_migrate(_args: argparse.Namespace) -> int:
    async def work() -> bool:
        database = open_database(Settings().database_url)
        try:
            return await migrate(database)
        finally:
            await database.close()

    changed = asyncio.run(work())
    print(_("Cơ sở dữ liệu đã được nâng cấp.") if changed else _("Cơ sở dữ liệu đã ở bản mới nhất."))
    return 0


def run_recount(args: argparse.Namespace) -> int:
    result = in_house(_recount)
    if args.json:
        print_json(result.as_json())
    else:
        for count in (*result.zones, *result.differing):
            print(f"{'=' if count.is_equal else '≠'} {count.id}: {count.counter} / {count.recount}")
    return 0 if result.is_equal else 1


async def _recount(house: SmallHouse) -> Recount:
    found = await recount(house.database)
    # What does not agree is a case that somebody at the desk looks into.
    await note_recount(house.database, found, house.clock.now())
    return found


def run_close_day(args: argparse.Namespace) -> int:
    people = in_house(_close_day)
    if args.json:
        print_json({"people": people})
    else:
        print(_("%(people)s người được coi như đã ra.", people=format_number(people)))
    return 0


async def _close_day(house: SmallHouse) -> int:
    now = house.clock.now()
    last = await house.database.read(last_received)
    if last is None:
        return 0
    # Where nobody moved for a day (a house that was off, or lives by a simulated clock) the day ended with its
    # last movement: a later end would make the next scans look older than it.
    at = now if timedelta(0) <= now - last <= timedelta(days=1) else last
    return await close_day(house.database, house.space, at, at)


def run_backup(args: argparse.Namespace) -> int:
    settings = Settings()
    size = make_backup(settings.database_url, settings.secret_file, args.file)
    print(_("Đã sao lưu %(size)s byte ra %(file)s.", size=format_number(size), file=args.file))
    return 0


def run_restore(args: argparse.Namespace) -> int:
    settings = Settings()
    restore_backup(settings.database_url, settings.secret_file, args.file, replace=args.replace)
    print(_("Đã khôi phục từ %(file)s.", file=args.file))
    return run_migrate(args)
