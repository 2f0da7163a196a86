"""The doors by which messages leave: the mail server answers, the hook is an address, the folder can be written."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from server.cli.doctor.check import Check, existing_parent, without_password
from server.logs import without_secrets
from server.services.message_doors import knock
from server.settings import Settings
from server.web.i18n import gettext as _


async def check_messages(settings: Settings) -> list[Check]:
    """Look at every door; send nothing."""
    return [await _mail_server(settings.smtp_url), _hook(settings), _folder(settings.message_folder)]


async def _mail_server(url: str) -> Check:
    if not url:
        return Check("mail_server", True, _("bỏ qua: chưa đặt SANH_SMTP_URL"))
    mend = _("Kiểm tra SANH_SMTP_URL, tường lửa và mật khẩu thư; thư nằm chờ và được gửi lại, không mất.")
    try:
        await knock(url)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a server outside, its sentence is the finding
        words = str(error).partition("\n")[0] or type(error).__name__
        return Check("mail_server", False, without_secrets(words), mend)
    return Check("mail_server", True, without_password(url), mend)


def _hook(settings: Settings) -> Check:
    url = settings.message_hook_url
    if not url:
        return Check("message_hook", True, _("bỏ qua: chưa đặt SANH_MESSAGE_HOOK_URL"))
    mend = _("SANH_MESSAGE_HOOK_URL phải là địa chỉ http hoặc https.")
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 80) > 0
    except ValueError:
        return Check("message_hook", False, _("không đọc được"), mend)
    advice = "" if settings.message_hook_secret else _("Đặt SANH_MESSAGE_HOOK_SECRET để bên nhận biết tin là của mình.")
    # A service's address often is its password: only the place is shown.
    return Check("message_hook", is_good, f"{parts.scheme}://{parts.hostname or '—'}", mend, advice)


def _folder(folder: Path | None) -> Check:
    if folder is None:
        return Check("message_folder", True, _("bỏ qua: chưa đặt SANH_MESSAGE_FOLDER"))
    mend = _("Cấp quyền ghi %(path)s cho người chạy máy chủ.", path=folder)
    place = folder if folder.exists() else existing_parent(folder)
    is_good = place.is_dir() and os.access(place, os.W_OK | os.X_OK)
    return Check("message_folder", is_good, str(folder), mend)
