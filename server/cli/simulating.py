"""`sanh simulate` plays a day from outside; `sanh bench` measures the house."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import uvloop

from server.domain.errors import DomainError
from server.domain.roles import Role
from server.services.accounts import Accounts
from server.settings import Settings
from server.simulator.bench import Plan, measure
from server.simulator.simulation import Overview, Wish, simulate
from server.storage.database import open_database
from server.web.i18n import format_date, format_number, format_time, mark
from server.web.i18n import gettext as _

_SENTENCES = {
    "server_unreachable": mark("Không kết nối được với %(url)s: %(why)s"),
    "server_refused": mark("Máy chủ từ chối %(path)s (%(status)s %(why)s)."),
    "nobody_comes": mark("Không có ai để mô phỏng trong ngày %(day)s."),
    "kiosks_refused": mark("Máy chủ không còn nhận kiosk nào trong %(kiosks)s kiosk mô phỏng."),
    "command_failed": mark("Lệnh sanh %(command)s không thành công: %(why)s"),
    "not_first_answers": mark("Có câu trả lời không phải lần đầu (%(repeats)s lặp lại): %(answers)s"),
    "answers_lost": mark("%(lost)s lượt quét không được trả lời."),
    "rivals_admitted": mark("Một thẻ quét cùng lúc được vào %(admitted)s lần thay vì một."),
}


def add_commands(subparsers: Any) -> None:
    """Add `simulate` and `bench`."""
    parser = subparsers.add_parser("simulate", help=_("chơi lại một ngày tham quan qua các kiosk mô phỏng"))
    parser.add_argument("--url", required=True, help=_("địa chỉ máy chủ"))
    parser.add_argument("--token", default=os.environ.get("SANH_TOKEN", ""), help=_("token của API"))
    parser.add_argument(
        "--day", type=date.fromisoformat, help=_("ngày, ví dụ 2020-10-12; mặc định là ngày của máy chủ")
    )
    parser.add_argument("--speed", type=_positive, default=60.0, help=_("tốc độ khi máy chủ không ở trong ngày đó"))
    parser.add_argument("--visitors", type=_count, help=_("tổng số khách; thêm khách lẻ nếu nhiều hơn sổ đăng ký"))
    parser.add_argument("--kiosks", type=_count, help=_("số kiosk"))
    parser.add_argument("--seed", type=int, default=1, help=_("cùng một số thì cùng một ngày"))
    parser.add_argument("--without", action="append", default=[], help=_("mã đoàn không mô phỏng"))
    parser.add_argument("--pairings", type=Path, help=_("tệp giữ các kiosk đã ghép cho lần sau"))
    parser.add_argument("--json", action="store_true", help=_("in kết quả dạng JSON"))
    parser.set_defaults(run=run_simulate)

    parser = subparsers.add_parser("bench", help=_("đo tốc độ trên một máy chủ riêng, cơ sở dữ liệu tạm"))
    parser.add_argument("--sockets", type=_count, default=32, help=_("số kiosk quét cùng lúc"))
    parser.add_argument("--in-flight", type=_count, default=8, help=_("số lượt quét chờ trả lời trên mỗi kiosk"))
    parser.add_argument("--per-frame", type=_count, default=1, help=_("số lượt quét trong một khung tin"))
    parser.add_argument("--passes", type=_count, default=2_000, help=_("số thẻ"))
    parser.add_argument(
        "--rates", type=_rates, default=(1_000.0, 3_000.0), help=_("lượt quét mỗi giây, ví dụ 1000,3000")
    )
    parser.add_argument("--seconds", type=_positive, default=5.0, help=_("thời gian của mỗi lần đo"))
    parser.add_argument("--rounds", type=_count, default=3, help=_("số vòng, lấy trung vị"))
    parser.add_argument("--database", default="", help=_("địa chỉ cơ sở dữ liệu trống; mặc định là tệp SQLite tạm"))
    parser.add_argument("--no-ceilings", action="store_true", help=_("không đo giới hạn của máy"))
    parser.add_argument("--json", action="store_true", help=_("in kết quả dạng JSON"))
    parser.set_defaults(run=run_bench)


def run_simulate(args: argparse.Namespace) -> int:
    """Play a day. Ctrl-C ends it cleanly, with the counts so far."""
    return _answer(lambda: uvloop.run(_simulate(args)), _print_counts, as_json=args.json)


def run_bench(args: argparse.Namespace) -> int:
    """Measure; 1 when a goal is missed."""
    plan = Plan(
        sockets=args.sockets,
        in_flight=args.in_flight,
        per_frame=args.per_frame,
        people=args.passes,
        seconds=args.seconds,
        rounds=args.rounds,
        rates=args.rates,
        database_url=args.database,
        ceilings=not args.no_ceilings,
    )
    missed = False

    def show(result: dict[str, Any]) -> None:
        _print_table(result)

    def work() -> dict[str, Any]:
        nonlocal missed
        result = uvloop.run(measure(plan, _say))
        missed = any(figure["met"] is False for figure in result["figures"])
        return result

    return _answer(work, show, as_json=args.json) or int(missed)


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


def _answer(work: Callable[[], dict[str, Any]], show: Callable[[dict[str, Any]], None], *, as_json: bool) -> int:
    try:
        result = work()
    except DomainError as error:
        if error.code not in _SENTENCES:
            raise
        _say(_(_SENTENCES[error.code], **error.arguments))
        return 1
    if as_json:
        print(orjson.dumps(result, option=orjson.OPT_INDENT_2).decode())
    else:
        show(result)
    return 0


def _announce(overview: Overview) -> None:
    _say(
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
    _say(sentence % {"time": format_time(overview.now), "speed": format_number(round(overview.speed, 1))})


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


def _print_table(result: Mapping[str, Any]) -> None:
    print(" ".join(f"{key}={value}" for key, value in (result["machine"] | result["parameters"]).items()))
    heads = (_("số liệu"), _("trung vị"), _("thấp"), _("cao"), _("mục tiêu"))
    rows = [heads, *(_cells(figure) for figure in result["figures"])]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    for row in rows:
        print(
            "  ".join(
                cell.ljust(w) if not n else cell.rjust(w) for n, (cell, w) in enumerate(zip(row, widths, strict=True))
            )
        )


def _cells(figure: Mapping[str, Any]) -> tuple[str, ...]:
    goal = ""
    if figure["goal"] is not None:
        goal = f"{'≤' if figure['at_most'] else '≥'} {figure['goal']:,} {'✓' if figure['met'] else '✗'}"
    numbers = (f"{figure[key]:,.2f}" for key in ("median", "low", "high"))
    return (f"{figure['name']}, {figure['unit']}".rstrip(", "), *numbers, goal)


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError(text)
    return number


def _rates(text: str) -> tuple[float, ...]:
    return tuple(_positive(part) for part in text.split(",") if part)
