"""A small page in code: a grid of squares near 549000, 175500, the same in every run."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import Point, Polygon, box
from shapely.ops import unary_union

from hotspots.maps.content import Measure, MonthCount, PageContent, Period, Tested, Words
from hotspots.tables import SELECTIONS
from hotspots.tables.events import events_table

CRS = "EPSG:27700"
EAST, NORTH, SIDE = 549_000, 175_500, 500
COLUMNS, ROWS = 6, 5
BREAKS = (20.0, 50.0, 100.0, 200.0)
BREAKS_PER_1000 = (2.0, 5.0, 7.5)
MONTH_BREAKS = (4.0, 8.0, 12.0, 20.0)
MONTH_BREAKS_PER_1000 = (0.5, 1.0, 2.0)
CATEGORIES = ("Violence and sexual offences", "Robbery", "Possession of weapons")

HOSTILE = (
    "</script><img src=x onerror=alert(1)>",
    "${alert(1)}",
    "`",
    "C:\\new\\2019",
    "<!--<script>",
    "a\u2028b\u2029c",
    "{{7*7}}",
    '"><svg onload=alert(1)>',
    "';alert(1);//",
)
BAD = " ".join(HOSTILE)


def content(*, bad: str = "", **changes: Any) -> PageContent:
    """Return the small page; ``bad`` is added to every text that can come from data or settings."""
    frames: dict[str, Any] = {
        "words": words(bad),
        "measures": (
            Measure(
                "rate_per_km2",
                "map_class",
                f"Incidents per km², 12 months{bad}",
                BREAKS,
                divisor="area_km2",
                times=1.0,
                month_title=f"Incidents per km² in one month{bad}",
                month_breaks=MONTH_BREAKS,
            ),
            Measure(
                "rate_per_1000",
                "map_class_per_1000",
                f"Incidents per 1,000 residents{bad}",
                BREAKS_PER_1000,
                divisor="population",
                times=1000.0,
                month_title=f"Incidents per 1,000 residents in one month{bad}",
                month_breaks=MONTH_BREAKS_PER_1000,
            ),
        ),
        "tested": (
            Tested(
                "change",
                f"Dec 2021 against the other months{bad}",
                (
                    ("below", f"below usual{bad}"),
                    ("usual", f"no more than chance{bad}"),
                    ("above", f"above usual{bad}"),
                ),
            ),
        ),
        "months": months(bad),
        "areas": areas(bad),
        "outline": outline(),
        "neighbours": neighbours(bad),
        "hotspots": hotspots(bad),
        "locations": counted(locations(bad), selections(bad)),
        "selections": selections(bad),
        "events": events(bad),
        "periods": (
            Period(f"Dec 2021{bad}", "2021-12-01", "2021-12-31"),
            Period(f"20 Dec{bad}", "2021-12-20", "2021-12-20"),
        ),
        "counts": counts(),
        "months_looked_at": 12,
        "past": past(bad),
        "drawn": drawn(),
        "bands": bands(),
        "near": near(),
        "week": week(),
        "beside": beside(bad),
    }
    return PageContent(**(frames | changes))


def words(bad: str = "") -> Words:
    return Words(
        title=f"Violence hotspots · Gridham · December 2021{bad}",
        subtitle=f"412 incidents in 12 months · 36 this month (usual 25–44){bad}",
        marking=f"OFFICIAL{bad}",
        notices=(f"Synthetic data: every incident is invented{bad}",),
        headline=(f"3 hotspots hold 24 % of the violence.{bad}", f"One is above what is usual there.{bad}"),
        method=((f"Where the points come from{bad}", f"Points are snapped to streets.{bad}"),),
        sources=(f"Contains public sector information, OGL3{bad}",),
        month_short=f"Dec{bad}",
        findings=((f"Across the border{bad}", (f"None crosses the line.{bad}", f"No sign that it moved.{bad}")),),
    )


def months(bad: str = "") -> tuple[MonthCount, ...]:
    names = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    counts = (31, 28, 35, 36, 40, None, 33, 38, 41, 30, 29, 36)
    return tuple(
        MonthCount(f"{name} 2021{bad}", n, f"2021-{at:02d}")
        for at, (name, n) in enumerate(zip(names, counts, strict=True), start=1)
    )


def _square(column: int, row: int) -> Polygon:
    return box(*(EAST + column * SIDE, NORTH + row * SIDE, EAST + (column + 1) * SIDE, NORTH + (row + 1) * SIDE))


def outline() -> Any:
    return unary_union([_square(c, r) for c in range(1, COLUMNS) for r in range(ROWS)])


def areas(bad: str = "") -> gpd.GeoDataFrame:
    cells = [(c, r) for r in range(ROWS) for c in range(COLUMNS)]
    n = pd.array([(7 * i * i + 3 * i) % 60 for i in range(len(cells))], dtype="Int64")
    n[3] = pd.NA
    months_share: Any = pd.Series(n).floordiv(12).array
    per_km2 = pd.Series(n, dtype="Float64") / 0.25
    population = [1_500.0 + 10 * i for i in range(len(cells))]
    per_1000 = per_km2 * 0.25 * 1_000 / population
    inside = [column > 0 for column, _ in cells]
    return gpd.GeoDataFrame(
        {
            "lsoa_name": [f"Gridham {i:03d}A{bad}" for i in range(len(cells))],
            "borough": [f"{'Gridham' if own else 'Nextham'}{bad}" for own in inside],
            "zone": ["area" if own else "ring" for own in inside],
            "force": [f"Grid Police{bad}"] * len(cells),
            "months_covered": np.full(len(cells), 12, dtype=np.int64),
            "n": n,
            "n_month": months_share,
            "n_previous": months_share,
            "n_last_year": pd.array([pd.NA] * len(cells), dtype="Int64"),
            "harm": np.full(len(cells), np.nan),
            "population": population,
            "area_km2": [0.25] * len(cells),
            "rate_per_km2": per_km2.astype(float).to_numpy(),
            "rate_per_1000": per_1000.astype(float).to_numpy(),
            "map_class": _classes(per_km2, BREAKS),
            "map_class_per_1000": _classes(per_1000, BREAKS_PER_1000),
            "gi_z": [np.nan if i == 3 else (i - 15) / 5 for i in range(len(cells))],
            "p_value": [np.nan if i == 3 else 0.5 for i in range(len(cells))],
            "p_adjusted": [np.nan if i == 3 else 0.9 for i in range(len(cells))],
            "label": pd.array(
                [None if i == 3 else "hot" if i == 29 else "none" for i in range(len(cells))], dtype="str"
            ),
            "moran_i": [np.nan if i == 3 else (i - 15) / 9 for i in range(len(cells))],
            "moran_p": [np.nan if i == 3 else 0.6 for i in range(len(cells))],
            "moran_p_adjusted": [np.nan if i == 3 else 0.9 for i in range(len(cells))],
            "moran_label": pd.array(
                [None if i == 3 else "high-high" if i == 29 else "none" for i in range(len(cells))], dtype="str"
            ),
            "usual_low": pd.array([pd.NA if i == 3 else 0 for i in range(len(cells))], dtype="Int64"),
            "usual_high": pd.array([pd.NA if i == 3 else 7 for i in range(len(cells))], dtype="Int64"),
            "change_p": [np.nan if i == 3 else 0.4 for i in range(len(cells))],
            "change_p_adjusted": [np.nan if i == 3 else 0.8 for i in range(len(cells))],
            "change_e_p": [np.nan if i == 3 else 0.3 for i in range(len(cells))],
            "change": ["untested" if i == 3 else "above" if i == 29 else "usual" for i in range(len(cells))],
            "previous_p": [np.nan if i == 3 else 1.0 for i in range(len(cells))],
            "previous_p_adjusted": [np.nan if i == 3 else 1.0 for i in range(len(cells))],
            "previous_e_p": [np.nan if i == 3 else 1.0 for i in range(len(cells))],
            "last_year_p": np.full(len(cells), np.nan),
            "last_year_p_adjusted": np.full(len(cells), np.nan),
            "last_year_e_p": np.full(len(cells), np.nan),
        },
        geometry=[_square(*cell) for cell in cells],
        index=pd.Index([f"E0100{i:04d}" for i in range(len(cells))], name="lsoa_code"),
        crs=CRS,
    )


def _classes(rates: Any, breaks: tuple[float, ...]) -> Any:
    return pd.array(
        [pd.NA if pd.isna(rate) else int(np.searchsorted(breaks, float(rate), side="right")) + 1 for rate in rates],
        dtype="Int64",
    )


def neighbours(bad: str = "") -> gpd.GeoDataFrame:
    west = box(EAST - 4_000, NORTH - 1_000, EAST + SIDE, NORTH + 4_000)
    north = box(EAST + SIDE, NORTH + ROWS * SIDE, EAST + 6_000, NORTH + 5_000)
    return gpd.GeoDataFrame({"borough": [f"Nextham{bad}", f"Northam{bad}"]}, geometry=[west, north], crs=CRS)


def hotspots(bad: str = "") -> gpd.GeoDataFrame:
    # The second and the third lie close together, so that discs have something to avoid.
    centres = [Point(550_250, 176_250), Point(551_000, 177_000), Point(551_130, 177_060)]
    shapes = [centre.buffer(90 + 20 * i, quad_segs=3) for i, centre in enumerate(centres)]
    return gpd.GeoDataFrame(
        {
            "rank": np.array([2, 1, 3], dtype=np.int64),
            "name": [f"{name}{bad}" for name in ("Broadway", "Station Road", "Pier Road")],
            "n": np.array([40, 52, 21], dtype=np.int64),
            "n_month": np.array([3, 14, 1], dtype=np.int64),
            "usual_low": pd.array([1, 5, pd.NA], dtype="Int64"),
            "usual_high": pd.array([6, 11, pd.NA], dtype="Int64"),
            "change_p": [0.4, 0.001, np.nan],
            "change_p_adjusted": [0.5, 0.003, np.nan],
            "change": ["usual", "above", "untested"],
            "status": pd.array(["persistent", "new", None], dtype="str"),
            "first_seen": pd.array(["2021-01", "2021-11", None], dtype="str"),
            "months_in_top": pd.array([12, 2, pd.NA], dtype="Int64"),
            "trend_p": [0.8, np.nan, np.nan],
            "trend_p_adjusted": [0.8, np.nan, np.nan],
            "n_in_area": np.array([40, 52, 11], dtype=np.int64),
            "harm": [np.nan, np.nan, np.nan],
            "share_of_n": [0.097, 0.126, 0.051],
            "share_of_area": [0.004, 0.005, 0.006],
            "area_ha": [2.5, 3.8, 5.3],
            "width_m": [180.0, 220.0, 260.0],
            "top_category": [f"Violence and sexual offences{bad}"] * 3,
            "peak_time": ["Fri–Sat 20:00–01:00, 46 % of incidents in 6 % of the week", None, None],
            "grid_ref": [f"TQ 502 762{bad}", f"TQ 510 770{bad}", None],
            "easting": [point.x for point in centres],
            "northing": [point.y for point in centres],
            "lsoa_codes": [f"E01000008, E01000009{bad}", f"E01000021{bad}", f"E01000022{bad}"],
            "cross_border": [False, False, True],
            "ring_n_month": pd.array([9, 4, pd.NA], dtype="Int64"),
            "ring_usual_low": pd.array([1, 2, pd.NA], dtype="Int64"),
            "ring_usual_high": pd.array([8, 9, pd.NA], dtype="Int64"),
            "displacement_p": [0.001, 0.7, np.nan],
            "displacement_p_adjusted": [0.002, 0.7, np.nan],
            "displacement": [True, False, False],
            "min_incidents": np.full(3, 10, dtype=np.int64),
            "n_points": np.array([1, 4, 9], dtype=np.int64),
        },
        geometry=shapes,
        index=pd.Index(["H-a", "H-b", "H-c"], name="hotspot_id"),
        crs=CRS,
    )


def counts() -> pd.DataFrame:
    """Months of three hotspots, one of the months missing."""
    months = pd.PeriodIndex([f"2021-{number:02d}" for number in range(1, 13) if number != 6], freq="M")
    made = [[(3 * place + month * (place + 1)) % 8 for month in range(len(months))] for place in range(3)]
    return pd.DataFrame(made, index=pd.Index(["H-a", "H-b", "H-c"], name="hotspot_id"), columns=months)


def past(bad: str = "") -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "last_seen": ["2021-07", "2021-11"],
            "first_seen": ["2021-02", "2021-11"],
            "months_in_top": np.array([6, 1], dtype=np.int64),
            "succeeded_by": pd.array([None, None], dtype="str"),
            "n": np.array([11, 14], dtype=np.int64),
            "n_month": np.array([0, 2], dtype=np.int64),
            "easting": [550_700.0, 551_700.0],
            "northing": [176_700.0, 176_700.0],
            "name": pd.array([f"Old Yard{bad}", None], dtype="str"),
        },
        geometry=[Point(550_700, 176_700).buffer(80), Point(551_700, 176_700).buffer(80)],
        index=pd.Index(["H-x", "H-y"], name="hotspot_id"),
        crs=CRS,
    )


def beside(bad: str = "") -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "rank": np.array([1], dtype=np.int64),
            "name": [f"Nextham Lane{bad}"],
            "borough": [f"Nextham{bad}"],
            "n": np.array([31], dtype=np.int64),
            "n_month": np.array([6], dtype=np.int64),
            "usual_low": pd.array([0], dtype="Int64"),
            "usual_high": pd.array([5], dtype="Int64"),
            "change": ["above"],
        },
        geometry=[Point(549_250, 176_700).buffer(80)],
        index=pd.Index(["N-a"], name="neighbour_id"),
        crs=CRS,
    )


def locations(bad: str = "", rows: int = 80) -> gpd.GeoDataFrame:
    maker = np.random.default_rng(7)
    east = EAST + maker.uniform(0, COLUMNS * SIDE, rows).round()
    north = NORTH + maker.uniform(0, ROWS * SIDE, rows).round()
    return gpd.GeoDataFrame(
        {
            "street": [f"On or near Street {i % 9}{bad}" if i % 11 else None for i in range(rows)],
            "lsoa_code": ["E01000008"] * rows,
            "zone": ["area"] * rows,
            "n": maker.integers(1, 30, rows),
            "n_month": maker.integers(0, 3, rows),
        },
        geometry=gpd.points_from_xy(east, north),
        index=pd.RangeIndex(1, rows + 1, name="location_no"),
        crs=CRS,
    )


def selections(bad: str = "") -> pd.DataFrame:
    """One row an incident: as many as the areas and the hotspots count, in all and in December."""
    rows = []
    for area, (code, known) in enumerate(areas()["n"].items()):
        n = 0 if pd.isna(known) else int(known)
        for k in range(n):
            month = 12 if k < n // 12 else (1, 2, 3, 4, 5, 7, 8, 9, 10, 11)[(k + area) % 10]
            hour = -1 if k % 4 == 0 else (37 * k + 11 * area) % 168
            themes = ("", f"Gangs{bad}", f"Gangs{bad}|Youth{bad}")[k % 3]
            rows.append(((3 * area + k) % 80 + 1, code, month, f"{CATEGORIES[k % 3]}{bad}", themes, hour))
    frame = pd.DataFrame(rows, columns=["location_no", "lsoa_code", "month", "category", "themes", "hour_of_week"])
    hotspot = pd.Series(None, index=frame.index, dtype="str")
    for name, n, n_month in (("H-a", 40, 3), ("H-b", 52, 14), ("H-c", 21, 1)):
        for december, wanted in ((True, n_month), (False, n - n_month)):
            free = frame.index[hotspot.isna() & ((frame["month"] == 12) == december)]
            hotspot[free[:wanted]] = name
    return frame.assign(
        lsoa_code=frame["lsoa_code"].astype("str"),
        hotspot_id=hotspot,
        month=pd.PeriodIndex([f"2021-{month:02d}" for month in frame["month"]], freq="M"),
        category=frame["category"].astype("str"),
        themes=frame["themes"].astype("str"),
        n=1,
    ).set_index(pd.RangeIndex(1, len(frame) + 1, name="selection_no"))[list(SELECTIONS.columns)]


def counted(places: gpd.GeoDataFrame, chosen: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the locations with the counts of the selections."""
    december = chosen[chosen["month"] == pd.Period("2021-12", "M")]
    return places.assign(
        n=chosen.groupby("location_no")["n"].sum().reindex(places.index, fill_value=0),
        n_month=december.groupby("location_no")["n"].sum().reindex(places.index, fill_value=0),
    )


def drawn() -> gpd.GeoDataFrame:
    """Return two grounds of November and one of January."""
    centres = (550_300, 176_300), (551_050, 177_000), (550_900, 176_100)
    return gpd.GeoDataFrame(
        {"month": pd.PeriodIndex(["2021-11", "2021-11", "2021-01"], freq="M")},
        geometry=[Point(*centre).buffer(95, quad_segs=3) for centre in centres],
        crs=CRS,
    )


def bands() -> gpd.GeoDataFrame:
    """Return two bands of density, one inside the other."""
    return gpd.GeoDataFrame(
        {"share_of_area": [0.1, 0.05], "n": [120, 70], "bandwidth_m": [150.0, 150.0]},
        geometry=[Point(551_000, 176_900).buffer(radius, quad_segs=4) for radius in (450, 310)],
        crs=CRS,
    )


def near() -> pd.DataFrame:
    return pd.DataFrame({"hotspot_id": ["H-a"], "event_id": ["V1"], "distance_m": [70.7]})


def week() -> pd.DataFrame:
    """Return the hours of the week: most at the end of Friday, none early on Monday."""
    hours = np.arange(168)
    n = np.where(hours < 6, 0.0, hours % 24 / 8 + hours // 24 + 0.25)
    return pd.DataFrame({"place_id": "area", "weekday": hours // 24 + 1, "hour": hours % 24, "n": n})


def events(bad: str = "") -> gpd.GeoDataFrame:
    return events_table(
        {
            "event_id": ["V1", "V2"],
            "title": [f"Football, home match{bad}", f"Night market{bad}"],
            "kind": [f"football{bad}", f"market{bad}"],
            "status": ["planned"] * 2,
            "starts_at": list(london("2021-12-18 15:00", "2021-12-20 18:00")),
            "ends_at": list(london("2021-12-18 17:00", None)),
            "risk": ["high", None],
            "notes": [f"Dispersal to the station{bad}", None],
            "geometry": [Point(550_300, 176_300), None],
        },
        epsg=27700,
    )


def london(*moments: str | None) -> Any:
    return pd.array(
        pd.DatetimeIndex([pd.Timestamp(moment) if moment else pd.NaT for moment in moments])
        .as_unit("us")
        .tz_localize("Europe/London")
    )


def without(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the frame with its columns and none of its rows."""
    return frame.iloc[:0]
