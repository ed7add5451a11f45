"""What happened when a coming event was held before: incidents around it then, against days or months like those."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from hotspots.events.exposure import REACH_M, stops
from hotspots.geo.points import within_reach
from hotspots.stats.two_counts import conditional_p
from hotspots.stats.usual import ALPHA, false_discovery
from hotspots.tables import LOCATED, check
from hotspots.tables.exposure import EARLIER
from hotspots.tables.occurrences import OCCURRENCES

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

    _Numbers = npt.NDArray[np.int64]

SAME_PLACE_M = 50.0
"""Events of one kind at most so far apart are held at one place."""
WEEKS_AROUND = 4
"""A day is compared with the same weekday of so many weeks before it and after it."""
MONTHS_AROUND = 2
"""A month is compared with so many before it and after it."""
HELD = ("planned", "live", "done")
"""Of these a past date is taken for held; what was only proposed may never have been."""

_LEAST_DATED = 0.5
"""Days are compared where so large a share of the incidents has one."""
_WEEK = 7


@dataclass(frozen=True)
class _Calendar:
    """Days or months, numbered from 1970, in which incidents are counted."""

    unit: str
    held: _Numbers
    """Those that the files hold."""
    of_incident: _Numbers
    """Of each incident; -1 where not known."""


def earlier(
    coming: gpd.GeoDataFrame,
    past: gpd.GeoDataFrame,
    incidents: gpd.GeoDataFrame,
    months: pd.PeriodIndex,
    *,
    reach_m: float = REACH_M,
) -> pd.DataFrame:
    """Compare the incidents around coming events, when they were held before, with days or months like those.

    An event was held before where it has past occurrences of its own, or else where others of its kind were
    held within ``SAME_PLACE_M`` of its place. Where half of the incidents or more are known to the day, its
    days are compared with the same weekdays up to ``WEEKS_AROUND`` weeks before and after each, on which it
    was not held: of every weekday as many for each of its days, the nearest, so that a Saturday stands
    against Saturdays. A weekday with fewer of them than days of its own is left out; where all have fewer, the
    one with most is taken alone. Where only months are known, its months are compared with up to ``MONTHS_AROUND``
    before and after each, by their days. The test is the exact conditional one (Przyborowski and Wilenski
    1940), two-sided, corrected by Benjamini and Hochberg over the events whose totals are large enough that
    some outcome could be beyond chance (Tarone 1990); the others are too few to tell. It takes counts as
    Poisson, and tells neither why nor what else was on.

    Parameters
    ----------
    coming
        OCCURRENCES ahead; those without a place are left out.
    past
        OCCURRENCES of the time that the files hold, in the same CRS in metres; only those with a place and
        of a status in ``HELD`` count.
    incidents
        LOCATED rows to count, in the same CRS. A row whose range runs over several days is on none.
    months
        Months that the files hold whole; nothing is counted outside of them.
    reach_m
        Greatest distance of an incident from the event, in metres.

    Returns
    -------
    DataFrame
        EARLIER: of each event that was held before. Where no day or month is left to compare with, such as
        for a weekly market, it is ``not compared``.

    Raises
    ------
    TableError
        A table breaks its contract, or the CRS differ.
    """
    check(LOCATED, incidents)
    for table in (coming, past):
        check(OCCURRENCES, table, epsg=incidents.crs.to_epsg())
    events = _with_place(coming).drop_duplicates("event_id").set_index("event_id").sort_index()
    before = _with_place(past)
    before = before[before["status"].isin(HELD)]
    calendar = _calendar(incidents, months)
    counted = _counted(_matches(events, before), before, calendar, _near(events, incidents, reach_m))
    return _tested(counted, events["title"], calendar.unit)


def _counted(
    matched: dict[str, tuple[str, list[int]]],
    before: gpd.GeoDataFrame,
    calendar: _Calendar,
    near: dict[str, _Numbers],
) -> pd.DataFrame:
    """Count around each event in its own days or months and in those they are compared with."""
    first, last = _span(before, calendar.unit)
    in_files = np.searchsorted(calendar.held, last, side="right") > np.searchsorted(calendar.held, first, side="left")
    rows = []
    for event, (how, positions) in matched.items():
        spans = [np.arange(first[at], last[at] + 1) for at in positions]
        units = np.intersect1d(np.concatenate(spans), calendar.held)
        own, others = (_days if calendar.unit == "days" else _months)(units, calendar.held)
        of_incident = calendar.of_incident[near[event]]
        counts = [int(np.isin(of_incident, some).sum()) for some in (own, others)]
        lengths = [_length(some, calendar.unit) for some in (own, others)]
        rows.append((event, how, int(in_files[positions].sum()), len(own), len(others), *counts, *lengths))
    columns = ["event_id", "matched_by", "n_times", "n_units", "n_compared_units", "n", "n_compared", "own", "others"]
    return pd.DataFrame(rows, columns=columns).set_index("event_id")


def _with_place(occurrences: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return occurrences[~(occurrences.geometry.isna() | occurrences.geometry.is_empty)]


def _matches(events: gpd.GeoDataFrame, before: gpd.GeoDataFrame) -> dict[str, tuple[str, list[int]]]:
    """Return how each event was held before and the positions of its past occurrences; only those that were."""
    own = {str(event): list(rows) for event, rows in before.groupby("event_id").indices.items()}
    pairs = within_reach(events.geometry, before.geometry, SAME_PLACE_M)
    same_kind = pairs["place"].map(events["kind"]) == pairs["other"].map(before["kind"])
    alike = pairs[same_kind].groupby("place")["other"].agg(list)
    found = {}
    for event in events.index:
        if event in own:
            found[event] = ("event", own[event])
        elif event in alike.index:
            found[event] = ("kind and place", before.index.get_indexer(alike[event]).tolist())
    return found


def _calendar(incidents: gpd.GeoDataFrame, months: pd.PeriodIndex) -> _Calendar:
    """Return the days, numbered, where most incidents have one, and else the months."""
    on, until = incidents["occurred_on"], incidents["occurred_until_on"]
    known = on.notna() & (until.isna() | (until == on))
    held = np.unique(months.asi8)
    if not len(incidents) or known.mean() < _LEAST_DATED:
        return _Calendar("months", held, np.asarray(pd.PeriodIndex(incidents["month"]).asi8))
    days = np.where(known, on.to_numpy(dtype="datetime64[D]").astype(np.int64), -1)
    spans = [_days_of(month) for month in held.astype("datetime64[M]")]
    return _Calendar("days", np.concatenate([np.zeros(0, dtype=np.int64), *spans]), days)


def _days_of(month: np.datetime64) -> _Numbers:
    return np.arange(month, month + 1, dtype="datetime64[D]").astype(np.int64)


def _span(occurrences: pd.DataFrame, unit: str) -> tuple[_Numbers, _Numbers]:
    """Return the first and last local day or month of each occurrence."""
    over = stops(occurrences, 0.0) - pd.Timedelta(microseconds=1)  # over at midnight is over on the day before
    edges = [occurrences["starts_at"], over.fillna(occurrences["starts_at"])]
    name = "datetime64[D]" if unit == "days" else "datetime64[M]"
    first, last = (edge.dt.tz_localize(None).to_numpy().astype(name).astype(np.int64) for edge in edges)
    return first, last


def _near(events: gpd.GeoDataFrame, incidents: gpd.GeoDataFrame, reach_m: float) -> dict[str, _Numbers]:
    """Return the positions of the incidents within reach of each event."""
    tree = shapely.STRtree(incidents.geometry.to_numpy())
    event, row = tree.query(events.geometry.to_numpy(), predicate="dwithin", distance=reach_m)
    order = np.argsort(event, kind="stable")
    upto = np.searchsorted(event[order], np.arange(len(events)), side="right")
    return dict(zip(events.index, np.split(row[order], upto), strict=False))  # the last part is empty


def _days(own: _Numbers, held: _Numbers) -> tuple[_Numbers, _Numbers]:
    """Return the days to count and those to compare with, every weekday in the same proportion."""
    steps = _WEEK * np.array([step for step in range(-WEEKS_AROUND, WEEKS_AROUND + 1) if step])
    around = np.setdiff1d(np.intersect1d(own[:, None] + steps, held), own)
    parts = [(own[own % _WEEK == day], around[around % _WEEK == day]) for day in np.unique(own % _WEEK)]
    enough = [part for part in parts if len(part[1]) >= len(part[0])]
    if len(enough) < 2:  # noqa: PLR2004 - one weekday needs no balance
        most = sorted(parts, key=lambda part: (len(part[1]), len(part[0])))[-1:]
        return (enough or most or [(own, around)])[0]
    times = min(len(others) // len(days) for days, others in enough)
    nearest = []
    for days, others in enough:
        apart = np.abs(others[:, None] - days).min(axis=1)
        nearest.append(others[np.argsort(apart, kind="stable")[: times * len(days)]])
    return np.concatenate([days for days, _ in enough]), np.concatenate(nearest)


def _months(own: _Numbers, held: _Numbers) -> tuple[_Numbers, _Numbers]:
    """Return the months to count and those to compare with."""
    steps = np.arange(-MONTHS_AROUND, MONTHS_AROUND + 1)
    return own, np.setdiff1d(np.intersect1d(own[:, None] + steps, held), own)


def _length(units: _Numbers, unit: str) -> int:
    """Return how many days there are in days or months."""
    return len(units) if unit == "days" else sum(len(_days_of(month)) for month in units.astype("datetime64[M]"))


def _tested(rows: pd.DataFrame, titles: pd.Series, unit: str) -> pd.DataFrame:
    """Test each event's two counts, and make the table."""
    whole = ("n_times", "n_units", "n_compared_units", "n", "n_compared")
    table = rows.astype({"own": float, "others": float, **dict.fromkeys(whole, np.int64)})
    compared = ((table["own"] > 0) & (table["others"] > 0)).to_numpy()
    n, rest, own, others = (table[name].to_numpy() for name in ("n", "n_compared", "own", "others"))
    length, other_length = np.where(compared, own, 1.0), np.where(compared, others, 1.0)
    total, none = n + rest, np.zeros_like(n)
    p = conditional_p(n, rest, length, other_length)
    least = np.minimum(
        conditional_p(total, none, length, other_length), conditional_p(none, total, length, other_length)
    )
    told = compared & (least <= ALPHA)
    adjusted = np.full(len(table), np.nan)
    adjusted[told] = false_discovery(p[told])[0]
    beyond, expected = adjusted <= ALPHA, rest * length / other_length
    words = np.select(
        [~compared, ~told, beyond & (n > expected), beyond], ["not compared", "too few", "more", "fewer"], "usual"
    )
    table = table.assign(
        title=titles.reindex(table.index),
        unit=unit,
        expected=np.where(compared, expected, np.nan),
        p=np.where(compared, p, np.nan),
        p_adjusted=adjusted,
        told=words,
    )
    texts = dict.fromkeys(("title", "matched_by", "unit", "told"), "str")
    table = table.set_axis(table.index.astype("str").rename("event_id")).sort_index().astype(texts)
    return check(EARLIER, table[list(EARLIER.columns)])
