"""The community tension log: what agencies report, the level of each ward, and its months.

**Partner tier and above only.** None of these tables may enter anything public: they tell how a neighbourhood is seen,
and that few reports of a small place can be traced to those who made them. They hold wards and agencies, never an
address or a person.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pandera.pandas as pa

from hotspots.tables.contract import day, flag, table, text, whole

PARTNERS = "For partners of the meeting only: not to be published."
"""The handling of whatever shows these tables."""
EEP = ("experienced", "evidenced", "potential")
"""How information on tension is graded in Britain: people felt it, there is evidence, or it may come."""
LEVELS = 6
"""Levels of tension, 1 to 6; which end is the worst is a setting."""


def _level(*, optional: bool = False) -> pa.Column:
    kind = pd.Int64Dtype() if optional else np.int64
    return pa.Column(kind, [pa.Check.in_range(1, LEVELS)], nullable=optional)


TENSIONS = table(
    "TENSIONS",
    "tension_id",
    {
        "reported_on": pa.Column(None, day().checks),
        "source": text(),
        "eep": text(*EEP),
        "level": _level(),
        "theme": text(),
        "ward": text(),
        "summary": text(),
        "response": text(optional=True),
        "review_on": day(),
        "reviewed_on": day(),
        "reviewed_by": text(optional=True),
    },
)
"""Partner tier and above only. ``source`` is an agency, ``ward`` a ward or the name of an area. ``review_on`` is the
day of the next review; an entry that was reviewed (``reviewed_on``) and has none is closed."""

WARD_TENSIONS = table(
    "WARD_TENSIONS",
    "ward",
    {
        "level": _level(optional=True),
        "n_current": whole(0),
        "level_before": _level(optional=True),
        "n_before": whole(0),
        "risen": flag(),
        "n_overdue": whole(0),
        "level_overdue": _level(optional=True),
        "n": whole(1),
        "last_reported_on": pa.Column(None, day().checks),
    },
)
"""Partner tier and above only. One row a ward with a report so far. ``level`` is the most tense among its ``n_current``
current entries, empty where there are none; ``level_before`` and ``n_before`` are the same three months earlier.
Entries past their review do not count: ``n_overdue`` says how many there are, ``level_overdue`` how tense. ``n`` is all
reports so far."""

TENSION_MONTHS = table(
    "TENSION_MONTHS",
    "row_no",
    {"ward": text(), "month": pa.Column(pd.PeriodDtype("M")), "n": whole(0), "level": _level(optional=True)},
    key_type=int,
)
"""Partner tier and above only. Reports of each ward and month, months without any kept, and the most tense level of the
reports of that month."""

TENSE_HOTSPOTS = table(
    "TENSE_HOTSPOTS",
    "row_no",
    {"hotspot_id": text(), "ward": text(), "level": _level(), "level_before": _level(optional=True)},
    key_type=int,
)
"""Partner tier and above only. Hotspots on the ground of a ward that has risen."""
