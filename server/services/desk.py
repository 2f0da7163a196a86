"""Who changes the register, from where, and when: what every change of a record is told."""

from dataclasses import dataclass
from datetime import datetime

from server.domain.space import Space
from server.storage.audit import Entry
from server.storage.database import Database


@dataclass(frozen=True, slots=True)
class Desk:
    """One change's surroundings; `actor` goes into the audit log."""

    database: Database
    space: Space
    actor: str
    at: datetime

    def entry(
        self,
        action: str,
        subject: str,
        *,
        before: dict[str, object] | None = None,
        after: dict[str, object] | None = None,
    ) -> Entry:
        """Return the audit line of a change."""
        return Entry(self.at, self.actor, action, subject, before, after)
