"""The events tracker's table."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from hotspots.tables.contract import geometry, table, text

RISKS = ("low", "medium", "high")

_LONDON = pd.DatetimeTZDtype("us", "Europe/London")

EVENTS = table(
    "EVENTS",
    "event_id",
    {
        "title": text(),
        "kind": text(),
        "status": text(),
        "starts_at": pa.Column(_LONDON),
        "ends_at": pa.Column(_LONDON, nullable=True),
        "risk": text(*RISKS, optional=True),
        "notes": text(optional=True),
        "geometry": geometry("Point", optional=True),
    },
)
