"""Who comes on a simulated day, where they can go, and the kiosks that they pass on the way."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Literal

Direction = Literal["auto", "in", "out"]
Span = tuple[time, time]


@dataclass(frozen=True, slots=True)
class Guest:
    """One person with a pass of their own."""

    id: str
    pass_text: str


@dataclass(frozen=True, slots=True)
class Party:
    """A delegation as the simulator sees it. `covers` is the headcount of its pass; `slot` is local."""

    code: str
    slot: time | None
    covers: int
    guests: tuple[Guest, ...] = ()
    pass_text: str = ""
    kind: str = "other"
    interest: str = ""
    lunch_on_site: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A zone of the space. The first place of a list is the lobby."""

    id: str
    name: str
    capacity: int


@dataclass(frozen=True, slots=True)
class Post:
    """A kiosk to be paired: its key within the plan, and how it is set."""

    key: str
    zone: str
    role: str
    direction: Direction
    inner: bool


@dataclass(frozen=True, slots=True)
class Hours:
    """The opening hours of the simulated day, in the space's time zone."""

    day: date
    zone: tzinfo
    spans: tuple[Span, ...] = ((time(7, 30), time(17, 0)),)

    def at(self, clock: time) -> datetime:
        """Return a local time of the day as a moment."""
        return datetime.combine(self.day, clock, self.zone)

    @property
    def opens(self) -> datetime:
        return self.at(self.spans[0][0])

    @property
    def closes(self) -> datetime:
        return self.at(self.spans[-1][1])

    def span_of(self, moment: datetime) -> tuple[datetime, datetime]:
        """Return the opening span in which a moment lies, else the next one, else the last."""
        spans = [(self.at(opens), self.at(closes)) for opens, closes in self.spans]
        return next((span for span in spans if moment < span[1]), spans[-1])

    def span_after(self, moment: datetime) -> tuple[datetime, datetime] | None:
        """Return the first opening span that begins after a moment."""
        spans = [(self.at(opens), self.at(closes)) for opens, closes in self.spans]
        return next((span for span in spans if span[0] > moment), None)


class Step(StrEnum):
    """What a person means to do at a kiosk."""

    ENTER = "enter"
    GO = "go"
    LEAVE = "leave"
    MISTAKE = "mistake"  # a scan at the wrong gate; whatever is answered, nothing follows from it
    FORGET = "forget"  # walks out without holding the badge up
    FOLLOW = "follow"  # walks out with the group, whose scan counts everyone


@dataclass(frozen=True, slots=True)
class Intention:
    """One thing that somebody means to do at a time.

    `actor` is who does it: a guest, a group on one pass, or a part of one; `people` goes with a delegation's
    pass. `twice` holds the badge up a second time.
    """

    at: datetime
    actor: str
    party: str
    step: Step
    post: str
    zone: str
    pass_text: str
    people: int | None = None
    twice: bool = False

    @property
    def is_scanned(self) -> bool:
        return self.step not in (Step.FORGET, Step.FOLLOW)

    @property
    def is_exit(self) -> bool:
        return self.step in (Step.LEAVE, Step.FORGET, Step.FOLLOW)


@dataclass(frozen=True, slots=True)
class Outage:
    """A kiosk that is without network from `start` for `length`."""

    post: str
    start: datetime
    length: timedelta


@dataclass(frozen=True, slots=True)
class Plan:
    """A day as it is meant to go: intentions and outages in the order of their time."""

    intentions: tuple[Intention, ...]
    outages: tuple[Outage, ...]
