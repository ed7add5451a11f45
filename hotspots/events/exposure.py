"""Which coming events fall on which hotspots: where, at which hours, and beside which other events."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from hotspots.geo.points import within_reach
from hotspots.tables import AREAS, HOTSPOTS, check
from hotspots.tables.exposure import EXPOSURE
from hotspots.tables.occurrences import OCCURRENCES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import tzinfo

    import geopandas as gpd
    import numpy.typing as npt

REACH_M = 400.0
"""Greatest distance between an event and what lies around it."""
DISPERSAL_H = 1.0
"""How long a crowd takes to leave, from a dispersal time on."""
PEAK = ("day", "days", "hour", "hours", "said")
"""Columns of busy hours by ``hotspot_id``: first day (Monday is 0), days in a row, first hour, hours on each day, and
the same in words."""

_HOUR_US = 3_600_000_000
_WEEK = pd.Timedelta(days=7)
_PAIRS_AT_ONCE = 1_000_000
_RISKS = {"high": 0, "medium": 1, "low": 2}
_UNRATED = 3
_ON, _NEAR, _FAR, _NOWHERE = range(4)
_LEAST_H = 0.05
"""What is shorter is told as under 0.1 h."""


def exposure(
    occurrences: gpd.GeoDataFrame,
    hotspots: gpd.GeoDataFrame,
    peaks: pd.DataFrame | None = None,
    areas: gpd.GeoDataFrame | None = None,
    *,
    dispersal_stops: Mapping[str, tuple[str, ...]] | None = None,
    reach_m: float = REACH_M,
    dispersal_h: float = DISPERSAL_H,
) -> pd.DataFrame:
    """Tell which hotspots each occurrence is exposed to, and rank the occurrences.

    The rank is an order of reasons, not a score: first the risk as written (high, medium, low, none), then the
    place (on a hotspot's ground, within reach of one, near none, unknown), then other events at the same time
    within reach, hours in the hotspot's busy hours, and distance; of equals the earlier comes first. An
    occurrence near several hotspots stands where the one that puts it highest does.

    Parameters
    ----------
    occurrences
        OCCURRENCES of the coming period, without the cancelled ones; lines and polygons count from the ground
        of theirs that is nearest.
    hotspots
        HOTSPOTS, in the same CRS in metres.
    peaks
        Busy hours on the local clock, with the columns ``PEAK``, by ``hotspot_id``, of those hotspots where
        they are known; none: of no hotspot.
    areas, dispersal_stops
        AREAS in the same CRS, for the LSOAs around; and of ``around.near_stops`` the names by ``event_id``.
    reach_m
        Greatest distance of a hotspot, another event or an LSOA, in metres.
    dispersal_h
        Hours that count as part of the event from its dispersal time on, where it has one.

    Returns
    -------
    DataFrame
        EXPOSURE. No hour is made up: ``overlap_h`` is empty for a hotspot without busy hours and for an event
        whose end is not known, and such an event is at the same time as another only when that is under way
        as it begins.

    Raises
    ------
    TableError
        A table breaks its contract, or the CRS differ.
    """
    check(HOTSPOTS, hotspots)
    epsg = hotspots.crs.to_epsg()
    rows = _pairs(check(OCCURRENCES, occurrences, epsg=epsg), hotspots, reach_m)
    rows["concurrent"] = rows["occurrence_id"].map(_concurrent(occurrences, reach_m, dispersal_h)).astype("Int64")
    rows["lsoa_codes"] = rows["occurrence_id"].map(_around(occurrences, areas, reach_m, epsg))
    rows["stops"] = ["; ".join((dispersal_stops or {}).get(event, ())) for event in rows["event_id"]]
    hours = pd.DataFrame(columns=list(PEAK)) if peaks is None else peaks
    rows["overlap_h"] = _overlaps(rows, occurrences, hours, dispersal_h)
    ranked = _ranked(rows, hotspots["rank"])
    ranked["reason"] = _reasons(ranked, hotspots["rank"], hours["said"], reach_m)
    ranked = ranked.astype(dict.fromkeys(("hotspot_id", "lsoa_codes", "stops", "reason"), "str"))
    numbers = pd.RangeIndex(1, len(ranked) + 1, name="exposure_no")
    return check(EXPOSURE, pd.DataFrame(ranked[list(EXPOSURE.columns)]).set_index(numbers))


def stops(occurrences: pd.DataFrame, dispersal_h: float = DISPERSAL_H) -> pd.Series:
    """Return when each occurrence is over, its dispersal included.

    Parameters
    ----------
    occurrences
        OCCURRENCES.
    dispersal_h
        Hours that a dispersal takes from its time on.

    Returns
    -------
    Series
        The later of end and dispersal, on the index given; empty where neither is known or both lie before
        or on the start.
    """
    dispersed = occurrences["dispersal_at"] + pd.Timedelta(hours=dispersal_h)
    last = occurrences["ends_at"].where(~(dispersed > occurrences["ends_at"]), dispersed).fillna(dispersed)
    over: pd.Series = last.where(last > occurrences["starts_at"])
    return over


def _pairs(occurrences: gpd.GeoDataFrame, hotspots: gpd.GeoDataFrame, reach_m: float) -> pd.DataFrame:
    """Return each occurrence with each hotspot within reach of it, or with none."""
    pairs = within_reach(hotspots.geometry, occurrences.geometry, reach_m)
    near = pairs.rename(columns={"place": "hotspot_id", "other": "occurrence_id"})
    rows = occurrences[["event_id", "starts_at", "risk"]].rename_axis("occurrence_id").reset_index()
    rows = pd.DataFrame(rows).merge(near, on="occurrence_id", how="left")
    placed = rows["occurrence_id"].map(_placed(occurrences)).astype(bool)
    return rows.assign(placed=placed, on_ground=rows["distance_m"] == 0)


def _placed(occurrences: gpd.GeoDataFrame) -> pd.Series:
    placed: pd.Series = ~(occurrences.geometry.isna() | occurrences.geometry.is_empty)
    return placed


def _microseconds(moments: pd.Series) -> npt.NDArray[np.int64]:
    """Return microseconds since 1970 in UTC; what stands for an empty one is not to be read."""
    utc = moments.dt.tz_convert("UTC").dt.tz_localize(None)
    return np.asarray(utc.to_numpy(dtype="datetime64[us]").astype(np.int64))


def _concurrent(occurrences: gpd.GeoDataFrame, reach_m: float, dispersal_h: float) -> pd.Series:
    """Count the other events at the same time within reach of each occurrence that has a place."""
    held = occurrences[_placed(occurrences)]
    begin, over = _microseconds(held["starts_at"]), stops(held, dispersal_h)
    # Without an end an event is a moment, its first.
    end = np.where(over.notna(), _microseconds(over), begin + 1)
    order = np.argsort(begin, kind="stable")
    event, names = pd.factorize(held["event_id"].to_numpy()[order])
    shapes = held.geometry.to_numpy()[order]
    found = [np.zeros(0, dtype=np.int64)]
    for one, other in _together(begin[order], end[order]):
        near = event[one] != event[other]
        near[near] = shapely.dwithin(shapes[one[near]], shapes[other[near]], reach_m)
        both = np.concatenate(
            [one[near] * len(names) + event[other[near]], other[near] * len(names) + event[one[near]]]
        )
        found.append(_distinct(both))
    by_row = _distinct(np.concatenate(found)) // max(len(names), 1)
    counts = np.bincount(by_row, minlength=len(held))
    return pd.Series(counts, index=held.index[order], dtype=np.int64).reindex(occurrences.index)


def _distinct(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return each number once, in order: by sorting, since numpy's own way by hashes takes eight times as long."""
    ordered = np.sort(numbers)
    distinct: npt.NDArray[np.int64] = ordered[np.diff(ordered, prepend=ordered[:1] - 1) != 0]
    return distinct


def _together(
    begin: npt.NDArray[np.int64], end: npt.NDArray[np.int64]
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Yield all pairs of spans that share time, some at a time; begins rise, and an end is not in its span."""
    if not len(begin):
        return
    # Later begins that lie before a span's end are in it, and lie together.
    after = np.arange(1, len(begin) + 1)
    many = np.searchsorted(begin, end, side="left") - after
    sums = np.cumsum(many)
    cuts = np.searchsorted(sums, np.arange(0, sums[-1] + 1, _PAIRS_AT_ONCE), side="left")
    for first, last in zip(cuts, [*cuts[1:], len(begin)], strict=True):
        one = np.repeat(np.arange(first, last), many[first:last])
        before = np.repeat(sums[first:last] - many[first:last], many[first:last]) - (sums[first] - many[first])
        yield one, np.arange(len(one)) - before + after[one]


def _around(
    occurrences: gpd.GeoDataFrame, areas: gpd.GeoDataFrame | None, reach_m: float, epsg: int | None
) -> pd.Series:
    """Return the codes of the LSOAs within reach of each occurrence, parted by blanks."""
    if areas is None:
        return pd.Series("", index=occurrences.index, dtype="str")
    ordered = check(AREAS, areas, epsg=epsg)
    tree = shapely.STRtree(occurrences.geometry.to_numpy())
    area, row = tree.query(ordered.geometry.to_numpy(), predicate="dwithin", distance=reach_m)
    codes = (
        pd.Series(ordered.index.to_numpy()[np.sort(area)]).groupby(row[np.argsort(area, kind="stable")]).agg(" ".join)
    )
    return codes.reindex(range(len(occurrences)), fill_value="").set_axis(occurrences.index)


def _overlaps(
    rows: pd.DataFrame, occurrences: pd.DataFrame, peaks: pd.DataFrame, dispersal_h: float
) -> npt.NDArray[np.float64]:
    """Return the hours of each row's occurrence that lie in its hotspot's busy hours."""
    over = stops(occurrences, dispersal_h)
    at = occurrences.index.get_indexer(pd.Index(rows["occurrence_id"]))
    begin, end = _microseconds(occurrences["starts_at"])[at], _microseconds(over)[at]
    known, hours = over.notna().to_numpy()[at], np.full(len(rows), np.nan)
    for hotspot, peak in peaks.iterrows():
        told = known & (rows["hotspot_id"] == hotspot).to_numpy()
        if told.any():
            spans = _busy(peak, int(begin[told].min()), int(end[told].max()), occurrences["starts_at"].dt.tz)
            hours[told] = (_busy_until(end[told], *spans) - _busy_until(begin[told], *spans)) / _HOUR_US
    return hours


def _busy(peak: pd.Series, first: int, last: int, zone: tzinfo) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return begin and end of the busy hours of every week that two moments touch, in order.

    The hours are those of the clock: one that a spring night leaves out has no length, one that an autumn
    night has twice lasts two hours.
    """
    since, to = (
        pd.Timestamp(moment, unit="us", tz="UTC").tz_convert(zone).tz_localize(None) for moment in (first, last)
    )
    monday = since.normalize() - pd.Timedelta(days=since.weekday()) - _WEEK
    weeks = pd.date_range(monday, to, freq=_WEEK).to_numpy()
    days = weeks[:, None] + (int(peak["day"]) + np.arange(int(peak["days"]))) * np.timedelta64(1, "D")
    begin = days.ravel() + np.timedelta64(int(peak["hour"]), "h")
    edges = (
        pd.DatetimeIndex(local).tz_localize(
            zone, ambiguous=np.ones(len(local), dtype=bool), nonexistent="shift_forward"
        )
        for local in (begin, begin + np.timedelta64(int(peak["hours"]), "h"))
    )
    starts, ends = (_microseconds(pd.Series(edge)) for edge in edges)
    return starts, ends


def _busy_until(
    moments: npt.NDArray[np.int64], starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return how much of the busy time lies before each moment, in microseconds."""
    so_far = np.cumsum(ends - starts)
    last = np.searchsorted(starts, moments, side="right") - 1
    return np.asarray(so_far[last] - np.maximum(ends[last] - moments, 0))


def _ranked(rows: pd.DataFrame, ranks: pd.Series) -> pd.DataFrame:
    """Put the rows in order, those of an occurrence together, and number the occurrences."""
    step = np.select([rows["on_ground"], rows["distance_m"].notna(), rows["placed"]], [_ON, _NEAR, _FAR], _NOWHERE)
    keys = pd.DataFrame(
        {
            "risk": rows["risk"].map(_RISKS).fillna(_UNRATED).astype(int),
            "step": step,
            "concurrent": -rows["concurrent"].fillna(0).astype(int),
            "overlap": -rows["overlap_h"].fillna(0.0),
            "distance": rows["distance_m"].fillna(np.inf),
            "starts_at": rows["starts_at"],
            "occurrence": rows["occurrence_id"],
            "hotspot": rows["hotspot_id"].map(ranks),
        }
    )
    ordered = rows.loc[keys.sort_values(list(keys.columns), kind="stable").index]
    ordered["rank"] = pd.factorize(ordered["occurrence_id"])[0] + 1
    return ordered.sort_values("rank", kind="stable")


def _reasons(rows: pd.DataFrame, ranks: pd.Series, busy: pd.Series, reach_m: float) -> list[str]:
    """Return why each row stands where it does, in words."""
    called, said = ranks.map("H{:02d}".format).to_dict(), busy.to_dict()
    columns = ("risk", "placed", "hotspot_id", "distance_m", "overlap_h", "concurrent")
    return [
        "; ".join(
            filter(
                None,
                [
                    "no risk given" if pd.isna(risk) else f"{risk} risk",
                    _where(called.get(hotspot), distance, reach_m) if placed else "no place given",
                    _hours(said.get(hotspot), overlap),
                    _others(concurrent) if placed else "",
                ],
            )
        )
        for risk, placed, hotspot, distance, overlap, concurrent in zip(*(rows[name] for name in columns), strict=True)
    ]


def _where(hotspot: str | None, distance: float, reach_m: float) -> str:
    if hotspot is None:
        return f"no hotspot within {reach_m:g} m"
    return f"{max(round(distance / 10), 1) * 10} m from {hotspot}" if distance else f"on the ground of {hotspot}"


def _hours(busy: str | None, overlap: float) -> str:
    if busy is None:
        return ""
    if math.isnan(overlap):
        return f"no end given, so no hours counted in the busy {busy} there"
    if overlap == 0:
        return f"outside the busy hours {busy} there"
    length = f"{overlap:.1f}".removesuffix(".0") if overlap >= _LEAST_H else "under 0.1"
    return f"{length} h in the busy hours {busy} there"


def _others(concurrent: int) -> str:
    if not concurrent:
        return ""
    return f"{concurrent} other event{'' if concurrent == 1 else 's'} within reach at the same time"
