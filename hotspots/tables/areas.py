"""Area tables: the LSOA layer, and what the month says of each LSOA."""

from __future__ import annotations

import pandera.pandas as pa

from hotspots.tables.contract import geometry, number, table, text, whole
from hotspots.tables.hotspots import CHANGES
from hotspots.tables.incidents import ZONES

LABELS = ("hot", "cold", "none")
MORAN_LABELS = ("high-high", "low-low", "high-low", "low-high", "none")
"""The place itself, then its neighbours."""

_POLYGON = geometry("Polygon", "MultiPolygon")

AREAS = table(
    "AREAS",
    "lsoa_code",
    {
        "lsoa_name": text(),
        "borough": text(),
        "district_code": text(optional=True),
        "ward": text(optional=True),
        "force": text(optional=True),
        "vintage": pa.Column(int, pa.Check.isin([2011, 2021])),
        "population": number(0, optional=True),
        "area_km2": number(0),
        "zone": text(*ZONES),
        "geometry": _POLYGON,
    },
)

AREA_STATS = table(
    "AREA_STATS",
    "lsoa_code",
    {
        "lsoa_name": text(),
        "borough": text(),
        "zone": text(*ZONES),
        "force": text(optional=True),
        "months_covered": whole(0),
        "n": whole(0, optional=True),
        "n_month": whole(0, optional=True),
        "n_previous": whole(0, optional=True),
        "n_last_year": whole(0, optional=True),
        "harm": number(0, optional=True),
        "population": number(0, optional=True),
        "area_km2": number(0),
        "rate_per_km2": number(0, optional=True),
        "rate_per_1000": number(0, optional=True),
        "map_class": whole(1, optional=True),
        "map_class_per_1000": whole(1, optional=True),
        "gi_z": number(optional=True),
        "p_value": number(0, 1, optional=True),
        "p_adjusted": number(0, 1, optional=True),
        "label": text(*LABELS, optional=True),
        "moran_i": number(optional=True),
        "moran_p": number(0, 1, optional=True),
        "moran_p_adjusted": number(0, 1, optional=True),
        "moran_label": text(*MORAN_LABELS, optional=True),
        "usual_low": whole(0, optional=True),
        "usual_high": whole(0, optional=True),
        "change_p": number(0, 1, optional=True),
        "change_p_adjusted": number(0, 1, optional=True),
        "change_e_p": number(0, 1, optional=True),
        "change": text(*CHANGES),
        "previous_p": number(0, 1, optional=True),
        "previous_p_adjusted": number(0, 1, optional=True),
        "previous_e_p": number(0, 1, optional=True),
        "last_year_p": number(0, 1, optional=True),
        "last_year_p_adjusted": number(0, 1, optional=True),
        "last_year_e_p": number(0, 1, optional=True),
        "geometry": _POLYGON,
    },
)
