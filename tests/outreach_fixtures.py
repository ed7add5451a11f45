"""A small town for the plans of an outreach bus: incidents, LSOAs with wards, two hotspots, sites."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.pipeline.bus_ground import BusGround
from hotspots.tables import HOTSPOTS, KEPT, SITES, check
from hotspots.tables.events import events_table

EPSG = 27700
X, Y = 548_000.0, 175_000.0
MONTHS = pd.period_range("2023-01", "2023-12", freq="M")
ASB = "Anti-social behaviour"

_HOTSPOT = {
    "n": 20,
    "n_month": 2,
    "change": "usual",
    "n_in_area": 20,
    "share_of_n": 0.1,
    "share_of_area": 0.01,
    "area_ha": 3.0,
    "width_m": 200.0,
    "top_category": ASB,
    "cross_border": False,
    "displacement": False,
    "min_incidents": 2,
    "n_points": 3,
}
_NUMBERS = ("change_p", "change_p_adjusted", "trend_p", "trend_p_adjusted", "harm", "displacement_p")
_WHOLES = ("usual_low", "usual_high", "months_in_top", "ring_n_month", "ring_usual_low", "ring_usual_high")
_TEXTS = ("status", "first_seen", "peak_time", "grid_ref")


def hotspots(*places):
    """HOTSPOTS of 100 m around places given in metres from the town's corner."""
    rows = len(places)
    ids = [f"H{number}" for number in range(1, rows + 1)]
    columns = {name: [value] * rows for name, value in _HOTSPOT.items()}
    columns |= {"rank": list(range(1, rows + 1)), "name": [f"H{at:02d} Place {at}" for at in range(1, rows + 1)]}
    columns |= {
        "easting": [X + x for x, _ in places],
        "northing": [Y + y for _, y in places],
        "lsoa_codes": [""] * rows,
    }
    frame = pd.DataFrame(columns)
    for name in (*_NUMBERS, "displacement_p_adjusted"):
        frame[name] = np.nan
    for name in _WHOLES:
        frame[name] = pd.array([None] * rows, dtype="Int64")
    for name in _TEXTS:
        frame[name] = pd.Series([None] * rows, dtype="str")
    shapes = [shapely.Point(X + x, Y + y).buffer(100) for x, y in places]
    made = gpd.GeoDataFrame(frame, geometry=shapes, crs=EPSG)
    made.index = pd.Index(ids, dtype="str", name="hotspot_id")
    return check(HOTSPOTS, made[list(HOTSPOTS.columns)])


def sites(*rows, **columns):
    """SITES at places in metres from the town's corner: ``(id, x, y)`` with further columns by name."""
    count = len(rows)
    frame = pd.DataFrame({"name": [f"Site {site}" for site, _, _ in rows], "status": "candidate"}, dtype="str")
    for name in ("hours", "reason", "notes"):
        frame[name] = pd.Series([None] * count, dtype="str")
    frame["capacity"] = pd.array([None] * count, dtype="Int64")
    for name, values in columns.items():
        frame[name] = pd.Series(values, dtype=frame[name].dtype)
    points = [shapely.Point(X + x, Y + y) for _, x, y in rows]
    made = gpd.GeoDataFrame(frame, geometry=points, crs=EPSG)
    made.index = pd.Index([site for site, _, _ in rows], dtype="str", name="site_id")
    return check(SITES, made[list(SITES.columns)].sort_index())


def incidents(*places, months=MONTHS, times=None, category=ASB, themes=""):
    """KEPT: one incident a month at each place, in metres from the town's corner."""
    rows = [(x, y, month) for x, y in places for month in months]
    count = len(rows)
    at = pd.Series([None] * count, dtype=pd.DatetimeTZDtype("us", "Europe/London"))
    if times is not None:
        stamps = [pd.Timestamp(f"{month}-{times}", tz="Europe/London") for _, _, month in rows]
        at = pd.Series(stamps).dt.as_unit("us")
    frame = gpd.GeoDataFrame(
        {
            "month": pd.PeriodIndex([month for _, _, month in rows], freq="M"),
            "occurred_at": at,
            "occurred_until": pd.Series([None] * count, dtype=pd.DatetimeTZDtype("us", "Europe/London")),
            "time_known": [times is not None] * count,
            "category": pd.Series([category] * count, dtype="str"),
            "themes": pd.Series([themes] * count, dtype="str"),
            "lsoa_code": pd.Series([f"E{int(x // 1000)}{int(y // 1000)}" for x, y, _ in rows], dtype="str"),
            "zone": pd.Series(["area"] * count, dtype="str"),
        },
        geometry=[shapely.Point(X + x, Y + y) for x, y, _ in rows],
        crs=EPSG,
    )
    frame.index = pd.Index([f"i{number:05d}" for number in range(count)], dtype="str", name="incident_id")
    return check(KEPT, frame)


def areas():
    """Four LSOAs of a kilometre: two wards, West and East."""
    cells = [(column, row) for column in (0, 1) for row in (0, 1)]
    shapes = [shapely.box(X + 1000 * c, Y + 1000 * r, X + 1000 * c + 1000, Y + 1000 * r + 1000) for c, r in cells]
    frame = gpd.GeoDataFrame(
        {
            "lsoa_name": pd.Series([f"Town {c}{r}" for c, r in cells], dtype="str"),
            "borough": pd.Series(["Town"] * 4, dtype="str"),
            "ward": pd.Series(["West" if c == 0 else "East" for c, _ in cells], dtype="str"),
            "zone": pd.Series(["area"] * 4, dtype="str"),
            "area_km2": [1.0] * 4,
        },
        geometry=shapes,
        crs=EPSG,
    )
    frame.index = pd.Index([f"E{c}{r}" for c, r in cells], dtype="str", name="lsoa_code")
    return frame


def ground(rows=None, spots=None):
    """The town as a plan finds it."""
    held = areas()
    return BusGround(
        month=MONTHS[-1],
        months=MONTHS,
        area="Town",
        incidents=incidents((500, 500), (1500, 1500)) if rows is None else rows,
        areas=held,
        outline=shapely.union_all(held.geometry.array),
        neighbours=held.iloc[:0][["borough", "geometry"]],
        hotspots=hotspots((500, 500), (1500, 1500)) if spots is None else spots,
        events=events_table({}, epsg=EPSG),
        marking="",
        notices=(),
        sources=("Incidents: made up.",),
        files=(),
        made_of={"month": "2023-12"},
    )
