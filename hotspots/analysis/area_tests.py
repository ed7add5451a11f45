"""What in the LSOA table is beyond chance: where counts lie high together, and where the month changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from hotspots.errors import InputError
from hotspots.geo.contiguity import queen
from hotspots.stats.local import G_STAR_PERMUTATIONS, g_star_permuted, label, local_moran
from hotspots.stats.two_counts import conditional_p, e_test_p
from hotspots.stats.usual import ALPHA, change_p, false_discovery, usual_range
from hotspots.tables import AREA_STATS, AREAS, LOCATED, check

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import numpy.typing as npt

    from hotspots.stats.local import LocalMoran, LocalResult

MIN_AREAS = 10
"""With fewer LSOAs there is no mean to be above."""

MORAN_PERMUTATIONS = 9_999
"""Most permutations of local Moran, which takes each LSOA by itself: enough to find one exception among 500, ten
among the 5,000 of London."""

CORRECTIONS = {"bh": "Benjamini and Hochberg", "none": "none"}
"""What the manifest calls a correction for how many places were tested."""

LOCAL_COLUMNS = (
    *("gi_z", "p_value", "p_adjusted", "label"),
    *("moran_i", "moran_p", "moran_p_adjusted", "moran_label"),
)
"""What the local statistics say of a place, LSOA or cell."""

_QUADRANTS = {"HH": "high-high", "LL": "low-low", "HL": "high-low", "LH": "low-high"}


@dataclass(frozen=True)
class AreaTests:
    """The LSOA table with its tests, and what a reader must know of them."""

    stats: gpd.GeoDataFrame
    """AREA_STATS of the area and its ring."""
    permutations: int
    """How many stand behind each p of Gi*."""
    moran_permutations: int
    """How many stand behind each p of local Moran."""
    islands: tuple[str, ...]
    """Codes of the LSOAs that touch no other with data: they are hot or cold by their own count alone."""
    quiet: tuple[str, ...]
    """Codes of the LSOAs left out of every test because no row of any kind lies in their borough."""
    refused: str
    """Why no LSOA could be called hot or cold, a sentence; empty where they were tested."""

    def document(self) -> dict[str, Any]:
        """Return how the LSOAs were tested, what was left out and what was found, ready for JSON."""
        names = self.stats["lsoa_name"]
        return {
            "permutations": self.permutations,
            "moran_permutations": self.moran_permutations,
            "correction": CORRECTIONS["bh"],
            **count_by_zone(self.stats),
            "islands": [{"lsoa_code": code, "lsoa_name": str(names[code])} for code in self.islands],
            "quiet_boroughs": sorted(set(self.stats["borough"].reindex(list(self.quiet)))),
            "quiet_lsoas": len(self.quiet),
            "refused": self.refused or None,
        }


def count_by_zone(table: pd.DataFrame) -> dict[str, dict[str, dict[str, int]]]:
    """Count what ``count_labels`` and ``count_moran`` count, by name, in the area and in the ring."""
    rows = {zone: table[table["zone"] == zone] for zone in ("area", "ring")}
    return {
        "hot_and_cold": {zone: count_labels(own) for zone, own in rows.items()},
        "local_moran": {zone: count_moran(own) for zone, own in rows.items()},
    }


def count_labels(rows: pd.DataFrame) -> dict[str, int]:
    """Count the hot and the cold, before and after the correction.

    Parameters
    ----------
    rows
        Rows with ``gi_z``, ``p_value`` and ``label``.

    Returns
    -------
    dict
        ``tested``, ``hot_before``, ``hot``, ``cold_before`` and ``cold``.
    """
    before = rows["p_value"] <= ALPHA
    return {
        "tested": int(rows["label"].notna().sum()),
        "hot_before": int((before & (rows["gi_z"] > 0)).sum()),
        "hot": int((rows["label"] == "hot").sum()),
        "cold_before": int((before & (rows["gi_z"] < 0)).sum()),
        "cold": int((rows["label"] == "cold").sum()),
    }


def count_moran(rows: pd.DataFrame) -> dict[str, int]:
    """Count those that are like or unlike their neighbours by local Moran beyond chance.

    Parameters
    ----------
    rows
        Rows with ``moran_p`` and ``moran_label``.

    Returns
    -------
    dict
        ``tested``, ``before`` (beyond chance before the correction, whichever kind) and each label but ``none``.
    """
    return {
        "tested": int(rows["moran_label"].notna().sum()),
        "before": int((rows["moran_p"] <= ALPHA).sum()),
        **{name: int((rows["moran_label"] == name).sum()) for name in _QUADRANTS.values()},
    }


def local_columns(
    star: LocalResult, moran: LocalMoran, key: pd.Index, correction: Literal["bh", "none"] = "bh"
) -> dict[str, pd.Series]:
    """Return the columns of Gi* and of local Moran, by its permuted p.

    Parameters
    ----------
    star, moran
        What the functions of ``stats.local`` or ``stats.local_counts`` returned.
    key
        Index of the places.
    correction
        ``bh`` for Benjamini and Hochberg over all places with data, each statistic by itself; ``none`` for none.

    Returns
    -------
    dict of Series
        By the names of ``LOCAL_COLUMNS``; empty where there is no data.
    """
    labels = label(star.z, star.p, correction=correction)
    adjusted = label(moran.z, moran.p_permuted, correction=correction).p_adjusted
    beyond = adjusted <= ALPHA
    kinds = np.full(len(adjusted), None, dtype=object)
    kinds[~np.isnan(adjusted)] = "none"
    kinds[beyond] = [_QUADRANTS[quadrant] for quadrant in moran.quadrant[beyond]]
    values = (star.z, star.p, labels.p_adjusted, labels.label, moran.i, moran.p_permuted, adjusted, kinds)
    return {
        name: pd.Series(column, index=key, dtype="str" if column.dtype == object else float)
        for name, column in zip(LOCAL_COLUMNS, values, strict=True)
    }


def untested_columns(key: pd.Index) -> dict[str, pd.Series]:
    """Return the columns of all tests as they are before any test, by name, on the index ``key``."""
    nothing = pd.Series(np.nan, index=key, dtype=float)
    unsaid = pd.Series(None, index=key, dtype="str")
    usual = ("usual_low", "usual_high")
    p = [name + end for name in ("change", "previous", "last_year") for end in ("_p", "_p_adjusted", "_e_p")]
    return {
        **dict.fromkeys(("gi_z", "p_value", "p_adjusted"), nothing),
        "label": unsaid,
        **dict.fromkeys(("moran_i", "moran_p", "moran_p_adjusted"), nothing),
        "moran_label": unsaid,
        **dict.fromkeys(usual, pd.Series(pd.NA, index=key, dtype="Int64")),
        **dict.fromkeys(p[:3], nothing),
        "change": pd.Series("untested", index=key, dtype="str"),
        **dict.fromkeys(p[3:], nothing),
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
        Of Gi*; local Moran takes as many, but no more than ``MORAN_PERMUTATIONS``.

    Returns
    -------
    AreaTests
        ``gi_z``, ``p_value`` and ``label`` are Gi* of ``n`` over an LSOA and all that touch it (binary
        weights, permuted p), ``moran_label`` is local Moran. ``change`` tests the month against the other
        months of the window, and ``usual_low`` to ``usual_high`` holds a month's count exactly when it is
        not beyond chance; ``previous_p`` and ``last_year_p`` are exact tests of the month against one
        other. Each list of p is adjusted by Benjamini and Hochberg over all LSOAs tested, area and ring
        together, but for those of the E-test (``change_e_p`` …), which decide nothing. An LSOA whose force
        lacks a month of the window is only in a comparison of two months, where its force has both.
    """
    check(AREA_STATS, stats)
    check(LOCATED, located)
    heard = ~stats.index.isin(quiet)
    known = stats.index[covered.loc[stats.index, list(window)].all(axis=1) & heard]
    found, islands, refused = _hot_and_cold(stats, known, permutations, seed)
    focus = located[located["in_focus"]]
    by_month = pd.crosstab(focus["lsoa_code"], focus["month"])
    by_month = by_month.reindex(index=known, columns=window, fill_value=0).astype(np.int64)
    columns = found | month_changes(by_month, untested) | {"change_e_p": _change_e_p(by_month, untested)}
    for name, months_back in (("previous", 1), ("last_year", 12)):
        thin = {window[-1], window[-1] - months_back} & set(untested)
        pair = stats.loc[heard & (not thin), ["n_month", f"n_{name}"]].dropna()
        columns |= _against(pair.astype(float), name)
    filled = {name: column.reindex(stats.index) for name, column in columns.items()}
    filled["change"] = filled["change"].fillna("untested")
    return AreaTests(
        stats=check(AREA_STATS, stats.assign(**filled)),
        permutations=permutations,
        moran_permutations=min(permutations, MORAN_PERMUTATIONS),
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
    """Return the columns of Gi* and local Moran, the LSOAs that touch no other with data, and why there are none."""
    empty = {name: column for name, column in untested_columns(stats.index).items() if name in LOCAL_COLUMNS}
    if len(known) < MIN_AREAS:
        few = f"only {len(known)} have data, and {MIN_AREAS} are needed"
        return empty, (), f"No LSOA of the area and its ring is called hot or cold: {few}."
    try:
        matrix = queen(stats.geometry).matrix
    except InputError as error:  # nothing else in the month needs neighbours
        return empty, (), f"No LSOA is called hot or cold. {error}"
    has_data = stats.index.isin(known)
    n = stats["n"].astype(float).where(has_data)
    star = g_star_permuted(n, matrix, permutations, seed)
    moran = local_moran(n, matrix, min(permutations, MORAN_PERMUTATIONS), seed)
    alone = has_data & (matrix @ has_data == 0)
    islands = tuple(str(key) for key in stats.index[alone])
    return local_columns(star, moran, stats.index), islands, ""


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
    month, others, n_others = _month_and_others(by_month, untested)
    if not n_others:
        columns = untested_columns(key)
        return {name: columns[name] for name in ("usual_low", "usual_high", "change_p", "change_p_adjusted", "change")}
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


def _month_and_others(
    by_month: pd.DataFrame, untested: Sequence[pd.Period]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int]:
    """Return the last month's counts, the sums over the others, and how many these are; 0: not to be compared."""
    base = by_month.iloc[:, :-1].drop(columns=list(untested), errors="ignore")
    n_others = 0 if by_month.columns[-1] in untested else base.shape[1]
    return by_month.iloc[:, -1].to_numpy(), base.sum(axis=1).to_numpy(), n_others


def _change_e_p(by_month: pd.DataFrame, untested: Sequence[pd.Period]) -> pd.Series:
    """Return the E-test's p of the last month against the mean of the others."""
    month, others, n_others = _month_and_others(by_month, untested)
    p = e_test_p(month, others, 1, n_others) if n_others else np.full(len(month), np.nan)
    return pd.Series(p, index=by_month.index)


def _against(pair: pd.DataFrame, name: str) -> dict[str, pd.Series]:
    """Test the first column of counts against the second."""
    month, other = pair.iloc[:, 0].to_numpy(), pair.iloc[:, 1].to_numpy()
    p = conditional_p(month, other)
    columns = {f"{name}_p": p, f"{name}_p_adjusted": false_discovery(p)[0], f"{name}_e_p": e_test_p(month, other)}
    return {key: pd.Series(column, index=pair.index) for key, column in columns.items()}
