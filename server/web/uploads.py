"""Files that a form brings: parsed to disk as they come, and given on in pieces."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from server.domain.errors import DomainError

_PIECE = 128 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was sent, and the texts beside it."""

    name: str
    file: UploadFile
    fields: dict[str, str]

    async def pieces(self) -> AsyncIterator[bytes]:
        """Give the file's content in pieces."""
        while piece := await self.file.read(_PIECE):
            yield piece


@asynccontextmanager
async def open_upload(request: Request, field: str) -> AsyncIterator[Upload]:
    """Read a multipart form with a file. Raise `unsupported_media_type`, `bad_request`, `file_not_sent`."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "multipart/form-data":
        raise DomainError("unsupported_media_type", expected="multipart/form-data")
    try:
        form = await request.form(max_files=1, max_fields=10)
    except (UnicodeError, MultiPartException, HTTPException, ValueError) as error:
        # A form may name any codec, and some refuse what is no work of theirs.
        raise DomainError("bad_request") from error
    try:
        file = form.get(field)
        if not isinstance(file, UploadFile) or not file.filename:
            raise DomainError("file_not_sent")
        name = file.filename.encode("utf-8", "replace").decode().replace("\x00", "")
        texts = {key: value.replace("\x00", "") for key, value in form.items() if isinstance(value, str)}
        yield Upload(name, file, texts)
    finally:
        await form.close()
