"""`sanh doctor`: says what is misconfigured, missing or failing, and the mend."""

import argparse
import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from server.cli.terminal import print_json
from server.domain.errors import DomainError
from server.house import assets
from server.plugin import BrokenPlugin, load_plugins
from server.services.clock import real_now
from server.services.keys import Keys
from server.services.recount import recount
from server.settings import Settings
from server.storage import health
from server.storage.audit import verify_chain
from server.storage.database import Database, StorageUnavailableError, open_database
from server.storage.migrate import HEAD, current_revision
from server.storage.movements import last_received
from server.web.frames import check_door
from server.web.i18n import gettext as _
from server.web.problems import sentence_of

_LEAST_DISK = 500 * 2**20
_DURABLE = {"journal_mode": "wal", "synchronous": "2", "fsync": "on", "synchronous_commit": "on"}
_OF_COMMANDS = {"SANH_TOKEN"}
"""What single commands read beside the settings."""
_BUILT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `mend` says what to do when it is not well."""

    name: str
    ok: bool
    detail: str
    mend: str = ""


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
        print(f"{'✓' if check.ok else '✗'} {check.name}: {check.detail}")
        if not check.ok:
            print(f"    → {check.mend}")
    return 0 if ok else 1


async def examine() -> list[Check]:
    """Look at everything and change nothing."""
    try:
        settings = Settings()
    except ValidationError as error:
        return [Check("settings", False, str(error), _("Sửa biến môi trường hoặc tệp .env."))]
    checks = [
        _settings(settings),
        _unknown_settings(),
        _space(settings),
        _secret(settings),
        _disk(settings),
        _clock(),
        _assets(),
        _plugins(),
        _frames(),
    ]
    return [*checks, *await _database(settings)]


def _settings(settings: Settings) -> Check:
    shown = settings.model_dump(mode="json")
    detail = ", ".join(f"SANH_{name.upper()}={_without_password(str(value or ''))}" for name, value in shown.items())
    several = settings.bus_url and not settings.database_url.startswith("postgresql")
    is_good = settings.public_url.startswith(("http://", "https://")) and not several
    mend = _("SANH_PUBLIC_URL phải là địa chỉ http hoặc https; SANH_BUS_URL cần PostgreSQL trong SANH_DATABASE_URL.")
    return Check("settings", is_good, detail, mend)


def _unknown_settings() -> Check:
    known = {f"SANH_{name.upper()}" for name in Settings.model_fields} | _OF_COMMANDS
    unknown = sorted(name for name in os.environ if name.startswith("SANH_") and name not in known)
    mend = _("Sửa lỗi gõ: các cài đặt là %(names)s.", names=", ".join(sorted(known)))
    return Check("setting_names", not unknown, ", ".join(unknown) or _("không có tên lạ"), mend)


def _space(settings: Settings) -> Check:
    mend = _("Sửa tệp không gian (SANH_SPACE_FILE) theo mẫu trong tài liệu.")
    try:
        space = settings.space()
        space.local(real_now())
    except DomainError as error:
        return Check("space_file", False, sentence_of(error), mend)
    except (KeyError, ValueError, OSError) as error:
        return Check("space_file", False, f"SANH_TIMEZONE: {error}", mend)
    where = settings.space_file or _("không gian dựng sẵn")
    return Check("space_file", True, _("%(where)s, %(count)s khu", where=where, count=len(space.zones)), mend)


def _secret(settings: Settings) -> Check:
    path = settings.secret_file
    mend = _("chmod 600 %(path)s, hoặc khôi phục tệp từ bản sao lưu.", path=path)
    if not path.exists():
        writable = os.access(_existing_parent(path), os.W_OK)
        return Check("secret_file", writable, _("%(path)s sẽ được tạo khi dùng lần đầu", path=path), mend)
    mode = path.stat().st_mode & 0o777
    try:
        count = len(Keys(path).listed())
    except DomainError as error:
        return Check("secret_file", False, sentence_of(error), mend)
    detail = _("%(path)s, quyền %(mode)s, %(count)s khóa", path=path, mode=f"{mode:o}", count=count)
    return Check("secret_file", not mode & 0o077, detail, mend)


def _disk(settings: Settings) -> Check:
    folder = _existing_parent(_database_file(settings))
    free = shutil.disk_usage(folder).free
    detail = _("còn trống %(free)s MiB ở %(folder)s", free=free // 2**20, folder=folder)
    is_good = free >= _LEAST_DISK and os.access(folder, os.W_OK)
    return Check("disk", is_good, detail, _("Dọn đĩa hoặc cấp quyền ghi: cần ít nhất 500 MiB."))


def _clock() -> Check:
    now = real_now()
    return Check("clock", now > _BUILT, now.isoformat(), _("Chỉnh giờ máy, bật đồng bộ giờ (NTP)."))


def _assets() -> Check:
    missing = assets.missing()
    detail = ", ".join(missing[:5]) if missing else _("đủ tệp trong static/vendor")
    return Check("assets", not missing, detail, _("Chạy make assets; thiếu chúng trang vẫn dùng được."))


def _plugins() -> Check:
    plugins = load_plugins()
    broken = [f"{plugin.id}: {plugin.reason}" for plugin in plugins if isinstance(plugin, BrokenPlugin)]
    detail = "; ".join(broken) or ", ".join(plugin.id for plugin in plugins)
    return Check("plugins", not broken, detail, _("Sửa hoặc gỡ phần mở rộng bị hỏng."))


def _frames() -> Check:
    # A self-test against the uvicorn that is installed: its insides carry frames to many screens.
    detail = _("khung tin đi thẳng") if check_door() else _("khung tin đi đường vòng, chậm hơn")
    return Check("frames", check_door(), detail, _("Cài đúng bản uvicorn trong requirements.lock: make setup."))


async def _database(settings: Settings) -> list[Check]:
    mend = _("Chạy sanh migrate; kiểm tra SANH_DATABASE_URL và máy chủ cơ sở dữ liệu.")
    if settings.database_url.startswith("sqlite") and not _database_file(settings).exists():
        return [Check("database", False, _("chưa có %(file)s", file=_database_file(settings)), mend)]
    database = open_database(settings.database_url)
    try:
        await database.read(health.answers)
        checks = [Check("database", True, _without_password(settings.database_url), mend)]
        revision = await database.read(current_revision)
        checks.append(Check("migrations", revision == HEAD, f"{revision} / {HEAD}", _("Chạy sanh migrate.")))
        if revision == HEAD:
            checks += [await check(database) for check in _INSIDE]
    except StorageUnavailableError as error:
        return [Check("database", False, error.why, mend)]
    except (SQLAlchemyError, OSError) as error:
        return [Check("database", False, str(error).splitlines()[0], mend)]
    finally:
        await database.close()
    return checks


async def _durability(database: Database) -> Check:
    found = await database.read(health.durability)
    detail = ", ".join(f"{name}={value}" for name, value in found.items())
    is_good = all(_DURABLE[name] == value for name, value in found.items())
    return Check("durability", is_good, detail, _("Bật lại fsync; SQLite cần WAL và synchronous=FULL."))


async def _file(database: Database) -> Check:
    damage = await database.read(health.damage)
    return Check("database_file", damage is None, damage or _("nguyên vẹn"), _("Khôi phục bằng sanh restore TỆP."))


async def _receipts(database: Database) -> Check:
    last = await database.read(last_received)
    is_good = last is None or last <= real_now() + timedelta(minutes=2)
    detail = _("lượt quét cuối: %(at)s", at=last.isoformat() if last else "—")
    return Check("clock_of_scans", is_good, detail, _("Giờ máy chậm hơn lượt quét cuối: chỉnh giờ máy."))


async def _counts(database: Database) -> Check:
    result = await recount(database)
    differing = [*(zone for zone in result.zones if not zone.is_equal), *result.differing]
    detail = ", ".join(f"{count.id}: {count.counter} ≠ {count.recount}" for count in differing[:5])
    return Check("recount", result.is_equal, detail or _("số đếm khớp"), _("Báo lỗi kèm bản sao lưu: sanh backup TỆP."))


async def _audit(database: Database) -> Check:
    broken = await database.read(verify_chain)
    detail = _("nhật ký liền mạch") if broken is None else _("nhật ký đứt ở dòng %(seq)s", seq=broken)
    return Check("audit", broken is None, detail, _("Có người sửa nhật ký: so với bản sao lưu."))


_INSIDE: tuple[Callable[[Database], Awaitable[Check]], ...] = (_durability, _file, _receipts, _counts, _audit)


def _database_file(settings: Settings) -> Path:
    url = make_url(settings.database_url)
    return Path(url.database or ".") if url.get_backend_name() == "sqlite" else Path()


def _existing_parent(path: Path) -> Path:
    return next((parent for parent in path.absolute().parents if parent.exists()), Path("/"))


def _without_password(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    return f"{scheme}://…@{rest.rpartition('@')[2]}" if separator and "@" in rest else url
