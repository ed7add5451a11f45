"""The contract of every table that passes between stages, one file per stage.

The key is always the index, unique and sorted. ``check`` holds a frame to its contract.
"""

from __future__ import annotations

from hotspots.tables.areas import AREA_STATS, AREAS
from hotspots.tables.contract import check
from hotspots.tables.events import EVENTS
from hotspots.tables.hotspots import HOTSPOTS, MEMBERS
from hotspots.tables.incidents import COVERAGE, INCIDENTS, LOCATED, REJECTS
from hotspots.tables.quality import QUALITY

__all__ = [
    "AREAS",
    "AREA_STATS",
    "COVERAGE",
    "EVENTS",
    "HOTSPOTS",
    "INCIDENTS",
    "LOCATED",
    "MEMBERS",
    "QUALITY",
    "REJECTS",
    "check",
]
