"""The staff's roles, and what each may do."""

from enum import StrEnum


class Role(StrEnum):
    ADMINISTRATOR = "administrator"
    ORGANIZER = "organizer"
    RECEPTION = "reception"
    GUIDE = "guide"
    EXHIBITOR = "exhibitor"


class Right(StrEnum):
    """One thing that may be allowed. Names of people are personal data and have a right of their own."""

    READ_DELEGATIONS = "read_delegations"
    EDIT_DELEGATIONS = "edit_delegations"
    READ_VISITORS = "read_visitors"
    EDIT_VISITORS = "edit_visitors"
    ERASE_VISITORS = "erase_visitors"
    CHECK_IN = "check_in"
    CLOSE_CASES = "close_cases"
    READ_PASSES = "read_passes"
    ISSUE_PASSES = "issue_passes"
    READ_DEVICES = "read_devices"
    PAIR_DEVICES = "pair_devices"
    IMPORT = "import"
    READ_REPORTS = "read_reports"
    READ_ROLL_CALL = "read_roll_call"
    READ_AUDIT = "read_audit"
    OPEN_DAY = "open_day"
    MANAGE_ACCOUNTS = "manage_accounts"


_EVERYBODY = frozenset({Right.READ_DELEGATIONS, Right.READ_ROLL_CALL})
_GUIDE = _EVERYBODY | {Right.READ_VISITORS, Right.CHECK_IN, Right.READ_PASSES}
_RECEPTION = _GUIDE | {
    Right.EDIT_DELEGATIONS,
    Right.EDIT_VISITORS,
    Right.ISSUE_PASSES,
    Right.CLOSE_CASES,
    Right.IMPORT,
    Right.READ_DEVICES,
    Right.PAIR_DEVICES,
}
_ORGANIZER = _RECEPTION | {
    Right.ERASE_VISITORS,
    Right.READ_REPORTS,
    Right.READ_AUDIT,
    Right.OPEN_DAY,
}

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.EXHIBITOR: _EVERYBODY,
    Role.GUIDE: _GUIDE,
    Role.RECEPTION: _RECEPTION,
    Role.ORGANIZER: _ORGANIZER,
    Role.ADMINISTRATOR: frozenset(Right),
}
