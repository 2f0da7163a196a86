"""A scan as a kiosk sends it, read once into a typed value."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from server.domain.kiosk import DIRECTIONS, Direction
from server.domain.passes import SignedPass, read_pass

SCANS_A_CALL = 500
MOST_PEOPLE = 100_000
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_SKEW = timedelta(minutes=2)
_FIRST_YEAR = 1970


class SentScan(NamedTuple):
    """A well-formed scan. `text` is what the scanner read, `signed` the pass in it, if it is one.

    `sent_id` is the id as the kiosk writes it, `id` the same in small letters.
    """

    id: str
    text: str
    at: datetime
    direction: Direction = "auto"
    people: int | None = None
    offline: bool = False
    force: str | None = None
    reentry: bool = False
    signed: SignedPass | None = None
    sent_id: str | None = None

    @property
    def token(self) -> str:
        """Return the bare token in upper case."""
        return self.text.strip().upper()[-135:]


class MalformedScan(NamedTuple):
    """A scan that lacks or garbles a field; `id` as it was sent, if that was a text."""

    id: str | None


def read_scan(sent: Any) -> SentScan | MalformedScan:
    """Read one scan of a call; never raises."""
    if not isinstance(sent, dict):
        return MalformedScan(None)
    id_ = sent.get("id")
    if not isinstance(id_, str) or _UUID.fullmatch(id_) is None:
        return MalformedScan(id_[:64] if isinstance(id_, str) else None)
    text, at = sent.get("pass"), _time(sent.get("at"))
    direction, people = sent.get("direction", "auto"), sent.get("people")
    offline, reentry = sent.get("offline", False), sent.get("reentry", False)
    force = sent.get("force")
    is_good = (
        direction in DIRECTIONS
        and (people is None or (type(people) is int and 1 <= people <= MOST_PEOPLE))
        and isinstance(offline, bool)
        and isinstance(reentry, bool)
        and (force is None or _reason(force) is not None)
    )
    if not is_good or at is None or not isinstance(text, str):
        return MalformedScan(id_)
    reason = _reason(force) if force is not None else None
    return SentScan(id_.lower(), text, at, direction, people, offline, reason, reentry, read_pass(text), id_)


def correct_time(at: datetime, received_at: datetime, *, offset: timedelta = timedelta(0)) -> tuple[datetime, bool]:
    """Return an offline scan's time by our clock, never later than its receipt, and whether it was far off.

    `offset` is how far the device's clock was measured to be ahead of ours.
    """
    corrected = at - offset
    return min(corrected, received_at), corrected - received_at > _SKEW


def is_skewed(at: datetime, received_at: datetime) -> bool:
    """Tell whether an online scan's own time is more than two minutes off."""
    return abs(at - received_at) > _SKEW


def _time(value: Any) -> datetime | None:
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        moment = datetime.fromisoformat(value)
        # No clock says less, and there not every space's own clock can follow: its year 1 may begin a day later.
        return moment.astimezone(UTC) if moment.tzinfo and moment.year >= _FIRST_YEAR else None
    except (ValueError, OverflowError):
        return None


def _reason(force: Any) -> str | None:
    """Return why staff force a scan; None when they do not say."""
    reason = force.get("reason") if isinstance(force, dict) else None
    if not isinstance(reason, str) or "\0" in reason:
        return None
    return reason.strip()[:500] or None
