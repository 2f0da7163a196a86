"""The one door by which a list leaves as a file: `?format=xlsx|csv` on the list's own address, with its own filters.

    if wants_table(request):
        return await table_response(request, "cases", [_("Mã"), _("Loại"), …], pages)

`pages` yields lists of rows, read page by page. A cell is a text, a number, a date, a moment or None; formulas are
disarmed here, moments shown on the space's clock, and who took how many rows is in the audit log.
"""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from server.domain.errors import DomainError
from server.services.desk import Desk
from server.services.exports import Listing, export_list
from server.services.sheets import Row
from server.web.auth import principal_of
from server.web.templating import house_of

MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
_CHUNK = 256 * 1024
_MOST_FIELDS = 20
# A large workbook takes seconds of one core: they are made one after another.
_one_at_a_time = asyncio.Semaphore(1)


def wants_table(request: Request) -> bool:
    """Tell whether a list is asked for as a file. Raise `unknown_format` for a format that there is not."""
    wish = request.query_params.get("format")
    if wish is not None and wish not in MEDIA_TYPES:
        raise DomainError("unknown_format")
    return wish is not None


async def table_response(
    request: Request, name: str, columns: Sequence[str], pages: AsyncIterator[Sequence[Row]]
) -> Response:
    """Answer a list as the file that `?format=` asks for, named by the list and the day."""
    return await listing_response(request, Listing(name, columns, pages), request.query_params["format"])


async def listing_response(request: Request, listing: Listing, format_: str) -> Response:
    """Answer a list as a file of a format of `MEDIA_TYPES`. Raise `unknown_format`."""
    if format_ not in MEDIA_TYPES:
        raise DomainError("unknown_format")
    house = house_of(request)
    desk = Desk(house.database, house.space, (await principal_of(request)).actor, house.clock.now())
    fields = [key for key, value in request.query_params.items() if value and key != "format"]
    narrowed_by = [key for key in fields[:_MOST_FIELDS] if key.isascii() and key.isidentifier() and len(key) < 30]
    async with _one_at_a_time:
        with await asyncio.to_thread(_Draft, f".{format_}") as draft:
            await export_list(desk, listing, draft.path, narrowed_by=narrowed_by)
            file = await asyncio.to_thread(draft.path.open, "rb")
    day = house.space.local(house.clock.now()).date()
    headers = {
        "Content-Disposition": f'attachment; filename="sanh-{listing.name}-{day}.{format_}"',
        "Content-Length": str(os.fstat(file.fileno()).st_size),
        "Cache-Control": "no-store",
    }

    async def chunks() -> AsyncIterator[bytes]:
        with file:
            while chunk := await asyncio.to_thread(file.read, _CHUNK):
                yield chunk

    return StreamingResponse(chunks(), headers=headers, media_type=MEDIA_TYPES[format_])


class _Draft:
    """A file that is gone when it is left; who has opened it reads on."""

    def __init__(self, suffix: str) -> None:
        handle, made = tempfile.mkstemp(suffix=suffix, prefix="sanh-")
        os.close(handle)
        self.path = Path(made)

    def __enter__(self) -> "_Draft":
        return self

    def __exit__(self, *_: object) -> None:
        self.path.unlink()


async def one_page(rows: Sequence[Row]) -> AsyncIterator[Sequence[Row]]:
    """Return rows that are all at hand as the pages that a table is made of."""
    yield rows
