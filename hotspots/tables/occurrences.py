"""The table of what happens when: every event of a period, a recurring one once for each of its dates."""

from __future__ import annotations

from hotspots.tables.contract import geometry, moment, table, text, whole
from hotspots.tables.events import RISKS

OCCURRENCES = table(
    "OCCURRENCES",
    "occurrence_id",
    {
        "event_id": text(),
        "title": text(),
        "kind": text(),
        "status": text(),
        "starts_at": moment(),
        "ends_at": moment(),
        "dispersal_at": moment(),
        "risk": text(*RISKS, optional=True),
        "expected_attendance": whole(0, optional=True),
        "geometry": geometry(
            *("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"), optional=True
        ),
    },
)
"""``occurrence_id`` is ``event_id``, ``@`` and the local start as ``20250504T1000``. Times are Europe/London;
``starts_at`` is never empty."""
