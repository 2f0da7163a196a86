"""What the machine brings: files and their rights, disk, clock, limits, and what was installed."""

import ctypes
import os
import resource
import shutil
from datetime import UTC, datetime
from pathlib import Path

from server.cli.doctor.check import Check, database_file, existing_parent, is_sqlite
from server.domain.errors import DomainError
from server.house import assets
from server.plugin import BrokenPlugin, load_plugins
from server.services.clock import real_now
from server.services.keys import Keys
from server.settings import Settings
from server.web.frames import check_door
from server.web.i18n import gettext as _
from server.web.problems import sentence_of

_LEAST_DISK = 500 * 2**20
_LEAST_OPEN_FILES = 4096
"""A socket each for kiosks and screens; the server raises its own limit as far as the machine lets it."""
_BUILT = datetime(2026, 1, 1, tzinfo=UTC)
_CLOCK_ERROR = 5
_NETWORK_FILE_SYSTEMS = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "fuse.glusterfs")


def check_machine(settings: Settings) -> list[Check]:
    """Look at what is on this machine."""
    return [
        _secret(settings),
        _disk(settings),
        *_file_system(settings),
        _clock(),
        _open_files(),
        _assets(),
        _plugins(),
        _frames(),
    ]


def _secret(settings: Settings) -> Check:
    try:
        return _secret_file(settings.secret_file)
    except OSError as error:
        mend = _("Cấp quyền đọc %(path)s cho người chạy máy chủ.", path=settings.secret_file)
        return Check("secret_file", False, str(error), mend)


def _secret_file(path: Path) -> Check:
    if not path.exists():
        writable = os.access(existing_parent(path), os.W_OK)
        mend = _("Cấp quyền ghi thư mục của %(path)s cho người chạy máy chủ.", path=path)
        return Check("secret_file", writable, _("%(path)s sẽ được tạo khi dùng lần đầu", path=path), mend)
    status = path.stat()
    mode = status.st_mode & 0o777
    if status.st_uid != os.geteuid():
        detail = _("%(path)s thuộc về người dùng số %(owner)s", path=path, owner=status.st_uid)
        return Check(
            "secret_file", False, detail, _("Chạy sanh bằng người chạy máy chủ, hoặc chown %(path)s.", path=path)
        )
    mend = _("chmod 600 %(path)s, hoặc khôi phục tệp từ bản sao lưu.", path=path)
    try:
        count = len(Keys(path).listed())
    except DomainError as error:
        return Check("secret_file", False, sentence_of(error), mend)
    detail = _("%(path)s, quyền %(mode)s, %(count)s khóa", path=path, mode=f"{mode:o}", count=count)
    return Check("secret_file", not mode & 0o077, detail, mend)


def _disk(settings: Settings) -> Check:
    folder = existing_parent(database_file(settings))
    free = shutil.disk_usage(folder).free
    detail = _("còn trống %(free)s MiB ở %(folder)s", free=free // 2**20, folder=folder)
    is_good = free >= _LEAST_DISK and os.access(folder, os.W_OK)
    return Check("disk", is_good, detail, _("Dọn đĩa hoặc cấp quyền ghi: cần ít nhất 500 MiB."))


def _file_system(settings: Settings) -> list[Check]:
    if not is_sqlite(settings):
        return []
    kind = file_system_of(existing_parent(database_file(settings)), Path("/proc/self/mountinfo"))
    mend = _("SQLite không an toàn trên ổ mạng: chuyển tệp về đĩa của máy, hoặc dùng PostgreSQL.")
    return [Check("file_system", kind not in _NETWORK_FILE_SYSTEMS, kind or _("không rõ"), mend)]


def file_system_of(folder: Path, mounts: Path) -> str:
    """Return the kind of file system that a folder lies on, as Linux names it; empty where it cannot be known."""
    try:
        lines = mounts.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    found = {}
    for line in lines:
        before, _dash, after = line.partition(" - ")
        found[before.split()[4].replace("\\040", " ")] = after.split()[0]
    places = [str(place) for place in (folder, *folder.parents)]
    return next((found[place] for place in places if place in found), "")


def _clock() -> Check:
    now = real_now()
    advice = "" if _is_synchronised() else _("Giờ máy chưa được đồng bộ: bật NTP (chrony, systemd-timesyncd).")
    return Check("clock", now > _BUILT, now.isoformat(), _("Chỉnh giờ máy, bật đồng bộ giờ (NTP)."), advice)


def _is_synchronised() -> bool:
    """Ask the kernel whether somebody keeps its clock; where it cannot be asked, believe so."""
    try:
        # adjtimex with no mode set only reads; the structure is 208 bytes on 64-bit Linux.
        state: int = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))
    except (AttributeError, OSError):
        return True
    return state != _CLOCK_ERROR


def _open_files() -> Check:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    is_good = hard == resource.RLIM_INFINITY or hard >= _LEAST_OPEN_FILES
    mend = _("Nâng giới hạn tệp mở: LimitNOFILE=65536 trong systemd, hoặc ulimit -n; mỗi màn hình cần một.")
    return Check("open_files", is_good, str(hard), mend)


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
