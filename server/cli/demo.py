"""`sanh demo`: the whole house at a busy moment of its first month, with simulated visitors beside it."""

import argparse
import asyncio
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from server.cli.house import SmallHouse, in_house
from server.cli.terminal import complain
from server.domain.errors import DomainError
from server.services import demo_stage
from server.services.desk import Desk
from server.settings import Settings
from server.web.i18n import format_date, format_time
from server.web.i18n import gettext as _

# A minute in three seconds: somebody scans every second or two, and the busy hours last for twenty minutes.
_SPEED = 20.0
_VISITORS = 160  # with walk-ins; the registry alone has 10 to 57 a day
_START_SECONDS = 30.0
_STOP_SECONDS = 10.0


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("demo", help=_("xem thử: một ngày của tháng đầu tiên, có khách mô phỏng"))
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000), help=_("cổng"))
    parser.add_argument("--speed", type=float, default=_SPEED, help=_("tốc độ của đồng hồ mô phỏng"))
    parser.add_argument("--visitors", type=int, default=_VISITORS, help=_("số khách mỗi ngày"))
    parser.set_defaults(run=run_demo)


def run_demo(args: argparse.Namespace) -> int:
    """Set the stage, then show one day after the other until Ctrl-C."""
    address = f"http://127.0.0.1:{args.port}"
    os.environ.setdefault("SANH_SPACE_FILE", str(demo_stage.SPACE_FILE))
    os.environ.setdefault("SANH_PUBLIC_URL", address)
    # No message of a demonstration reaches anybody: they lie beside its database, to be looked at.
    os.environ.setdefault("SANH_MESSAGE_FOLDER", "var/messages")
    if not _is_free(args.port):
        return complain(_("Cổng %(port)s đang được dùng; chọn cổng khác bằng --port.", port=args.port))
    try:
        _set_stage()
        return asyncio.run(_Show(args, address).run())
    except DomainError as error:
        if error.code == "not_a_demo_database":
            return complain(
                _(
                    "%(database)s là dữ liệu thật, không dùng để xem thử. Đặt SANH_DATABASE_URL trỏ tới tệp khác.",
                    database=error.arguments["database"],
                )
            )
        raise


def _set_stage() -> None:
    """Fill the database the first time, or again when all its days have been shown."""
    if in_house(_prepare) is None:
        demo_stage.start_over(Settings())
        in_house(_prepare)


async def _prepare(house: SmallHouse) -> datetime | None:
    await demo_stage.demand_own_database(house.database, house.settings)
    await demo_stage.add_accounts(house.accounts)
    desk = Desk(house.database, house.space, demo_stage.ACTOR, house.clock.now())
    await demo_stage.register_delegations(desk)
    await house.passes.of_all_delegations(actor=demo_stage.ACTOR)
    return await demo_stage.opening_moment(house.database, house.settings)


async def _next_scene(house: SmallHouse) -> tuple[datetime | None, str | None]:
    moment = await demo_stage.opening_moment(house.database, house.settings)
    kept = await demo_stage.lay_out_passes(house.database, house.passes, house.settings, moment) if moment else None
    return moment, kept


class _Show:
    """The server and the simulator as processes of their own, one pair a day."""

    def __init__(self, args: argparse.Namespace, address: str) -> None:
        self._args = args
        self._address = address
        self._stop = asyncio.Event()

    async def run(self) -> int:
        """Show the days until the last, a failure, or a signal."""
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self._stop.set)
        while not self._stop.is_set():
            moment, kept = await asyncio.to_thread(in_house, _next_scene)
            if moment is None:
                return 0
            code = await self._show_day(moment, kept)
            if code is not None:
                return code
        return 0

    async def _show_day(self, moment: datetime, kept: str | None) -> int | None:
        """Show one day; None when it is over and the next may follow."""
        args = self._args
        clock = ("--clock", f"{moment:%Y-%m-%dT%H:%M:%S}", "--speed", str(args.speed))
        server = await _start("serve", "--port", str(args.port), *clock, output=subprocess.DEVNULL)
        simulator: asyncio.subprocess.Process | None = None
        try:
            if not await self._is_up(server):
                return complain(_("Máy chủ không khởi động được."))
            pairings = Settings().secret_file.with_name("demo-kiosks.json")
            leaving_out = ("--without", kept) if kept else ()
            simulator = await _start(
                "simulate", "--url", self._address, "--visitors", str(args.visitors),
                "--pairings", str(pairings), *leaving_out, output=subprocess.DEVNULL,
            )  # fmt: skip
            self._say_where(moment)
            return await self._until_over(server, simulator)
        finally:
            await _end([process for process in (simulator, server) if process is not None])

    async def _until_over(
        self, server: asyncio.subprocess.Process, simulator: asyncio.subprocess.Process
    ) -> int | None:
        stopping = asyncio.create_task(self._stop.wait())
        serving, playing = asyncio.create_task(server.wait()), asyncio.create_task(simulator.wait())
        try:
            await asyncio.wait((stopping, serving, playing), return_when=asyncio.FIRST_COMPLETED)
            if stopping.done():
                return 0
            if serving.done():
                return complain(_("Máy chủ đã dừng ngoài ý muốn."))
            return None if playing.result() == 0 else complain(_("Bộ mô phỏng đã dừng ngoài ý muốn."))
        finally:
            for task in (stopping, serving, playing):
                task.cancel()

    async def _is_up(self, server: asyncio.subprocess.Process) -> bool:
        deadline = asyncio.get_running_loop().time() + _START_SECONDS
        while asyncio.get_running_loop().time() < deadline and server.returncode is None:
            if self._stop.is_set():
                return True
            if await asyncio.to_thread(_answers, f"{self._address}/readyz"):
                return True
            await asyncio.sleep(0.05)
        return False

    def _say_where(self, moment: datetime) -> None:
        accounts = ", ".join(account.login for account in demo_stage.ACCOUNTS)
        lines = (
            "",
            f"{self._address}/",
            _("Ngày %(day)s, %(time)s; một phút trôi qua trong %(seconds)s giây.",
              day=format_date(moment), time=format_time(moment), seconds=f"{60 / self._args.speed:g}"),
            _("Xem màn hình lớn ở /wall; ghép một kiosk ở /kiosk; trang đầu có thẻ để quét thử."),
            _("Tài khoản: %(accounts)s. Mật khẩu: %(password)s",
              accounts=accounts, password=demo_stage.PASSWORD),
            _("Dừng: Ctrl-C."),
            "",
        )  # fmt: skip
        print("\n".join(f"  {line}".rstrip() for line in lines), flush=True)


async def _start(*arguments: str, output: int | None = None) -> asyncio.subprocess.Process:
    # A session of its own: Ctrl-C reaches this process only, which then ends the others in order.
    return await asyncio.create_subprocess_exec(
        _command(), *arguments, stdin=subprocess.DEVNULL, stdout=output, start_new_session=True
    )


async def _end(processes: Sequence[asyncio.subprocess.Process]) -> None:
    """End the simulator, then the server: politely, and surely after some seconds."""
    for process in processes:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), _STOP_SECONDS)
            except TimeoutError:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()


def _command() -> str:
    return str(Path(sys.executable).with_name("sanh"))


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as response:  # noqa: S310 - our own server
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
