"""Tables across the border: the neighbours' hotspots near the area, and what happened around the area's own."""

from __future__ import annotations

from hotspots.tables.contract import flag, geometry, number, table, text, whole
from hotspots.tables.hotspots import CHANGES

NEIGHBOURS = table(
    "NEIGHBOURS",
    "neighbour_id",
    {
        "rank": whole(1),
        "name": text(),
        "borough": text(),
        "n": whole(1),
        "n_month": whole(0),
        "usual_low": whole(0, optional=True),
        "usual_high": whole(0, optional=True),
        "change_p": number(0, 1, optional=True),
        "change_p_adjusted": number(0, 1, optional=True),
        "change": text(*CHANGES),
        "n_in_area": whole(0),
        "grid_ref": text(optional=True),
        "easting": number(),
        "northing": number(),
        "distance_m": number(0),
        "hotspot_id": text(optional=True),
        "hotspot_distance_m": number(0, optional=True),
        "geometry": geometry("Polygon", "MultiPolygon"),
    },
)
"""``borough`` holds most of its incidents outside the area, ``n_in_area`` are those inside; ``distance_m`` is from its
ground to the area, ``hotspot_id`` and ``hotspot_distance_m`` tell the area's hotspot nearest to it."""

DISPLACEMENT = table(
    "DISPLACEMENT",
    "hotspot_id",
    {
        "n_month": whole(0),
        "others_mean": number(0, optional=True),
        "ring_n_month": whole(0),
        "ring_others_mean": number(0, optional=True),
        "ring_usual_low": whole(0, optional=True),
        "ring_usual_high": whole(0, optional=True),
        "displacement_p": number(0, 1, optional=True),
        "displacement_p_adjusted": number(0, 1, optional=True),
        "displacement": flag(),
    },
)
"""Means are those of a compared month, inside and in the ring. ``displacement_p_adjusted`` is empty where a hotspot
holds too little to tell; ``displacement`` is a hint, no proof."""
