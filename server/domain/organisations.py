"""Organisations that send delegations: their spans, their successors, their tax codes."""

from dataclasses import dataclass
from datetime import date

from stdnum.exceptions import ValidationError
from stdnum.vn import mst

from server.domain.errors import DomainError


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationRecord:
    """An organisation. `successor` is the name of who follows it; `delegations` how many came or will come from it."""

    id: str
    name: str
    search_key: str
    kind: str
    tax_code: str | None
    valid_from: date | None
    valid_to: date | None
    successor_id: str | None
    successor: str | None
    merged_into: str | None
    delegations: int
    version: int

    def is_valid_on(self, day: date) -> bool:
        """Tell whether the organisation exists on a day."""
        has_begun = self.valid_from is None or self.valid_from <= day
        return has_begun and (self.valid_to is None or day <= self.valid_to)


def read_tax_code(text: str) -> str | None:
    """Return a tax code (mã số thuế) as it is kept, None for an empty one. Raise `bad_tax_code`."""
    if not text.strip():
        return None
    try:
        return str(mst.format(mst.validate(text)))
    except ValidationError as error:
        raise DomainError("bad_tax_code", tax_code=text[:40]) from error


def demand_span(valid_from: date | None, valid_to: date | None) -> None:
    """Raise `span_ends_first` when an organisation would end before it begins."""
    if valid_from is not None and valid_to is not None and valid_to < valid_from:
        raise DomainError("span_ends_first")
