"""The life of a hotspot: an id that survives months, and how long and how steadily it has been one.

The same method is run again as it would have been run in earlier months, and what it drew is followed
forward in time by the overlap of grounds.

A ground is chosen for being high in its window, so that earlier months seem low beside it. But a trend is
only told of places in the top in 90 % of the runs, which were high in all windows: on Poisson data without
any change, 24 to 60 months of them, 0 to 2 % of these places were said to rise or fall.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.analysis.hotspots import find_hotspots
from hotspots.analysis.matching import Identity, Registry, overlaps
from hotspots.geo.grid import Grid
from hotspots.stats.trend import LIFE_MONTHS, life_status, mann_kendall
from hotspots.stats.usual import false_discovery
from hotspots.tables import check
from hotspots.tables.life import PAST

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shapely.geometry.base import BaseGeometry

    from hotspots.analysis.hotspots import Found
    from hotspots.analysis.methods import Surroundings
    from hotspots.settings import Hotspots

COUNTED_MONTHS = 36
"""Most months of counts that are told of a hotspot."""

_TESTED = ("intensifying", "persistent", "diminishing")


@dataclass(frozen=True)
class EarlierPack:
    """What a pack made before says of its hotspots."""

    month: pd.Period
    """The month of that job."""
    places: gpd.GeoDataFrame
    """HOTSPOTS of the pack, or better HOTSPOTS and PAST together, in the CRS of the incidents. Where
    ``first_seen`` or ``last_seen`` is absent or empty, it is the month of the pack."""


@dataclass(frozen=True)
class Life:
    """Hotspots through the months."""

    ids: pd.Series
    """The id that survives months, unique, by the id that ``find_hotspots`` gave."""
    table: pd.DataFrame
    """By the surviving id of each hotspot: ``status``, ``first_seen`` (YYYY-MM), ``months_in_top``, and where
    the trend was tested ``trend_p`` and ``trend_p_adjusted``."""
    past: gpd.GeoDataFrame
    """PAST: places that were hotspots in an earlier month and are not now; they have no names yet."""
    months: pd.PeriodIndex
    """Last month of every run looked at, oldest first, the month of the job last."""
    counts: pd.DataFrame
    """Incidents on the present ground, by surviving id and month that the data hold, of the last
    ``COUNTED_MONTHS``; a month without data has no column."""
    drawn: gpd.GeoDataFrame
    """The ground of every hotspot of every run, ``month`` beside it: what the method would have shown then."""


def life_of(
    found: Found,
    around: Surroundings,
    earlier: Sequence[pd.PeriodIndex],
    settings: Hotspots,
    *,
    previous: EarlierPack | None = None,
    progress: Callable[[str], None] | None = None,
) -> Life:
    """Follow the hotspots through earlier months, at each of which the same method is run again.

    A place is the one of earlier months whose last ground it is most like (``match_grounds``). Its id is
    that of the earlier pack, else that of the first run that drew it.

    Its status is that of ``life_status``. It was in the top in a month when it was drawn then, or another
    place was that overlaps its present ground as much: what joins or parts has a new id, but the ground is
    not new. The trend is that of the counts on the present ground in the months of the runs.

    Parameters
    ----------
    found
        What ``find_hotspots`` returned for ``around``.
    around
        History, months and areas; areas and ground with data hold for the earlier months too.
    earlier
        Of each earlier month that is looked at, oldest first, the months of its window that the data hold.
    settings
        ``[hotspots]``.
    previous
        An earlier pack: its ids win, and none of them goes to another place.
    progress
        Called with a few words before each run.

    Returns
    -------
    Life
        All tables are sorted by id.

    Raises
    ------
    ValueError
        The earlier months do not rise to the present one, or the pack repeats an id or is in another CRS.
    """
    windows = [*earlier, around.window]
    months = _last_months(windows)
    named, ids, drawn = _follow(found, around, windows, settings, previous, progress or (lambda _: None))
    key = pd.Index(ids, dtype="str", name="hotspot_id")
    sites = _sites(around, settings)
    held = pd.PeriodIndex(sorted(set().union(*windows)), freq="M")
    counts = _counts(found.grounds.set_axis(key), sites, held, once=True).sort_index()
    now = {name: named[name] for name in counts.index}
    past = {name: place for name, place in named.items() if name not in now and _seen(place, months)}
    return Life(
        ids=pd.Series(key, index=found.grounds.index, dtype="str"),
        table=_table(now, drawn, counts[months], months),
        past=_past(past, found.grounds.set_axis(key), sites, months, around.window),
        months=months,
        counts=counts[held[held > months[-1] - COUNTED_MONTHS]],
        drawn=_grounds_of(months, drawn).set_crs(found.grounds.crs),
    )


def _grounds_of(months: pd.PeriodIndex, drawn: list[list[BaseGeometry]]) -> gpd.GeoDataFrame:
    """Return the grounds of every run with its month."""
    shapes = [shape for run in drawn for shape in run]
    return gpd.GeoDataFrame({"month": months.repeat([len(run) for run in drawn])}, geometry=gpd.GeoSeries(shapes))


def renamed(found: Found, ids: pd.Series) -> Found:
    """Return the places found under the ids that survive months.

    Parameters
    ----------
    found
        What ``find_hotspots`` returned.
    ids
        New id by the id of ``found``: ``Life.ids``.

    Returns
    -------
    Found
        The same places in the same order.
    """
    key = pd.Index(ids.reindex(found.grounds.index), dtype="str", name="hotspot_id")
    return dataclasses.replace(
        found,
        members=found.members.assign(hotspot_id=found.members["hotspot_id"].map(ids).astype("str")),
        grounds=found.grounds.set_axis(key),
        centres=found.centres.set_axis(key),
        minima=found.minima.set_axis(key),
    )


def _last_months(windows: list[pd.PeriodIndex]) -> pd.PeriodIndex:
    months = pd.PeriodIndex([window[-1] for window in windows], freq="M")
    if not (months.is_monotonic_increasing and months.is_unique):
        raise ValueError("the earlier months must rise, and end before the month of the job")
    return months


def _follow(
    found: Found,
    around: Surroundings,
    windows: list[pd.PeriodIndex],
    settings: Hotspots,
    previous: EarlierPack | None,
    say: Callable[[str], None],
) -> tuple[dict[str, Identity], list[str], list[list[BaseGeometry]]]:
    """Show every run to a registry, and the earlier pack after the run of its month.

    Return all places by id, the id of each place of ``found``, and the grounds of every run.
    """
    registry, present, shapes = Registry(), [], []
    last = len(windows) - 1
    pack_before = -1 if previous is None else sum(window[-1] <= previous.month for window in windows[:last])
    for run, window in enumerate(windows):
        if previous is not None and run == pack_before:
            _adopt(previous, registry, found, windows[last][-1])
        drawn = found
        if run < last:
            say(f"Hotspots of {window[-1]}")
            drawn = _run(around, window, settings)
        present = registry.see(run, drawn.grounds, drawn.centres)
        shapes.append(drawn.grounds.to_list())
    names = registry.names()
    return dict(sorted(zip(names, registry.places, strict=True))), [names[number] for number in present], shapes


def _run(around: Surroundings, window: pd.PeriodIndex, settings: Hotspots) -> Found:
    """Find the hotspots as in an earlier month: of what came later nothing is known."""
    history = around.history[around.history["month"] <= window[-1]]
    then = dataclasses.replace(around, history=history, window=window)
    return find_hotspots(history[history["month"].isin(window)], then, settings)


def _adopt(previous: EarlierPack, registry: Registry, found: Found, month: pd.Period) -> None:
    """Show the places of an earlier pack to the registry, and when it says they were seen before ``month``."""
    places = previous.places.sort_index()
    if not places.index.is_unique:
        raise ValueError("the earlier pack names two hotspots alike")
    if places.crs != found.grounds.crs:
        raise ValueError(f"the earlier pack is in {places.crs}, the incidents are in {found.grounds.crs}")
    said = places.reindex(columns=["first_seen", "last_seen"]).astype("str").fillna(str(previous.month))
    positions = registry.adopt(places.geometry, places[["easting", "northing"]])
    for position, row in zip(positions, said.to_numpy(), strict=True):
        when = [pd.Period(text, freq="M") for text in row]
        registry.places[position].told = [one for one in when if one < month]


def _seen(place: Identity, months: pd.PeriodIndex) -> list[pd.Period]:
    """Return months in which a place was a hotspot, the first and the last among them, rising."""
    return sorted([*place.told, *(months[run] for run in place.runs)])


def _sites(around: Surroundings, settings: Hotspots) -> gpd.GeoSeries:
    """Return by month a point for each incident that lies on a ground exactly when the method counts it there.

    Incidents on an edge belong to one cell and to the LSOA they were joined to, so these are asked for.
    """
    rows = around.history
    points = rows.geometry.to_numpy()
    if settings.method == "cells":
        grid = Grid("square" if settings.cell_shape == "square" else "hexagon", settings.cell_m)
        points = shapely.points(grid.centres(grid.cells_of(shapely.get_coordinates(points))))
    elif settings.method == "lsoa":
        points = around.areas.representative_point().reindex(rows["lsoa_code"]).to_numpy()
    return gpd.GeoSeries(points, index=pd.PeriodIndex(rows["month"]), crs=rows.crs)


def _counts(grounds: gpd.GeoSeries, sites: gpd.GeoSeries, months: pd.PeriodIndex, *, once: bool) -> pd.DataFrame:
    """Count incidents by ground and month; ``once``: one on the edge of two grounds is the first's only."""
    ground, row = shapely.STRtree(sites.to_numpy()).query(grounds.to_numpy(), predicate="intersects")
    if once:
        order = np.lexsort([ground, row])
        ground, row = ground[order], row[order]
        first = np.diff(row, prepend=-1) > 0
        ground, row = ground[first], row[first]
    column = months.get_indexer(sites.index[row])
    table = np.zeros((len(grounds), len(months)), dtype=np.int64)
    np.add.at(table, (ground[column >= 0], column[column >= 0]), 1)
    return pd.DataFrame(table, index=grounds.index, columns=months)


def _table(
    now: dict[str, Identity],
    drawn: list[list[BaseGeometry]],
    counts: pd.DataFrame,
    months: pd.PeriodIndex,
) -> pd.DataFrame:
    """Return the life of the present places; ``drawn`` and ``counts`` are those of the months of the runs."""
    key, places = counts.index, list(now.values())
    in_top = np.zeros(counts.shape, dtype=bool)
    for row, place in enumerate(places):
        in_top[row, place.runs] = True
    for run, grounds in enumerate(drawn):
        in_top[overlaps([place.ground for place in places], grounds).here, run] = True
    entered = months[in_top.argmax(axis=1)]
    first = [min([when, *place.told]) for when, place in zip(entered, places, strict=True)]
    status = life_status(in_top, counts)
    # The runs do not reach back to when an earlier pack had it.
    known = np.array([when < run for when, run in zip(first, entered, strict=True)], dtype=bool)
    back = "seen before" if len(months) < LIFE_MONTHS else "sporadic"
    tested = np.isin(status, _TESTED)
    p = np.full((len(key), 2), np.nan)
    p[tested, 0] = mann_kendall(counts[tested]).p
    p[tested, 1] = false_discovery(p[tested, 0])[0]
    return pd.DataFrame(
        {
            "status": pd.Series(np.where((status == "new") & known, back, status), index=key, dtype="str"),
            "first_seen": pd.Series([str(when) for when in first], index=key, dtype="str"),
            "months_in_top": in_top.sum(axis=1),
            "trend_p": p[:, 0],
            "trend_p_adjusted": p[:, 1],
        },
        index=key,
    )


def _past(
    past: dict[str, Identity],
    grounds: gpd.GeoSeries,
    sites: gpd.GeoSeries,
    months: pd.PeriodIndex,
    window: pd.PeriodIndex,
) -> gpd.GeoDataFrame:
    """Return PAST: with whom its ground is now, and what has happened there in the present window."""
    key = pd.Index(past, dtype="str", name="hotspot_id")
    shapes = gpd.GeoSeries([place.ground for place in past.values()], index=key, crs=grounds.crs)
    by_month = _counts(shapes, sites, window, once=False)
    seen = [_seen(place, months) for place in past.values()]
    here, there, alike = overlaps(shapes.to_list(), grounds.to_list())
    heirs = {key[here[pair]]: grounds.index[there[pair]] for pair in np.lexsort([-there, alike])}
    columns = {
        "name": pd.Series(None, index=key, dtype="str"),
        "last_seen": pd.Series([str(when[-1]) for when in seen], index=key, dtype="str"),
        "first_seen": pd.Series([str(when[0]) for when in seen], index=key, dtype="str"),
        "months_in_top": pd.Series([len(place.runs) for place in past.values()], index=key, dtype=np.int64),
        "succeeded_by": pd.Series([heirs.get(name) for name in key], index=key, dtype="str"),
        "n": by_month.sum(axis=1).astype(np.int64),
        "n_month": by_month[window[-1]],
        "easting": pd.Series([place.centre[0] for place in past.values()], index=key, dtype=float),
        "northing": pd.Series([place.centre[1] for place in past.values()], index=key, dtype=float),
    }
    return check(PAST, gpd.GeoDataFrame(columns, geometry=shapes, index=key, crs=grounds.crs))
