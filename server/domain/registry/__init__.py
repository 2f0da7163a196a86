"""An office's sheet → typed rows: pure, knows no file format and no database.

`read_sheet(sheet)` finds the header, proposes what each column means and reads every row; `read_sheet(sheet, layout=…)`
reads the same rows with columns that a person has corrected.
"""

from server.domain.registry.cells import Cell, NoValue
from server.domain.registry.corrections import Corrections, check_line
from server.domain.registry.groups import Group, Known, Placed, build_groups, codes_named
from server.domain.registry.layout import find_layout
from server.domain.registry.model import DelegationRow, Field, Finding, Layout, MemberRow, Sheet, SheetReading
from server.domain.registry.reading import read_sheet
from server.domain.registry.words import guess_kind

__all__ = [
    "Cell",
    "Corrections",
    "DelegationRow",
    "Field",
    "Finding",
    "Group",
    "Known",
    "Layout",
    "MemberRow",
    "NoValue",
    "Placed",
    "Sheet",
    "SheetReading",
    "build_groups",
    "check_line",
    "codes_named",
    "find_layout",
    "guess_kind",
    "read_sheet",
]
