"""A lattice of square LSOAs made in code, and incidents on it, for the tests of places and analysis."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

WEST, SOUTH, SIDE = 548_000.0, 176_000.0, 100.0
MET = "Metropolitan Police Service"


def lattice(columns=6, rows=4, borough=lambda _column, _row: "Alpha", vintage=2021, side=SIDE):
    """AREAS of squares; code E01, then column and row, so that codes rise to the east and then to the north."""
    cells = [(column, row) for column in range(columns) for row in range(rows)]
    boroughs = [borough(*cell) for cell in cells]
    numbers = {name: f"E0900{number:04d}" for number, name in enumerate(dict.fromkeys(boroughs), 1)}
    codes = [code(*cell) for cell in cells]
    frame = gpd.GeoDataFrame(
        {
            "lsoa_name": pd.Series(
                [f"{name} {c:03d}{'ABCDEFGH'[r % 8]}" for name, (c, r) in zip(boroughs, cells, strict=True)],
                dtype="str",
            ),
            "borough": pd.Series(boroughs, dtype="str"),
            "district_code": pd.Series([numbers[name] for name in boroughs], dtype="str"),
            "ward": pd.Series(None, index=range(len(cells)), dtype="str"),
            "force": pd.Series(MET, index=range(len(cells)), dtype="str"),
            "vintage": np.int64(vintage),
            "population": np.nan,
            "area_km2": side * side / 1e6,
            "zone": pd.Series("area", index=range(len(cells)), dtype="str"),
        },
        geometry=[
            shapely.box(WEST + c * side, SOUTH + r * side, WEST + (c + 1) * side, SOUTH + (r + 1) * side)
            for c, r in cells
        ],
        crs=27700,
    )
    return frame.set_index(pd.Index(codes, dtype="str", name="lsoa_code")).sort_index()


def code(column, row):
    return f"E01{column:03d}{row:03d}"


def incidents(places, published=None, months=None, category="Robbery", street="High Street"):
    """INCIDENTS at places in metres east and north of the lattice's corner."""
    xy = np.asarray(places, dtype=float).reshape(-1, 2)
    n = len(xy)

    def text(value):
        return pd.Series([value] * n if value is None or isinstance(value, str) else list(value), dtype="str")

    month = ["2024-05"] * n if months is None else months
    never = pd.Series(pd.NaT, index=range(n), dtype=pd.DatetimeTZDtype("us", "Europe/London"))
    frame = gpd.GeoDataFrame(
        {
            "month": pd.PeriodIndex(month, freq="M"),
            "occurred_at": never,
            "occurred_until": never,
            "occurred_on": never.dt.tz_localize(None),
            "occurred_until_on": never.dt.tz_localize(None),
            "time_known": np.zeros(n, dtype=bool),
            "category": text(category),
            "offence_code": text(None),
            "flags": text(""),
            "themes": text(""),
            "harm_weight": np.full(n, np.nan),
            "lsoa_published": text(published),
            "street": text(street),
            "institutional": np.zeros(n, dtype=bool),
            "source": text("police.uk"),
            "source_file": text("a.csv"),
            "source_row": np.arange(2, n + 2, dtype=np.int64),
        },
        geometry=shapely.points(xy + np.array([WEST, SOUTH])) if n else [],
        crs=27700,
    )
    return frame.set_index(pd.Index([f"i{number:06d}" for number in range(n)], dtype="str", name="incident_id"))


def located(places, zones="area", lsoa=None, in_focus=True, **changes):
    """LOCATED at places, as the join would give them: the code of the square they lie in unless one is given."""
    frame = incidents(places, **changes)
    n = len(frame)
    columns = list(frame.columns)
    inside = (np.asarray(places, dtype=float).reshape(-1, 2) // SIDE).astype(int)
    frame["lsoa_code"] = pd.Series(
        [code(*cell) for cell in inside] if lsoa is None else lsoa, index=frame.index, dtype="str"
    )
    frame["located_by"] = pd.Series("inside", index=frame.index, dtype="str")
    frame["vintage_rule"] = pd.Series(None, index=frame.index, dtype="str")
    frame["distance_m"] = np.full(n, np.nan)
    frame["zone"] = pd.Series([zones] * n if isinstance(zones, str) else list(zones), index=frame.index, dtype="str")
    frame["in_focus"] = np.full(n, in_focus) if isinstance(in_focus, bool) else np.asarray(in_focus, dtype=bool)
    order = [
        *[name for name in columns if name != "geometry"],
        "lsoa_code",
        "located_by",
        "vintage_rule",
        "distance_m",
        "zone",
        "in_focus",
        "geometry",
    ]
    return frame[order]
