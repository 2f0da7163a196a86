"""Admission: may this pass go through this gate?

Pure functions of the scan, the standings, the kiosk, the counts and the time.

`decide` answers a scan, `apply` brings the answer into the world; `model` holds the words.
"""

from server.domain.admission.apply import apply
from server.domain.admission.decide import decide
from server.domain.admission.model import (
    NOT_REMEMBERED,
    Answer,
    Code,
    Decision,
    Effect,
    Group,
    Last,
    PassFacts,
    QueueNumber,
    QueuePlace,
    Scan,
    Standing,
    World,
    ZoneCount,
)
from server.domain.admission.queue import call_next

__all__ = [
    "NOT_REMEMBERED",
    "Answer",
    "Code",
    "Decision",
    "Effect",
    "Group",
    "Last",
    "PassFacts",
    "QueueNumber",
    "QueuePlace",
    "Scan",
    "Standing",
    "World",
    "ZoneCount",
    "apply",
    "call_next",
    "decide",
]
