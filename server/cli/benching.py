"""`sanh bench` measures the house on a server of its own."""

import argparse
import asyncio
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import uvloop

from server.cli.terminal import positive, say
from server.domain.errors import DomainError
from server.simulator.bench.plan import PARTS, Plan
from server.simulator.bench.record import keep, table_of
from server.simulator.bench.run import measure
from server.web.i18n import gettext as _
from server.web.i18n import mark

_SENTENCES = {
    "server_unreachable": mark("Không kết nối được với %(url)s: %(why)s"),
    "server_refused": mark("Máy chủ từ chối %(path)s (%(status)s %(why)s)."),
    "command_failed": mark("Lệnh sanh %(command)s không thành công: %(why)s"),
    "not_first_answers": mark("Có câu trả lời không phải lần đầu (%(repeats)s lặp lại): %(answers)s"),
    "answers_lost": mark("%(lost)s lượt quét không được trả lời."),
    "rivals_admitted": mark("Một thẻ quét cùng lúc được vào %(admitted)s lần thay vì một."),
    "screens_failed": mark("Các màn hình theo dõi không đo được: %(why)s"),
    "bench_database": mark("Không tạo được cơ sở dữ liệu tạm để đo: %(why)s"),
}


def add_commands(subparsers: Any) -> None:
    """Add `bench`."""
    usual = Plan()
    parser = subparsers.add_parser("bench", help=_("đo tốc độ trên một máy chủ riêng, cơ sở dữ liệu tạm"))
    parser.add_argument("--only", action="append", choices=PARTS, help=_("chỉ đo phần này; có thể lặp lại"))
    parser.add_argument("--sockets", type=_count, default=usual.sockets, help=_("số kiosk quét cùng lúc"))
    parser.add_argument(
        "--in-flight", type=_count, default=usual.in_flight, help=_("số lượt quét chờ trả lời trên mỗi kiosk")
    )
    parser.add_argument("--per-frame", type=_count, default=usual.per_frame, help=_("số lượt quét trong một khung tin"))
    parser.add_argument("--passes", type=_count, default=usual.people, help=_("số thẻ"))
    parser.add_argument("--rates", type=_rates, default=usual.rates, help=_("lượt quét mỗi giây, ví dụ 1000,3000"))
    parser.add_argument("--screens", type=_counts, default=usual.screens, help=_("số màn hình theo dõi, tăng dần"))
    parser.add_argument("--import-rows", type=_count, default=usual.import_rows, help=_("số dòng nhập khi đang quét"))
    parser.add_argument("--seconds", type=positive, default=usual.seconds, help=_("thời gian của mỗi lần đo"))
    parser.add_argument("--rounds", type=_count, default=usual.rounds, help=_("số vòng, lấy trung vị"))
    parser.add_argument(
        "--database-url",
        default="",
        help=_("PostgreSQL để tạo cơ sở dữ liệu tạm; mặc định là SQLite"),
    )
    parser.add_argument("--workers", type=_count, default=1, help=_("số tiến trình của máy chủ được đo"))
    parser.add_argument("--bus-url", default="", help=_("bus giữa các tiến trình"))
    parser.add_argument("--no-ceilings", action="store_true", help=_("không đo giới hạn của máy"))
    parser.add_argument("--keep", type=Path, metavar=_("TỆP"), help=_("ghi kết quả vào tệp Markdown"))
    parser.add_argument("--json", action="store_true", help=_("in kết quả dạng JSON"))
    parser.set_defaults(run=run_bench)


def run_bench(args: argparse.Namespace) -> int:
    """Measure; 1 when a goal is missed or a measurement would not be honest."""
    plan = Plan(
        parts=tuple(args.only or PARTS),
        sockets=args.sockets,
        in_flight=args.in_flight,
        per_frame=args.per_frame,
        people=args.passes,
        seconds=args.seconds,
        rounds=args.rounds,
        rates=args.rates,
        screens=args.screens,
        import_rows=args.import_rows,
        database_url=args.database_url,
        workers=args.workers,
        bus_url=args.bus_url,
        ceilings=not args.no_ceilings,
    )
    try:
        result = uvloop.run(_measure(plan))
    except DomainError as error:
        if error.code not in _SENTENCES:
            raise
        say(_(_SENTENCES[error.code], **error.arguments))
        return 1
    except asyncio.CancelledError:
        return 1
    for failure in result["failures"]:
        code = failure["code"]
        say(_(_SENTENCES[code], **failure) if code in _SENTENCES else code)
    if args.keep:
        keep(args.keep, result)
    if args.json:
        print(orjson.dumps(result, option=orjson.OPT_INDENT_2).decode())
    else:
        _print_table(result)
    return int(bool(result["failures"]) or any(figure["met"] is False for figure in result["figures"]))


async def _measure(plan: Plan) -> dict[str, Any]:
    """Measure; told to stop, take the server and the temporary database along."""
    measuring = asyncio.ensure_future(measure(plan, say))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, measuring.cancel)
    return await measuring


def _print_table(result: Mapping[str, Any]) -> None:
    print(" ".join(f"{key}={value}" for key, value in (result["machine"] | result["parameters"]).items()))
    heads = (_("số liệu"), _("trung vị"), _("thấp"), _("cao"), _("mục tiêu"))
    rows = [heads, *table_of(result)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    for row in rows:
        cells = (
            cell.rjust(width) if number else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join(cells).rstrip())


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _rates(text: str) -> tuple[float, ...]:
    return tuple(positive(part) for part in text.split(",") if part)


def _counts(text: str) -> tuple[int, ...]:
    counts = tuple(_count(part) for part in text.split(",") if part)
    if not counts or list(counts) != sorted(set(counts)):
        raise ValueError(text)
    return counts
