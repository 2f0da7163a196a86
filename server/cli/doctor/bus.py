"""The bus between the workers, if there is one."""

from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.cli.doctor.check import Check, without_password
from server.logs import without_secrets
from server.settings import Settings
from server.web.i18n import gettext as _

_ANSWER_SECONDS = 2.0


async def check_bus(settings: Settings) -> list[Check]:
    """Ask the bus for an answer."""
    if not settings.bus_url:
        return []
    mend = _("Khởi động Redis hoặc sửa SANH_BUS_URL; khi mất bus, quét vẫn chạy, màn hình chậm vài giây.")
    try:
        bus = Redis.from_url(settings.bus_url, socket_connect_timeout=_ANSWER_SECONDS, socket_timeout=_ANSWER_SECONDS)
        async with bus:
            await bus.ping()
    except (RedisError, OSError, ValueError) as error:
        return [Check("bus", False, without_secrets(str(error).partition("\n")[0]), mend)]
    return [Check("bus", True, without_password(settings.bus_url), mend)]
