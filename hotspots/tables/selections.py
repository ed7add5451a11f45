"""What a reader of the map can choose: incidents by place, month, crime type, theme and hour."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from hotspots.tables.contract import table, text, whole

LAST_HOUR = 7 * 24 - 1

SELECTIONS = table(
    "SELECTIONS",
    "selection_no",
    {
        "location_no": whole(1),
        "lsoa_code": text(optional=True),
        "hotspot_id": text(optional=True),
        "month": pa.Column(pd.PeriodDtype("M")),
        "category": text(),
        "themes": text(),
        "hour_of_week": pa.Column(int, pa.Check.in_range(-1, LAST_HOUR)),
        "n": whole(1),
    },
    key_type=int,
)
"""Counts of incidents in focus that agree in everything else. ``hour_of_week`` is 0 for Monday 00:00 to 01:00 on the
local clock, -1 where no hour is known; ``themes`` are parted by ``|``."""
