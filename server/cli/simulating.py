"""`sanh simulate` plays a day from outside."""

import argparse
import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import uvloop

from server.cli.terminal import positive, say
from server.domain.errors import DomainError
from server.domain.roles import Role
from server.services.accounts import Accounts
from server.settings import Settings
from server.simulator.posts import MOST_KIOSKS
from server.simulator.simulation import Overview, Wish, simulate
from server.storage.database import open_database
from server.web.i18n import format_date, format_number, format_time, mark
from server.web.i18n import gettext as _

_SENTENCES = {
    "server_unreachable": mark("Không kết nối được với %(url)s: %(why)s"),
    "server_refused": mark("Máy chủ từ chối %(path)s (%(status)s %(why)s)."),
    "nobody_comes": mark("Không có ai để mô phỏng trong ngày %(day)s."),
    "kiosks_refused": mark("Máy chủ không còn nhận kiosk nào trong %(kiosks)s kiosk mô phỏng."),
}


def add_commands(subparsers: Any) -> None:
    """Add `simulate`."""
    parser = subparsers.add_parser("simulate", help=_("chơi lại một ngày tham quan qua các kiosk mô phỏng"))
    parser.add_argument("--url", required=True, help=_("địa chỉ máy chủ"))
    parser.add_argument("--token", default=os.environ.get("SANH_TOKEN", ""), help=_("token của API"))
    parser.add_argument(
        "--day", type=date.fromisoformat, help=_("ngày, ví dụ 2020-10-12; mặc định là ngày của máy chủ")
    )
    parser.add_argument("--speed", type=positive, default=60.0, help=_("tốc độ khi máy chủ không ở trong ngày đó"))
    parser.add_argument("--visitors", type=_count, help=_("tổng số khách; thêm khách lẻ nếu nhiều hơn sổ đăng ký"))
    parser.add_argument("--kiosks", type=_kiosks, help=_("số kiosk"))
    parser.add_argument("--seed", type=int, default=1, help=_("cùng một số thì cùng một ngày"))
    parser.add_argument("--without", action="append", default=[], help=_("mã đoàn không mô phỏng"))
    parser.add_argument("--pairings", type=Path, help=_("tệp giữ các kiosk đã ghép cho lần sau"))
    parser.add_argument("--json", action="store_true", help=_("in kết quả dạng JSON"))
    parser.set_defaults(run=run_simulate)


def run_simulate(args: argparse.Namespace) -> int:
    """Play a day. Ctrl-C ends it cleanly, with the counts so far."""
    try:
        counts = uvloop.run(_simulate(args))
    except DomainError as error:
        if error.code not in _SENTENCES:
            raise
        say(_(_SENTENCES[error.code], **error.arguments))
        return 1
    if args.json:
        print(orjson.dumps(counts, option=orjson.OPT_INDENT_2).decode())
    else:
        _print_counts(counts)
    return 0


async def _simulate(args: argparse.Namespace) -> dict[str, Any]:
    settings = Settings()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with _token(settings, args.token) as token:
        wish = Wish(
            url=args.url,
            token=token,
            zone=ZoneInfo(settings.timezone),
            day=args.day,
            speed=args.speed,
            visitors=args.visitors,
            kiosks=args.kiosks,
            seed=args.seed,
            pairings=args.pairings,
            without=frozenset(args.without),
        )
        return await simulate(wish, _announce, stop)


@asynccontextmanager
async def _token(settings: Settings, given: str) -> AsyncIterator[str]:
    """Lend a token: the given one, else one of our own while the simulation lasts, made on the server's machine."""
    if given:
        yield given
        return
    database = open_database(settings.database_url)
    accounts = Accounts(database)
    name = f"simulator {os.getpid()}"
    try:
        _, token = await accounts.add_token(name, Role.ORGANIZER)
        yield token
    finally:
        with suppress(DomainError):
            await accounts.revoke_token(name)
        await database.close()


def _announce(overview: Overview) -> None:
    say(
        _(
            "Ngày %(day)s: %(delegations)s đoàn, %(people)s khách, trong đó %(walk_ins)s khách lẻ; %(kiosks)s kiosk.",
            day=format_date(overview.day),
            delegations=overview.delegations,
            people=overview.people,
            walk_ins=overview.walk_ins,
            kiosks=overview.kiosks,
        )
    )
    sentence = (
        _("Theo đồng hồ của máy chủ, từ %(time)s, nhanh gấp %(speed)s lần.")
        if overview.follows_server
        else _("Máy chủ đang ở một ngày khác: mô phỏng từ %(time)s theo đồng hồ riêng, nhanh gấp %(speed)s lần.")
    )
    say(sentence % {"time": format_time(overview.now), "speed": format_number(round(overview.speed, 1))})


def _print_counts(counts: Mapping[str, Any]) -> None:
    rows = [
        (_("Lượt quét"), counts["scans"]),
        (_("Khách vào"), counts["people_in"]),
        (_("Khách ra"), counts["people_out"]),
        (_("Quên quét khi ra"), counts["forgotten_exits"]),
        (_("Bỏ về vì không vào được"), counts["gave_up"]),
        (_("Quét khi mất mạng"), counts["offline"]),
        (_("Đưa vào lúc bắt đầu"), counts["caught_up"]),
        (_("Kết nối lại"), counts["reconnects"]),
        (_("Chưa gửi được"), counts["unsent"]),
        (_("Trả lời p50 / p99, ms"), f"{counts['latency_ms']['p50']} / {counts['latency_ms']['p99']}"),
    ]
    for group in ("answers", "refusals", "conflicts", "problems"):
        rows += [(f"{group}.{name}", number) for name, number in counts[group].items()]
    width = max(len(title) for title, _number in rows)
    for title, number in rows:
        print(f"{title:<{width}}  {number}")


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def _kiosks(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MOST_KIOSKS:
        raise argparse.ArgumentTypeError(_("từ 1 đến %(most)s", most=MOST_KIOSKS))
    return number
