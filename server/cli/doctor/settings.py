"""What the operator decided: names, shapes, and settings that do not go together."""

import os
import re
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import ValidationError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from server.cli.doctor.check import Check, is_sqlite, without_password
from server.domain.errors import DomainError
from server.services.clock import real_now
from server.settings import Settings
from server.web.i18n import gettext as _
from server.web.problems import sentence_of

_OF_COMMANDS = {"SANH_TOKEN"}
"""What single commands read beside the settings."""
_LINE = re.compile(r"^\s*(?:export\s+)?(SANH_\w+)\s*=", re.MULTILINE | re.IGNORECASE)


def check_settings(settings: Settings) -> list[Check]:
    """Look at everything that can be seen without asking anybody."""
    return [
        _listed(settings),
        _names(),
        _database_url(settings),
        _bus_url(settings),
        _public_url(settings),
        _smtp_url(settings),
        _space(settings),
    ]


def unusable(error: ValidationError) -> Check:
    """Say which settings have a value that they cannot have; the value itself may be a password."""
    wrong = [f"SANH_{str(entry['loc'][0]).upper()}: {entry['msg']}" for entry in error.errors() if entry["loc"]]
    return Check("settings", False, "; ".join(wrong), _("Sửa biến môi trường hoặc tệp .env."))


def _listed(settings: Settings) -> Check:
    # Whether a secret is set may be read, never what it is.
    shown = {
        name: "…" if name.endswith("_secret") and value else value
        for name, value in settings.model_dump(mode="json").items()
    }
    detail = ", ".join(f"SANH_{name.upper()}={_shown(name, str(value or ''))}" for name, value in shown.items())
    return Check("settings", True, detail)


def _shown(name: str, value: str) -> str:
    """Return a setting as it may be shown: no secret, and of a hook only the place, its path often is a key."""
    if value and name.endswith("_secret"):
        return "…"
    if name == "message_hook_url" and value:
        return re.sub(r"^(\w+://)?(?:[^/@]*@)?([^/?#]*).*", r"\1\2/…", value, flags=re.DOTALL)
    return without_password(value)


def _names() -> Check:
    known = {f"SANH_{name.upper()}" for name in Settings.model_fields} | _OF_COMMANDS
    unknown = sorted(
        name for name in {*os.environ, *_names_in_file()} if name.startswith("SANH_") and name not in known
    )
    mend = _("Sửa lỗi gõ: các cài đặt là %(names)s.", names=", ".join(sorted(known)))
    return Check("setting_names", not unknown, ", ".join(unknown) or _("không có tên lạ"), mend)


def _names_in_file() -> list[str]:
    try:
        return [name.upper() for name in _LINE.findall(Path(".env").read_text("utf-8"))]
    except (OSError, UnicodeDecodeError):
        return []


def _database_url(settings: Settings) -> Check:
    mend = _("SANH_DATABASE_URL phải là sqlite:///đường/dẫn hoặc postgresql://người@máy/tên.")
    try:
        url = make_url(settings.database_url)
    except ArgumentError:
        return Check("database_url", False, _("không đọc được"), mend)
    backend = url.get_backend_name()
    is_good = bool(url.database) and backend in ("sqlite", "postgresql") and url.database != ":memory:"
    advice = ""
    if backend == "sqlite" and url.database and not Path(url.database).is_absolute():
        advice = _("Đường dẫn tương đối tùy nơi khởi động; trên máy chủ nên dùng đường dẫn tuyệt đối.")
    return Check("database_url", is_good, f"{backend}, {url.database or '—'}", mend, advice)


def _bus_url(settings: Settings) -> Check:
    url = settings.bus_url
    if not url:
        return Check("bus_url", True, _("không dùng bus: một tiến trình"))
    is_good = urlsplit(url).scheme in ("redis", "rediss", "unix") and not is_sqlite(settings)
    mend = _("SANH_BUS_URL phải là redis://… và cần PostgreSQL; với SQLite hãy để trống và chạy một tiến trình.")
    return Check("bus_url", is_good, without_password(url), mend)


def _public_url(settings: Settings) -> Check:
    parts = urlsplit(settings.public_url)
    is_local = _is_local(parts.hostname or "")
    has_shape = parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.query or parts.fragment)
    if not has_shape:
        mend = _("SANH_PUBLIC_URL phải là địa chỉ http hoặc https, ví dụ https://sanh.example.vn.")
        return Check("public_url", False, settings.public_url, mend)
    if parts.scheme == "http" and not is_local:
        mend = _("Dùng https: trình duyệt chỉ mở camera của kiosk trên https. Đặt nginx phía trước.")
        return Check("public_url", False, settings.public_url, mend)
    advice = _("Chỉ máy này mở được địa chỉ trên mã QR; đặt SANH_PUBLIC_URL trước khi in thẻ.") if is_local else ""
    return Check("public_url", True, settings.public_url, advice=advice)


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _smtp_url(settings: Settings) -> Check:
    url = settings.smtp_url
    if not url:
        return Check("smtp_url", True, _("chưa gửi thư"))
    mend = _("SANH_SMTP_URL phải có dạng smtp://người:…@máy:cổng hoặc smtps://….")
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and (parts.port or 25) > 0
    except ValueError:
        is_good = False
    return Check("smtp_url", is_good, without_password(url), mend)


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
