"""The contract of every table that passes between stages, one file per stage.

The key is always the index, unique and sorted. ``check`` holds a frame to its contract.
"""

from __future__ import annotations

from hotspots.tables.areas import AREA_STATS, AREAS
from hotspots.tables.backtest import BACKTEST
from hotspots.tables.cells import CELLS
from hotspots.tables.contract import check
from hotspots.tables.evaluations import CONTROLS, EVALUATIONS
from hotspots.tables.events import EVENTS
from hotspots.tables.exposure import EARLIER, EXPOSURE
from hotspots.tables.hotspots import HOTSPOTS, MEMBERS
from hotspots.tables.incidents import COVERAGE, INCIDENTS, KEPT, LOCATED, REJECTS
from hotspots.tables.life import PAST
from hotspots.tables.near_repeats import NEAR_REPEATS
from hotspots.tables.neighbours import DISPLACEMENT, NEIGHBOURS
from hotspots.tables.outreach import CURVE, DEMAND, PLAN, PROVISION, ROTA, SITES
from hotspots.tables.quality import QUALITY
from hotspots.tables.rhythm import SEASON, TIMED, WHEN
from hotspots.tables.selections import SELECTIONS
from hotspots.tables.tensions import TENSE_HOTSPOTS, TENSION_MONTHS, TENSIONS, WARD_TENSIONS

__all__ = [
    "AREAS",
    "AREA_STATS",
    "BACKTEST",
    "CELLS",
    "CONTROLS",
    "COVERAGE",
    "CURVE",
    "DEMAND",
    "DISPLACEMENT",
    "EARLIER",
    "EVALUATIONS",
    "EVENTS",
    "EXPOSURE",
    "HOTSPOTS",
    "INCIDENTS",
    "KEPT",
    "LOCATED",
    "MEMBERS",
    "NEAR_REPEATS",
    "NEIGHBOURS",
    "PAST",
    "PLAN",
    "PROVISION",
    "QUALITY",
    "REJECTS",
    "ROTA",
    "SEASON",
    "SELECTIONS",
    "SITES",
    "TENSE_HOTSPOTS",
    "TENSIONS",
    "TENSION_MONTHS",
    "TIMED",
    "WARD_TENSIONS",
    "WHEN",
    "check",
]
