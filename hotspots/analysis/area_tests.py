"""What in the LSOA table is beyond chance: where counts lie high together, and where the month changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hotspots.errors import InputError
from hotspots.geo.contiguity import queen
from hotspots.stats.local import G_STAR_PERMUTATIONS, g_star_permuted, label
from hotspots.stats.two_counts import conditional_p
from hotspots.stats.usual import ALPHA, change_p, false_discovery, usual_range
from hotspots.tables import AREA_STATS, AREAS, LOCATED, check

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

MIN_AREAS = 10
"""With fewer LSOAs there is no mean to be above."""


@dataclass(frozen=True)
class AreaTests:
    """The LSOA table with its tests, and what a reader must know of them."""

    stats: gpd.GeoDataFrame
    """AREA_STATS of the area and its ring."""
    permutations: int
    """How many stand behind each p of Gi*."""
    islands: tuple[str, ...]
    """Codes of the LSOAs that touch no other with data: they are hot or cold by their own count alone."""
    quiet: tuple[str, ...]
    """Codes of the LSOAs left out of every test because no row of any kind lies in their borough."""
    refused: str
    """Why no LSOA could be called hot or cold, a sentence; empty where they were tested."""


def untested_columns(key: pd.Index) -> dict[str, pd.Series]:
    """Return the columns of all tests as they are before any test, by name, on the index ``key``."""
    nothing = pd.Series(np.nan, index=key, dtype=float)
    scores = ("gi_z", "p_value", "p_adjusted")
    usual = ("usual_low", "usual_high")
    p = [name + end for name in ("change_p", "previous_p", "last_year_p") for end in ("", "_adjusted")]
    return {
        **dict.fromkeys(scores, nothing),
        "label": pd.Series(None, index=key, dtype="str"),
        **dict.fromkeys(usual, pd.Series(pd.NA, index=key, dtype="Int64")),
        **dict.fromkeys(p[:2], nothing),
        "change": pd.Series("untested", index=key, dtype="str"),
        **dict.fromkeys(p[2:], nothing),
    }


def area_tests(
    stats: gpd.GeoDataFrame,
    located: gpd.GeoDataFrame,
    covered: pd.DataFrame,
    window: pd.PeriodIndex,
    *,
    untested: Sequence[pd.Period] = (),
    quiet: Sequence[str] = (),
    permutations: int = G_STAR_PERMUTATIONS,
    seed: int = 0,
) -> AreaTests:
    """Test of each LSOA whether it is hot or cold with its neighbours, and whether its month is beyond chance.

    Parameters
    ----------
    stats
        AREA_STATS of the area and its ring, in a CRS projected in metres, tests still empty.
    located, covered, window
        What ``area_stats`` was given.
    untested
        Months that are counted but not compared, because the files look incomplete.
    quiet
        LSOAs that are counted but not tested: what ``quiet_areas`` returned.
    permutations, seed
        Of Gi*.

    Returns
    -------
    AreaTests
        ``gi_z``, ``p_value`` and ``label`` are Gi* of ``n`` over an LSOA and all that touch it (binary
        weights, permuted p). ``change`` tests the month against the other months of the window, and
        ``usual_low`` to ``usual_high`` holds a month's count exactly when it is not beyond chance;
        ``previous_p`` and ``last_year_p`` are exact tests of the month against one other. Each list of p
        is adjusted by Benjamini and Hochberg over all LSOAs tested, area and ring together. An LSOA whose
        force lacks a month of the window is in neither of the first two, and in a comparison of two
        months where its force has both.
    """
    check(AREA_STATS, stats)
    check(LOCATED, located)
    heard = ~stats.index.isin(quiet)
    known = stats.index[covered.loc[stats.index, list(window)].all(axis=1) & heard]
    found, islands, refused = _hot_and_cold(stats, known, permutations, seed)
    focus = located[located["in_focus"]]
    by_month = pd.crosstab(focus["lsoa_code"], focus["month"])
    by_month = by_month.reindex(index=known, columns=window, fill_value=0).astype(np.int64)
    columns = {**found, **month_changes(by_month, untested)}
    for name, months_back in (("previous", 1), ("last_year", 12)):
        thin = {window[-1], window[-1] - months_back} & set(untested)
        pair = stats.loc[heard & (not thin), ["n_month", f"n_{name}"]].dropna()
        columns |= _against(pair.astype(float), f"{name}_p")
    filled = {name: column.reindex(stats.index) for name, column in columns.items()}
    filled["change"] = filled["change"].fillna("untested")
    return AreaTests(
        stats=check(AREA_STATS, stats.assign(**filled)),
        permutations=permutations,
        islands=islands,
        quiet=tuple(stats.index[~heard]),
        refused=refused,
    )


def quiet_areas(located: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, window: pd.PeriodIndex) -> pd.Index:
    """Find the LSOAs in whose borough no row of any crime type lies.

    A file that is a selection of boroughs is no count of the others. Their zeros would be cold, and a few cold
    LSOAs that are sure make Benjamini and Hochberg let others pass as hot.

    Parameters
    ----------
    located
        LOCATED, all crime types.
    areas
        AREAS, the whole layer.
    window
        Months that the data hold.

    Returns
    -------
    Index
        Codes of whole boroughs.
    """
    check(LOCATED, located)
    check(AREAS, areas)
    busy = areas["borough"].reindex(located.loc[located["month"].isin(window), "lsoa_code"].dropna().unique())
    quiet: pd.Index = areas.index[~areas["borough"].isin(busy)]
    return quiet


def _hot_and_cold(
    stats: gpd.GeoDataFrame, known: pd.Index, permutations: int, seed: int
) -> tuple[dict[str, pd.Series], tuple[str, ...], str]:
    """Return the columns of Gi*, the LSOAs that touch no other with data, and why there is no Gi*."""
    columns = untested_columns(stats.index)
    empty = {name: columns[name] for name in ("gi_z", "p_value", "p_adjusted", "label")}
    if len(known) < MIN_AREAS:
        few = f"only {len(known)} have data, and {MIN_AREAS} are needed"
        return empty, (), f"No LSOA of the area and its ring is called hot or cold: {few}."
    try:
        matrix = queen(stats.geometry).matrix
    except InputError as error:  # nothing else in the month needs neighbours
        return empty, (), f"No LSOA is called hot or cold. {error}"
    has_data = stats.index.isin(known)
    star = g_star_permuted(stats["n"].astype(float).where(has_data), matrix, permutations, seed)
    labels = label(star.z, star.p)
    values = {"gi_z": star.z, "p_value": star.p, "p_adjusted": labels.p_adjusted}
    found = {name: pd.Series(column, index=stats.index) for name, column in values.items()}
    alone = has_data & (matrix @ has_data == 0)
    islands = tuple(str(key) for key in stats.index[alone])
    return {**found, "label": pd.Series(labels.label, index=stats.index, dtype="str")}, islands, ""


def month_changes(by_month: pd.DataFrame, untested: Sequence[pd.Period] = ()) -> dict[str, pd.Series]:
    """Test the last month of each row against the other months.

    Parameters
    ----------
    by_month
        Counts, one column per month, oldest first.
    untested
        Months that are not compared.

    Returns
    -------
    dict of Series
        ``usual_low``, ``usual_high``, ``change_p``, ``change_p_adjusted`` (Benjamini and Hochberg over all
        rows) and ``change`` on the index of the counts; empty and ``untested`` where the last month may not
        be compared or no other month is left.
    """
    key = by_month.index
    base = by_month.iloc[:, :-1].drop(columns=list(untested), errors="ignore")
    n_others = base.shape[1]
    if n_others < 1 or by_month.columns[-1] in untested:
        columns = untested_columns(key)
        return {name: columns[name] for name in ("usual_low", "usual_high", "change_p", "change_p_adjusted", "change")}
    month, others = by_month.iloc[:, -1].to_numpy(), base.sum(axis=1).to_numpy()
    p = change_p(month, others, n_others)
    adjusted, level = false_discovery(p)
    sums, place = np.unique(others, return_inverse=True)  # a city has thousands of LSOAs and few sums
    low, high = usual_range(sums, n_others, level)[place].T
    beyond = adjusted <= ALPHA
    change = np.select([beyond & (month > others / n_others), beyond], ["above", "below"], "usual")
    return {
        "usual_low": pd.Series(low, index=key, dtype="Int64"),
        "usual_high": pd.Series(high, index=key, dtype="Int64"),
        "change_p": pd.Series(p, index=key),
        "change_p_adjusted": pd.Series(adjusted, index=key),
        "change": pd.Series(change, index=key, dtype="str"),
    }


def _against(pair: pd.DataFrame, name: str) -> dict[str, pd.Series]:
    """Test the first column of counts against the second."""
    p = pd.Series(conditional_p(pair.iloc[:, 0], pair.iloc[:, 1]), index=pair.index)
    return {name: p, f"{name}_adjusted": pd.Series(false_discovery(p)[0], index=p.index)}
