"""Badges, sheets and labels as PDF: what is printed is decided here, how it looks in `templates/print/badges.typ`."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from server.domain.errors import DomainError
from server.services import badge_drawing
from server.storage import badges as storage
from server.storage.database import Database

Badge = storage.Badge
"""The facts on one badge."""

BadgeLayout = badge_drawing.BadgeLayout
Band = badge_drawing.Band
Card = badge_drawing.Card
Words = badge_drawing.Words

_ROOT = Path(__file__).parents[2]
TEMPLATE = _ROOT / "templates" / "print" / "badges.typ"
_SECONDS = 120

_press_is_free = asyncio.Semaphore(1)
_view_is_free = asyncio.Semaphore(1)


async def read_badges(database: Database, pass_ids: Sequence[str]) -> list[Badge]:
    """Return the badges of passes, in the order of the ids."""
    return await database.read(storage.read_badges, pass_ids)


async def typeset(cards: Sequence[Card], layout: BadgeLayout, words: Words) -> bytes:
    """Return the PDF, one print at a time. Takes about 3 ms a badge and 0.3 s. Raises `print_failed`."""
    content = _content(cards, layout, words)
    async with _press_is_free:
        return await _press(content)


async def picture(cards: Sequence[Card], layout: BadgeLayout, words: Words, *, dots: int = 110) -> bytes:
    """Return the first page as PNG, `dots` an inch, beside whatever is being printed. Raises `print_failed`."""
    content = _content(cards, layout, words)
    async with _view_is_free:
        return await _press(content, str(dots))


async def _press(content: bytes, *options: str) -> bytes:
    press = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server.services.press", str(TEMPLATE), *options),
        stdin=PIPE, stdout=PIPE, stderr=PIPE, cwd=_ROOT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(_SECONDS):
            document, complaint = await press.communicate(content)
    except TimeoutError as error:
        raise DomainError("print_failed", why=f"{_SECONDS} s") from error
    finally:
        if press.returncode is None:  # too slow, or nobody waits for it any more
            press.kill()
            await press.wait()
    if press.returncode != 0:
        raise DomainError("print_failed", why=complaint.decode(errors="replace")[-300:])
    return document


def _content(cards: Sequence[Card], layout: BadgeLayout, words: Words) -> bytes:
    return json.dumps({"cards": [asdict(card) for card in cards], "layout": layout, "words": asdict(words)}).encode()
