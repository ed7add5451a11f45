"""Places that were hotspots in an earlier month and are not now."""

from __future__ import annotations

from hotspots.tables.contract import geometry, number, table, text, whole

PAST = table(
    "PAST",
    "hotspot_id",
    {
        "name": text(optional=True),
        "last_seen": text(),
        "first_seen": text(),
        "months_in_top": whole(0),
        "succeeded_by": text(optional=True),
        "n": whole(0),
        "n_month": whole(0),
        "easting": number(),
        "northing": number(),
        "geometry": geometry("Polygon", "MultiPolygon"),
    },
)
