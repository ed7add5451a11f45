"""Hotspot tables: which incident belongs to which hotspot, and the hotspots themselves."""

from __future__ import annotations

from hotspots.tables.contract import flag, geometry, number, table, text, whole

MEMBERS = table("MEMBERS", "incident_id", {"hotspot_id": text(optional=True)})

CHANGES = ("above", "below", "usual", "untested")

STATUSES = ("new", "intensifying", "persistent", "diminishing", "sporadic", "seen before")
"""How a place has been among the hotspots of earlier months; what is one no longer stands in PAST."""

HOTSPOTS = table(
    "HOTSPOTS",
    "hotspot_id",
    {
        "rank": whole(1),
        "name": text(),
        "n": whole(1),
        "n_month": whole(0),
        "usual_low": whole(0, optional=True),
        "usual_high": whole(0, optional=True),
        "change_p": number(0, 1, optional=True),
        "change_p_adjusted": number(0, 1, optional=True),
        "change": text(*CHANGES),
        "status": text(*STATUSES, optional=True),
        "first_seen": text(optional=True),
        "months_in_top": whole(1, optional=True),
        "trend_p": number(0, 1, optional=True),
        "trend_p_adjusted": number(0, 1, optional=True),
        "n_in_area": whole(0),
        "harm": number(0, optional=True),
        "share_of_n": number(0, 1),
        "share_of_area": number(0, 1),
        "area_ha": number(0),
        "width_m": number(0),
        "top_category": text(),
        "peak_time": text(optional=True),
        "grid_ref": text(optional=True),
        "easting": number(),
        "northing": number(),
        "lsoa_codes": text(),
        "cross_border": flag(),
        "ring_n_month": whole(0, optional=True),
        "ring_usual_low": whole(0, optional=True),
        "ring_usual_high": whole(0, optional=True),
        "displacement_p": number(0, 1, optional=True),
        "displacement_p_adjusted": number(0, 1, optional=True),
        "displacement": flag(),
        "min_incidents": whole(1),
        "n_points": whole(1),
        "geometry": geometry("Polygon", "MultiPolygon"),
    },
)
