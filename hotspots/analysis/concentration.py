"""How few places hold most of the incidents: Lorenz curve, Gini, and the smallest set that holds half."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

_EQUAL = 1e-12
"""Densities nearer than this share of themselves are equal but for rounding."""
_ROUNDING = 1e-9


def lorenz(counts: pd.Series, area: pd.Series) -> pd.DataFrame:
    """Accumulate incidents over area, the densest units first (Lorenz 1905).

    Units of one density make one step, along which the curve is straight: no order of them is better than
    another.

    Parameters
    ----------
    counts
        Incidents by unit; a unit whose count is empty has no data and is left out, of the area too.
    area
        Area by unit, on the same unique index, in any one unit, above 0.

    Returns
    -------
    DataFrame
        Index ``step``, 0 to the number of distinct densities; columns ``units``, ``share_of_area`` and
        ``share_of_n``, each accumulated from 0 to all. Without any incident it has no rows.

    Raises
    ------
    ValueError
        The indexes differ or repeat, a count is negative, or an area is not above 0.
    """
    held = _held(counts)
    if not counts.index.equals(area.index):
        raise ValueError("counts and areas must be of the same units in the same order")
    n, size = held.to_numpy(), area.reindex(held.index).to_numpy(dtype=np.float64)
    if not (np.isfinite(size).all() and (size > 0).all()):
        raise ValueError("the area of a unit lies above 0")
    if not n.sum():
        n, size = n[:0], size[:0]
    density = n / size
    # By size, too, so that the sums of floats do not depend on the order of rows.
    order = np.lexsort((size, -density))
    falls = density[order][1:] < density[order][:-1] * (1 - _EQUAL)
    step = np.concatenate([[0], np.cumsum(falls)])[: len(n)]
    columns = {"units": np.ones(len(n), dtype=np.int64), "share_of_area": size[order], "share_of_n": n[order]}
    rows = {name: np.cumsum(np.bincount(step, weights=values)) for name, values in columns.items()}
    frame = pd.DataFrame({name: np.concatenate([[0.0], total]) for name, total in rows.items()})
    frame = frame.iloc[: 0 if not len(n) else None].rename_axis("step").astype({"units": np.int64})
    shares = ["share_of_area", "share_of_n"]
    return frame.assign(**{name: frame[name] / frame[name].max() for name in shares})


def _held(counts: pd.Series) -> pd.Series:
    """Return the counts that are not empty, as floats."""
    if not counts.index.is_unique:
        raise ValueError("each unit must have one count")
    held = counts.dropna().astype(np.float64)
    if (held < 0).any():
        raise ValueError("a count is not below 0")
    return held


def gini(curve: pd.DataFrame) -> float:
    """Return the Gini coefficient of incidents over area (Gini 1914).

    Parameters
    ----------
    curve
        What ``lorenz`` returned.

    Returns
    -------
    float
        0 where all units are equally dense, towards 1 the fewer hold all; NaN without any incident.
    """
    if curve.empty:
        return math.nan
    under = np.trapezoid(curve["share_of_n"].to_numpy(), curve["share_of_area"].to_numpy())
    return float(2.0 * under - 1.0)


def generalised_gini(counts: pd.Series) -> float:
    """Return the Gini coefficient over units, corrected where incidents are fewer than units.

    Five incidents cannot lie in ten units equally: the plain coefficient is at least 0.5 however they lie.
    The generalised one is measured from the most equal spread these incidents can have: G' = max(N / C, 1)
    (G - 1) + 1 with N units and C incidents (Bernasco and Steenbeek 2017). Each unit weighs the same, so
    that it suits cells of one size.

    Parameters
    ----------
    counts
        Incidents by unit; empty ones are left out.

    Returns
    -------
    float
        0 at the most equal spread, towards 1 the fewer units hold all; NaN without any incident.

    Raises
    ------
    ValueError
        The index repeats, or a count is negative.
    """
    held = _held(counts)
    curve = lorenz(held, pd.Series(1.0, index=held.index))
    return float(max(len(held) / held.sum(), 1.0) * (gini(curve) - 1.0) + 1.0) if len(curve) else math.nan


def area_holding(curve: pd.DataFrame, share: float) -> float:
    """Return the smallest share of the area that holds a share of the incidents.

    Parameters
    ----------
    curve
        What ``lorenz`` returned.
    share
        Share of the incidents, above 0 and at most 1, for example 0.5 or 0.8.

    Returns
    -------
    float
        Share of the area, read off the curve: the last step is taken in part, its units being alike. NaN
        without any incident.

    Raises
    ------
    ValueError
        The share is not above 0 and at most 1.
    """
    _check_share(share)
    if curve.empty:
        return math.nan
    n, area = curve["share_of_n"].to_numpy(), curve["share_of_area"].to_numpy()
    at = int(np.argmax(n >= share - _EQUAL))
    part = min((share - n[at - 1]) / (n[at] - n[at - 1]), 1.0)
    return float(area[at - 1] + part * (area[at] - area[at - 1]))


def _check_share(share: float) -> None:
    if not 0 < share <= 1:
        raise ValueError("a share of the incidents lies above 0 and is at most 1")


def fewest_units(counts: pd.Series, share: float = 0.5) -> pd.DataFrame:
    """Find the fewest units that hold a share of the incidents.

    The largest are taken one after another. That is exact: no k units hold more than the k largest, so
    where those fall short every k units do.

    Parameters
    ----------
    counts
        Incidents by unit on a unique, sortable index; units with an empty count are left out.
    share
        Share of the incidents, above 0 and at most 1.

    Returns
    -------
    DataFrame
        Index of ``counts`` without the empty ones, in its order: ``place`` (1 is the largest, of equals the
        first by index), ``share_of_n``, ``cumulative`` (share of all up to this place) and ``held`` (true
        for the fewest units). Without any incident no unit is held and both shares are 0.

    Raises
    ------
    ValueError
        The index repeats, a count is negative, or the share is not above 0 and at most 1.
    """
    _check_share(share)
    held = _held(counts)
    ordered = held.sort_index().sort_values(ascending=False, kind="stable")
    total = float(ordered.sum())
    upto = ordered.cumsum()
    table = pd.DataFrame(
        {
            "place": pd.Series(np.arange(1, len(ordered) + 1), index=ordered.index),
            "share_of_n": ordered / max(total, 1.0),
            "cumulative": upto / max(total, 1.0),
            # A unit belongs to them while those before it fall short; a share is rarely a float exactly.
            "held": (upto - ordered < share * total - _ROUNDING),
        }
    )
    return table.reindex(held.index)
