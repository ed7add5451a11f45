"""Hints that crime moved in a month, from a hotspot to the ground around it or over the border of the area.

A hotspot was chosen because its window was high, so its month is compared only with the other months of that
same window: each of them had the same part in the choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from hotspots.stats.two_counts import displacement
from hotspots.stats.usual import ALPHA, false_discovery, usual_range, usual_total
from hotspots.tables import LOCATED, check
from hotspots.tables.neighbours import DISPLACEMENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import numpy.typing as npt

    from hotspots.analysis.hotspots import Found

RING_M = 300.0
"""Width of the ring around a hotspot: as far as the widest hotspot reaches itself."""


@dataclass(frozen=True)
class BorderDisplacement:
    """Whether the area fell and what lies around it rose, in one month."""

    n_month: int
    usual: tuple[int, int]
    """Usual range of the area's total."""
    ring_n_month: int
    ring_usual: tuple[int, int]
    """Usual range of the ring's total."""
    p: float
    """Of a fall inside and a rise in the ring, as two Poisson counts."""
    hint: bool
    """The area lies below its usual range and the ring above its own."""


@dataclass(frozen=True)
class Displacements:
    """Hints that crime moved, a street on or across the line."""

    hotspots: pd.DataFrame
    """DISPLACEMENT."""
    border: BorderDisplacement | None
    """Of the whole area; none without three other months."""
    width_m: float
    """Width of the ring around each hotspot."""
    n_others: int
    """Months that the month is compared with."""
    refused: str
    """Why nothing was compared, for the end of a sentence; empty where it was."""


def displacement_hints(
    focus: gpd.GeoDataFrame,
    own: Found,
    window: pd.PeriodIndex,
    *,
    untested: Sequence[pd.Period] = (),
    width_m: float = RING_M,
) -> Displacements:
    """Look for hotspots that fell in the month while the ground around them rose, and for the same of the area.

    Each is tested against the other months of the window by ``displacement``, one-sided, with Benjamini and
    Hochberg over the hotspots. One whose totals, inside or around, are so small that no month could be beyond
    chance is left out of these (Tarone 1990): the test takes totals as given, so they may choose. The ring of
    a hotspot holds what lies within ``width_m`` of its ground and in no hotspot, across the line too; two
    rings may share ground. Totals of the area and of the zone ``ring`` swing with the season: a hint across
    the line needs both outside their ``usual_total`` ranges.

    Parameters
    ----------
    focus, own
        What ``find_hotspots`` was given, and what it returned.
    window
        Months of the window that the data hold; the last one is the month of the run.
    untested
        Months that are not compared, because the files look incomplete.
    width_m
        Width of the ring around each hotspot, in metres.

    Returns
    -------
    Displacements
        ``ring_usual_low`` to ``ring_usual_high`` is at the level at which hints are found: where there is a
        hint, the ring lies above it. Of a hotspot that holds too little ``displacement_p_adjusted`` is empty;
        without a test all p, means and ranges are.
    """
    check(LOCATED, focus)
    key = own.grounds.index.sort_values()
    compared = np.array([month not in untested for month in window[:-1]], dtype=bool)
    refused = "the window holds no other whole month" if not compared.any() else ""
    if window[-1] in untested:
        refused = "the month's files look incomplete"
    inside = _counted(focus, own.members["hotspot_id"], key, window)
    ring = _ring_counts(focus, own, key, window, width_m)
    columns = {"n_month": inside[:, -1], "ring_n_month": ring[:, -1]}
    table = pd.DataFrame(columns, index=key).assign(**_tests(inside, ring, key, compared & (not refused)))
    zones = _counted(focus, focus["zone"], pd.Index(["area", "ring"]), window)
    return Displacements(
        hotspots=check(DISPLACEMENT, table[list(DISPLACEMENT.columns)]),
        border=None if refused else _across(zones, compared),
        width_m=width_m,
        n_others=0 if refused else int(compared.sum()),
        refused=refused,
    )


def _counted(rows: gpd.GeoDataFrame, by: pd.Series, key: pd.Index, window: pd.PeriodIndex) -> npt.NDArray[np.int64]:
    """Count rows by group and month, shape (groups, months)."""
    counts = pd.crosstab(by, rows["month"]).reindex(index=key, columns=window, fill_value=0)
    return counts.to_numpy(dtype=np.int64)


def _ring_counts(
    focus: gpd.GeoDataFrame, own: Found, key: pd.Index, window: pd.PeriodIndex, width_m: float
) -> npt.NDArray[np.int64]:
    """Count by month what lies around each hotspot and in none, shape (hotspots, months)."""
    free = focus[own.members["hotspot_id"].isna() & focus["month"].isin(window)]
    tree = shapely.STRtree(free.geometry.to_numpy())
    hotspot, row = tree.query(own.grounds.reindex(key).to_numpy(), predicate="dwithin", distance=width_m)
    counts = np.zeros((len(key), len(window)), dtype=np.int64)
    np.add.at(counts, (hotspot, window.get_indexer(pd.PeriodIndex(free["month"]))[row]), 1)
    return counts


def _tests(
    inside: npt.NDArray[np.int64], ring: npt.NDArray[np.int64], key: pd.Index, compared: npt.NDArray[np.bool_]
) -> dict[str, pd.Series]:
    """Return the tested columns of DISPLACEMENT; empty where no month is compared."""
    n_others = int(compared.sum())
    if not n_others:
        numbers = ("others_mean", "ring_others_mean", "displacement_p", "displacement_p_adjusted")
        return {
            **dict.fromkeys(numbers, pd.Series(np.nan, index=key, dtype=float)),
            **dict.fromkeys(("ring_usual_low", "ring_usual_high"), pd.Series(pd.NA, index=key, dtype="Int64")),
            "displacement": pd.Series(data=False, index=key, dtype=bool),
        }
    before, ring_before = (counts[:, :-1][:, compared].sum(axis=1) for counts in (inside, ring))
    months = (n_others, 1)
    p = displacement((before, inside[:, -1]), (ring_before, ring[:, -1]), months).p
    none, total, ring_total = np.zeros_like(before), before + inside[:, -1], ring_before + ring[:, -1]
    told = displacement((total, none), (none, ring_total), months).p <= ALPHA
    adjusted = np.full(len(key), np.nan)
    adjusted[told], level = false_discovery(p[told])
    # One tail at this level: what rose beyond it is above a two-sided range of twice the level.
    low, high = usual_range(ring_before, n_others, 2 * level).T
    return {
        "others_mean": pd.Series(before / n_others, index=key),
        "ring_others_mean": pd.Series(ring_before / n_others, index=key),
        "ring_usual_low": pd.Series(low, index=key, dtype="Int64"),
        "ring_usual_high": pd.Series(high, index=key, dtype="Int64"),
        "displacement_p": pd.Series(p, index=key),
        "displacement_p_adjusted": pd.Series(adjusted, index=key),
        "displacement": pd.Series(adjusted <= ALPHA, index=key, dtype=bool),
    }


def _across(zones: npt.NDArray[np.int64], compared: npt.NDArray[np.bool_]) -> BorderDisplacement | None:
    """Test the totals of the area and its ring, the rows of the counts."""
    others, (n, ring_n) = zones[:, :-1][:, compared], zones[:, -1].tolist()
    usual, ring_usual = usual_total(others[0]), usual_total(others[1])
    if usual is None or ring_usual is None:
        return None
    before, ring_before = others.sum(axis=1)
    p = displacement((before, n), (ring_before, ring_n), (int(compared.sum()), 1)).p
    return BorderDisplacement(n, usual, ring_n, ring_usual, float(p[0]), n < usual[0] and ring_n > ring_usual[1])
