"""Clusters become the ranked table of hotspots, each month tested against the others of its window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.analysis.area_stats import harm_of
from hotspots.analysis.area_tests import month_changes
from hotspots.analysis.clusters import width_m
from hotspots.analysis.locations import most_frequent
from hotspots.analysis.methods import Surroundings, draw
from hotspots.analysis.peaks import peak_times
from hotspots.geo.gridref import grid_reference
from hotspots.settings import BRITISH_NATIONAL_GRID_EPSG
from hotspots.tables import HOTSPOTS, LOCATED, MEMBERS, check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

    from hotspots.settings import Hotspots

_LIFE = {
    "status": "str",
    "first_seen": "str",
    "months_in_top": "Int64",
    "trend_p": "float64",
    "trend_p_adjusted": "float64",
}
_MOVED = {
    "ring_n_month": "Int64",
    "ring_usual_low": "Int64",
    "ring_usual_high": "Int64",
    "displacement_p": "float64",
    "displacement_p_adjusted": "float64",
    "displacement": "bool",
}
_ID_CELL_M = 100
_SAME_SUM_M = 1e-3
"""Sums of distances nearer than this may be equal but for rounding."""


@dataclass(frozen=True)
class Found:
    """The places found, before they have names."""

    members: pd.DataFrame
    """MEMBERS: every incident in focus of the window, in the area or its ring."""
    grounds: gpd.GeoSeries
    """Ground by ``hotspot_id``, in the CRS of the incidents; none overlap."""
    centres: pd.DataFrame
    """``easting`` and ``northing`` by ``hotspot_id``: the member coordinate nearest to all others."""
    minima: pd.Series
    """Fewest incidents that made the place one, by ``hotspot_id``."""
    parameters: dict[str, Any]
    """What the method was given and chose, for the manifest."""


def find_hotspots(focus: gpd.GeoDataFrame, around: Surroundings, settings: Hotspots) -> Found:
    """Find the places where incidents pile up, by the method of the settings.

    Parameters
    ----------
    focus
        LOCATED rows in focus, of one window, in the area or its ring, in a metric CRS.
    around
        History, months and areas.
    settings
        ``[hotspots]``.

    Returns
    -------
    Found
        An incident belongs to a hotspot when it lies on its drawn ground, so that what is counted is what
        the map shows; with the method ``lsoa``, when it was joined to the LSOA.
    """
    check(LOCATED, focus)
    drawn = draw(focus, around, settings)
    xy = np.column_stack([focus.geometry.x, focus.geometry.y])
    centres = [_middle(xy[rows]) for rows in drawn.cores]
    ids = _ids(centres)
    named = np.array([*ids, None], dtype=object)
    members = pd.DataFrame({"hotspot_id": pd.Series(named[drawn.of_row], index=focus.index, dtype="str")})
    key = pd.Index(ids, dtype="str", name="hotspot_id")
    levels = sorted(set(drawn.minima))
    return Found(
        members=check(MEMBERS, members),
        grounds=gpd.GeoSeries(drawn.grounds, index=key, crs=focus.crs),
        centres=pd.DataFrame(centres, index=key, columns=["easting", "northing"], dtype=float),
        minima=pd.Series(drawn.minima, index=key, dtype=np.int64),
        parameters={"method": settings.method, **drawn.parameters, "min_incidents": levels},
    )


def _middle(xy: np.ndarray) -> tuple[float, float]:
    """Return the medoid of some coordinates, of which many are equal."""
    places, weight = np.unique(xy, axis=0, return_counts=True)
    return _medoid(places, weight)


def _medoid(xy: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Return the member coordinate with the least weighted distance to all: a real place on a street.

    Of equals the first by x and y. What the triangle inequality rules out is not measured (Newling and
    Fleuret 2017), so that the matrix of all distances, too large for a whole city, is never made.
    """
    total = int(weight.sum())
    apart = np.hypot(*(xy - (weight @ xy) / total).T)
    at_least = np.zeros(len(xy))
    best, least = 0, np.inf
    for position in np.argsort(apart, kind="stable"):
        if at_least[position] > least + _SAME_SUM_M:
            continue
        apart = np.hypot(*(xy - xy[position]).T)
        measured = round(float(apart @ weight), 6)
        at_least = np.maximum(at_least, np.abs(total * apart - measured))
        if (measured, position) < (least, best):
            best, least = int(position), measured
    return float(xy[best, 0]), float(xy[best, 1])


def _ids(centres: list[tuple[float, float]]) -> list[str]:
    """Return ids from the 100 m square of the centre, so that a place keeps its id from month to month."""
    ids: list[str] = []
    seen: dict[str, int] = {}
    for x, y in centres:
        base = f"H{int(x // _ID_CELL_M)}-{int(y // _ID_CELL_M)}"
        seen[base] = seen.get(base, 0) + 1
        ids.append(base if seen[base] == 1 else f"{base}-{seen[base]}")
    return ids


def hotspot_table(
    focus: gpd.GeoDataFrame,
    found: Found,
    names: pd.Series,
    outline: BaseGeometry,
    window: pd.PeriodIndex,
    *,
    untested: Sequence[pd.Period] = (),
    life: pd.DataFrame | None = None,
    moved: pd.DataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Rank the hotspots and say of each what is usual there and whether the month is beyond chance.

    Parameters
    ----------
    focus, found
        The rows given to ``find_hotspots``, and what it returned.
    names
        Name by ``hotspot_id``.
    outline
        Outline of the area, in the same CRS.
    window, untested
        Months of the window that the data hold, the month of the run last, and those of them that are
        counted but not compared, because the files look incomplete.
    life, moved
        By ``hotspot_id``: the table of ``life_of``, and DISPLACEMENT; none: not looked at.

    Returns
    -------
    GeoDataFrame
        HOTSPOTS by ``hotspot_id``. ``n``, ``n_month`` count all incidents on the ground; ``share_of_n``
        and ``share_of_area`` those inside the area, of the area's; both are in-sample. ``change`` is
        tested by ``change_p`` with Benjamini and Hochberg over the hotspots, and ``usual_low`` to
        ``usual_high`` holds a month's count exactly when it is not beyond chance.
    """
    key = found.grounds.index
    rows = focus.join(found.members).dropna(subset="hotspot_id")
    counts = pd.crosstab(rows["hotspot_id"], rows["month"]).reindex(index=key, columns=window, fill_value=0)
    by_month = counts.astype(np.int64)
    table = pd.DataFrame(
        {
            "name": names.reindex(key).astype("str"),
            "n": by_month.sum(axis=1).astype(np.int64),
            "n_month": by_month[window[-1]],
            **month_changes(by_month, untested),
            **_own_columns(focus, rows, key),
            **_looked_at(life, _LIFE, key),
            **_looked_at(moved, _MOVED, key),
            "harm": harm_of(rows, "hotspot_id", key),
            **_ground_columns(found, outline),
            "top_category": most_frequent(rows["category"], rows["hotspot_id"]).reindex(key).astype("str"),
            "peak_time": peak_times(rows, "hotspot_id", key),
            "lsoa_codes": _lsoas(rows).reindex(key).fillna("").astype("str"),
            "min_incidents": found.minima,
            "n_points": rows.geometry.to_wkb().groupby(rows["hotspot_id"]).nunique().reindex(key).astype(np.int64),
        },
        index=key,
    )
    frame = gpd.GeoDataFrame(_ranked(table), geometry=found.grounds).sort_index()[list(HOTSPOTS.columns)]
    return check(HOTSPOTS, frame)


def _own_columns(focus: gpd.GeoDataFrame, rows: pd.DataFrame, key: pd.Index) -> dict[str, pd.Series]:
    """Return how many incidents on each ground are the area's own, and their share of all of the area."""
    own = rows.loc[rows["zone"] == "area", "hotspot_id"].value_counts().reindex(key, fill_value=0).astype(np.int64)
    return {"n_in_area": own, "share_of_n": own / max(int((focus["zone"] == "area").sum()), 1)}


def _looked_at(made: pd.DataFrame | None, kinds: dict[str, str], key: pd.Index) -> dict[str, pd.Series]:
    """Return the columns of a table made elsewhere, as they are before it is made where there is none."""
    if made is None:
        made = pd.DataFrame(index=key)
    columns = made.reindex(index=key, columns=list(kinds))
    flags = {
        name: columns[name].notna() & columns[name].eq(other=True) for name, kind in kinds.items() if kind == "bool"
    }
    typed = columns.assign(**flags).astype(kinds)
    return {name: typed[name] for name in kinds}


def _ranked(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with ``rank``, most incidents first, and the rank in front of each name."""
    order = table.sort_values(["n", "n_month"], ascending=False, kind="stable").index
    rank = pd.Series(np.arange(1, len(order) + 1), index=order).reindex(table.index).astype(np.int64)
    return table.assign(rank=rank, name=rank.map("H{:02d} ".format).astype("str") + table["name"])


def _ground_columns(found: Found, outline: BaseGeometry) -> dict[str, pd.Series]:
    """Return what follows from place and shape alone."""
    key, grounds = found.grounds.index, found.grounds.to_numpy()
    british = found.grounds.crs.to_epsg() == BRITISH_NATIONAL_GRID_EPSG
    references = [grid_reference(x, y) if british else None for x, y in found.centres.to_numpy()]
    inside = shapely.area(shapely.intersection(grounds, outline))
    columns = {
        "share_of_area": pd.Series(np.minimum(inside / outline.area, 1.0), index=key, dtype=float),
        "area_ha": pd.Series(shapely.area(grounds) / 1e4, index=key, dtype=float),
        "width_m": pd.Series([width_m(ground) for ground in grounds], index=key, dtype=float),
        "grid_ref": pd.Series(references, index=key, dtype="str"),
        # A metre of grace: a ground drawn along the outline does not cross it.
        "cross_border": pd.Series(~shapely.covered_by(grounds, shapely.buffer(outline, 1.0)), index=key, dtype=bool),
    }
    return columns | {name: found.centres[name] for name in ("easting", "northing")}


def _lsoas(rows: pd.DataFrame) -> pd.Series:
    """Return the LSOAs of each hotspot, most incidents first, parted by blanks."""
    counts = rows.groupby(["hotspot_id", "lsoa_code"]).size().rename("count").reset_index()
    ordered = counts.sort_values(["hotspot_id", "count", "lsoa_code"], ascending=[True, False, True])
    return ordered.groupby("hotspot_id")["lsoa_code"].agg(" ".join)
