"""The process that reads one untrusted file: content on standard input, JSON lines on standard output, then it ends.

Lines: `{"sheet", "hidden", "merged"}`, `{"rows": […]}` as often as needed, `{"end": true}`; or `{"error": code}`.
"""

import io
import os
import resource
import sys
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import IO, Any

from server.services.workbook_limits import (
    CPU_SECONDS,
    MEMORY_BYTES,
    MOST_BYTES,
    MOST_CELL,
    MOST_COLUMNS,
    MOST_ROWS,
    MOST_TEXT,
    SPARE_ROWS,
    Refused,
)

CHUNK = 500
CHUNK_SIZE = 1_000_000

_ERROR_TEXTS = frozenset({"#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"})


def main() -> int:
    """Read the file, write what it holds. The exit code says nothing: the last line does."""
    _limit()
    # Whatever a library prints goes elsewhere: only our lines are on the answer's pipe.
    answers = os.fdopen(os.dup(1), "wb", buffering=1 << 16)
    os.dup2(2, 1)
    try:
        content = sys.stdin.buffer.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise Refused("file_too_large")
        size = 0
        for line in _read(content):
            size += _write(answers, line)
            if size > MOST_TEXT:
                raise Refused("file_too_demanding")
        _write(answers, {"end": True})
    except Refused as refused:
        _write(answers, {"error": refused.code})
    except MemoryError:
        _write(answers, {"error": "file_too_demanding"})
    except BaseException:  # noqa: BLE001  a panic of the reader is no Exception, and is the file's fault as well
        _write(answers, {"error": "broken_file"})
    answers.flush()
    return 0


def _limit() -> None:
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        hard = resource.getrlimit(what)[1]
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _write(answers: IO[bytes], line: dict[str, Any]) -> int:
    import orjson

    return answers.write(orjson.dumps(line) + b"\n")


def _read(content: bytes) -> Iterator[dict[str, Any]]:
    from server.services.workbook_types import tell_type

    kind = tell_type(content)
    if kind == "text":
        yield from _read_text(content)
    else:
        yield from _read_sheets(content, kind)


def _read_text(content: bytes) -> Iterator[dict[str, Any]]:
    from server.services.workbook_text import read_text

    yield {"sheet": "", "hidden": False, "merged": []}
    yield from _rows(read_text(content), {})


def _read_sheets(content: bytes, kind: str) -> Iterator[dict[str, Any]]:
    import python_calamine

    from server.services.workbook_formulas import cells_without_value

    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        missing = cells_without_value(content, kind)
        count = 0
        for place, about in enumerate(workbook.sheets_metadata):
            if about.typ != python_calamine.SheetTypeEnum.WorkSheet:
                continue
            sheet = workbook.get_sheet_by_index(place)
            merged = [[a, b, c, d] for (a, b), (c, d) in (sheet.merged_cell_ranges or [])[:50_000]]
            is_hidden = about.visible != python_calamine.SheetVisibleEnum.Visible
            yield {"sheet": about.name, "hidden": is_hidden, "merged": merged}
            for line in _rows(_placed(sheet), missing.get(about.name, {}), count):
                count += line.pop("filled")
                yield line
    except python_calamine.PasswordError as error:
        raise Refused("encrypted_file") from error
    except python_calamine.CalamineError as error:
        raise Refused("broken_file") from error


def _placed(sheet: Any) -> Iterator[list[Any]]:
    """Give the rows from the sheet's own first row and column, wherever its content begins."""
    if sheet.start is None:
        return
    top, left = sheet.start
    if top > 2_000_000 or left > 20_000:
        raise Refused("broken_file")
    for _ in range(top):
        yield []
    for row in sheet.to_python(skip_empty_area=True):
        yield [None] * left + row


def _rows(
    rows: Iterable[list[Any]], missing: dict[tuple[int, int], tuple[str, str]], before: int = 0
) -> Iterator[dict[str, Any]]:
    """Give the rows by the hundreds, empty ones at the end left out. Too many filled rows are refused."""
    chunk: list[list[Any]] = []
    waiting = filled = size = 0
    by_row: dict[int, list[tuple[int, tuple[str, str]]]] = {}
    for (place, column), why in missing.items():
        by_row.setdefault(place, []).append((column, why))
    for index, row in enumerate(rows):
        cells = [_cell(cell) for cell in row[:MOST_COLUMNS]]
        for column, (tag, text) in by_row.get(index, ()):
            if column < MOST_COLUMNS:
                cells.extend([None] * (column + 1 - len(cells)))
                cells[column] = {tag: text}
        while cells and cells[-1] is None:
            cells.pop()
        if not cells:
            waiting += 1
            continue
        filled += 1
        if before + filled > MOST_ROWS + SPARE_ROWS:
            raise Refused("too_many_rows")
        while waiting:
            chunk.extend([[]] * min(waiting, CHUNK))
            waiting -= min(waiting, CHUNK)
            if len(chunk) >= CHUNK:
                yield {"rows": chunk, "filled": 0}
                chunk = []
        chunk.append(cells)
        size += sum(len(cell) for cell in cells if isinstance(cell, str))
        if len(chunk) >= CHUNK or size > CHUNK_SIZE:
            yield {"rows": chunk, "filled": filled}
            before, filled, size, chunk = before + filled, 0, 0, []
    if chunk:
        yield {"rows": chunk, "filled": filled}


def _cell(cell: Any) -> Any:
    if cell is None or cell == "":
        return None
    if isinstance(cell, str):
        cell = cell[:MOST_CELL]
        if cell in _ERROR_TEXTS or cell.startswith("Err:5"):
            return {"e": cell}
        return cell.encode("utf-8", "replace").decode() if not cell.isascii() else cell
    if isinstance(cell, bool | int):
        return cell
    if isinstance(cell, float):
        return cell if abs(cell) < 1e300 else {"e": "#NUM!"}
    if isinstance(cell, datetime):
        return {"m": cell.replace(microsecond=0).isoformat()}
    if isinstance(cell, date):
        return {"d": cell.isoformat()}
    if isinstance(cell, time):
        return {"t": cell.replace(microsecond=0).isoformat()}
    if isinstance(cell, timedelta):
        return cell / timedelta(days=1)
    return str(cell)


if __name__ == "__main__":
    sys.exit(main())
