"""The database: reachable, ours, durable, whole, and equal to what the movements say."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta

from server.cli.doctor.check import Check, database_file, is_sqlite, without_password
from server.domain.errors import DomainError
from server.domain.passes import read_pass
from server.logs import without_secrets
from server.services.clock import real_now
from server.services.keys import Keys
from server.services.recount import recount
from server.services.set_up import set_up_code
from server.settings import Settings
from server.storage import health
from server.storage.accounts import has_accounts
from server.storage.audit import verify_chain
from server.storage.database import Database, StorageUnavailableError, open_database
from server.storage.migrate import HEAD, current_revision
from server.storage.movements import last_received
from server.web.i18n import gettext as _

_DURABLE = {
    "journal_mode": "wal",
    "synchronous": "2",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
}
_DRIVER = re.compile(r"^\(\S+\) (<class '\S+'>: )?")
"""How SQLAlchemy begins a driver's sentence."""
_ANSWER_SECONDS = 5.0
_OLDEST_POSTGRES = 13
_CONNECTIONS_A_WORKER = 20
"""What a worker may open under load."""


async def check_database(settings: Settings) -> list[Check]:
    """Look at the database and everything in it; change nothing."""
    mend = _("Chạy sanh migrate; kiểm tra SANH_DATABASE_URL và máy chủ cơ sở dữ liệu.")
    if is_sqlite(settings) and not database_file(settings).exists():
        return [Check("database", False, _("chưa có %(file)s", file=database_file(settings)), mend)]
    database: Database | None = None
    try:
        database = open_database(settings.database_url)
        async with asyncio.timeout(_ANSWER_SECONDS):
            await database.read(health.answers)
            revision = await database.read(current_revision)
            has_tables = await database.read(health.has_tables)
        schema = _schema(revision, has_tables=has_tables)
        checks = [Check("database", True, without_password(settings.database_url), mend), schema]
        checks += [await check(database, settings) for check in (_INSIDE if schema.ok else _OUTSIDE)]
    except StorageUnavailableError as error:
        return [Check("database", False, error.why.partition("\n")[0], mend)]
    except TimeoutError:
        detail = _("không trả lời trong %(seconds)s giây", seconds=int(_ANSWER_SECONDS))
        return [Check("database", False, detail, mend)]
    except Exception as error:  # noqa: BLE001 - a wrong option is a TypeError, a wrong answer a ValueError: all are ills
        why = _DRIVER.sub("", str(error).partition("\n")[0]) or type(error).__name__
        return [Check("database", False, without_secrets(why), mend)]
    finally:
        if database is not None:
            await database.close()
    return checks


def _schema(revision: str | None, *, has_tables: bool) -> Check:
    mend = _("Chạy sanh migrate.")
    if revision is None and has_tables:
        mend = _("Cơ sở dữ liệu này của chương trình khác: sửa SANH_DATABASE_URL.")
    elif revision is not None and revision > HEAD:
        mend = _("Cơ sở dữ liệu mới hơn chương trình: cài bản mới của sanh, đừng chạy bản cũ trên nó.")
    return Check("migrations", revision == HEAD, f"{revision or '—'} / {HEAD}", mend)


async def _server(database: Database, _settings: Settings) -> Check:
    """PostgreSQL's version, encoding and room for connections."""
    facts = await database.read(health.server_facts)
    if facts is None:
        return Check("database_server", True, "SQLite")
    room = facts.max_connections - facts.reserved_connections
    detail = _(
        "PostgreSQL %(version)s, %(encoding)s, %(room)s kết nối, đủ cho %(workers)s tiến trình",
        version=facts.version,
        encoding=facts.encoding,
        room=room,
        workers=room // _CONNECTIONS_A_WORKER,
    )
    is_good = (
        facts.version >= _OLDEST_POSTGRES
        and facts.encoding == "UTF8"
        and room >= _CONNECTIONS_A_WORKER
        and not facts.is_read_only
    )
    mend = _("Cần PostgreSQL 13 trở lên, mã hóa UTF8, ghi được, và max_connections ít nhất 20 cho mỗi tiến trình.")
    return Check("database_server", is_good, detail, mend)


async def _durability(database: Database, _settings: Settings) -> Check:
    found = await database.read(health.durability)
    detail = ", ".join(f"{name}={value}" for name, value in found.items())
    is_good = all(_DURABLE[name] == value for name, value in found.items())
    return Check("durability", is_good, detail, _("Bật lại fsync; SQLite cần WAL và synchronous=FULL."))


async def _file(database: Database, _settings: Settings) -> Check:
    damage = await database.read(health.damage)
    return Check("database_file", damage is None, damage or _("nguyên vẹn"), _("Khôi phục bằng sanh restore TỆP."))


async def _receipts(database: Database, _settings: Settings) -> Check:
    last = await database.read(last_received)
    is_good = last is None or last <= real_now() + timedelta(minutes=2)
    detail = _("lượt quét cuối: %(at)s", at=last.isoformat() if last else "—")
    return Check("clock_of_scans", is_good, detail, _("Giờ máy chậm hơn lượt quét cuối: chỉnh giờ máy."))


async def _counts(database: Database, _settings: Settings) -> Check:
    result = await recount(database)
    differing = [*(zone for zone in result.zones if not zone.is_equal), *result.differing]
    detail = ", ".join(f"{count.id}: {count.counter} ≠ {count.recount}" for count in differing[:5])
    mend = _("Báo lỗi kèm bản sao lưu: sanh backup TỆP.")
    if not database.is_sqlite:
        mend = _("Báo lỗi kèm bản sao lưu: pg_dump.")
    return Check("recount", result.is_equal, detail or _("số đếm khớp"), mend)


async def _zones(database: Database, settings: Settings) -> Check:
    """People who are counted in zones that the space file has no more: only an exit brings them out."""
    mend = _("Đưa khu trở lại tệp không gian tới khi mọi người đã ra, hoặc chạy sanh close-day.")
    try:
        known = settings.space().zone_ids
    except DomainError:
        return Check("zones", True, "—")
    left = [
        f"{id_}: {people}" for id_, people in await database.read(health.people_by_zone) if id_ not in known and people
    ]
    return Check("zones", not left, ", ".join(left) or _("không ai ở khu đã bỏ"), mend)


async def _pass_keys(database: Database, settings: Settings) -> Check:
    """Passes that are out, and whose key is not in the secret file: a lost or replaced one."""
    mend = _("Thẻ đã phát không khớp tệp khóa: khôi phục SANH_SECRET_FILE từ bản sao lưu, hoặc phát lại thẻ.")
    texts = await database.read(health.newest_passes, real_now())
    if not texts:
        return Check("pass_keys", True, _("chưa có thẻ nào được phát"), mend)
    if not settings.secret_file.exists():
        return Check("pass_keys", False, _("%(count)s thẻ gần đây, chưa có tệp khóa", count=len(texts)), mend)
    try:
        ring = Keys(settings.secret_file).ring
    except DomainError:
        return Check("pass_keys", True, "—")
    signed = [read_pass(text) for text in texts]
    bad = sum(one is None or not ring.verify(one) for one in signed)
    detail = _("%(good)s trong %(count)s thẻ gần đây khớp tệp khóa", good=len(texts) - bad, count=len(texts))
    return Check("pass_keys", not bad, detail, mend)


async def _accounts(database: Database, settings: Settings) -> Check:
    """A house without an account, and the code with which its page makes the first one."""
    if await database.read(has_accounts):
        return Check("accounts", True, _("đã có tài khoản"))
    try:
        seal = Keys(settings.secret_file).known_sealing_key()
    except DomainError:
        seal = None
    if seal is None:
        return Check("accounts", True, _("chưa có tài khoản"), advice=_("Chạy sanh serve rồi xem lại mã thiết lập."))
    advice = _("Mở %(page)s và gõ mã này.", page=f"{settings.public_url}/staff/set-up")
    return Check(
        "accounts", True, _("chưa có tài khoản; mã thiết lập: %(code)s", code=set_up_code(seal)), advice=advice
    )


async def _audit(database: Database, _settings: Settings) -> Check:
    broken = await database.read(verify_chain)
    detail = _("nhật ký liền mạch") if broken is None else _("nhật ký đứt ở dòng %(seq)s", seq=broken)
    return Check("audit", broken is None, detail, _("Có người sửa nhật ký: so với bản sao lưu."))


_OUTSIDE: tuple[Callable[[Database, Settings], Awaitable[Check]], ...] = (_server, _durability, _file)
_INSIDE = (*_OUTSIDE, _receipts, _zones, _pass_keys, _counts, _audit, _accounts)
