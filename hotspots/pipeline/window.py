"""Which months a job looks at, who covers them, and what is missing or too small to be whole."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hotspots.errors import InputError
from hotspots.pack.words import month_spans, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

_NAMED_AT_MOST = 8
_THIN_SHARE = 0.5
_THIN_FROM = 50
"""With fewer rows a month a halving may be chance."""
_THIN_MONTHS = 3
_THIN_REACH = 12


@dataclass(frozen=True)
class Window:
    """The months of a job."""

    months: pd.PeriodIndex
    """Months of the window that the files hold for the area's main force, oldest first; the last is the job's."""
    missing: tuple[pd.Period, ...]
    """Months of the window that no file holds for the area."""
    covered: pd.DataFrame
    """Index of the areas: has its force files for the month of the column?"""
    thin: tuple[pd.Period, ...]
    """Months, a year before the job's included, in which a force of the area has under half of its usual rows: no
    change over them is reported."""

    def without(self, uneven: Sequence[pd.Period]) -> Window:
        """Return the window with further months over which no change is reported."""
        return dataclasses.replace(self, thin=tuple(sorted({*self.thin, *(set(uneven) & set(self.covered.columns))})))

    @property
    def known(self) -> pd.Series:
        """Index of the areas: has its force files for every month? Else it is out of every test."""
        return self.covered[list(self.months)].all(axis=1)


def find_window(areas: gpd.GeoDataFrame, coverage: pd.DataFrame, month: pd.Period, length: int) -> Window:
    """Find the months that the files hold for the area's main force.

    The main force is, of those that hold the month, the one with most LSOAs of the area, of equals with most
    months. A force that lacks a month of this window is no data throughout: a sum over some of its months would
    pass for less crime.

    Parameters
    ----------
    areas
        AREAS with zones and forces.
    coverage
        COVERAGE of all files.
    month
        The job's month.
    length
        Months of the window, if all are held.

    Returns
    -------
    Window
        Months, gaps and coverage.

    Raises
    ------
    InputError
        No file covers the area in the month.
    """
    wanted = pd.period_range(end=month, periods=length, freq="M")
    own = areas.loc[areas["zone"] == "area", "force"].dropna().value_counts()
    held = coverage[coverage["force"].isin(own.index)]
    present = [force for force in own.index if force in set(held.loc[held["month"] == month, "force"])]
    if not present:
        raise InputError(_not_held(" and ".join(sorted(own.index)) or "the area's force", coverage, held, month))
    months_of = {force: set(held.loc[held["force"] == force, "month"]) for force in present}
    main = min(present, key=lambda force: (-own[force], -len(months_of[force] & set(wanted)), force))
    months = pd.PeriodIndex([period for period in wanted if period in months_of[main]], freq="M")
    asked = list(dict.fromkeys([*wanted, month - 12, month - 1]))
    by_force = {force: set(group["month"]) for force, group in coverage.groupby("force")}
    covered = pd.DataFrame(
        {period: areas["force"].map({force: period in held for force, held in by_force.items()}) for period in asked},
    )
    thin = thin_months(held)
    return Window(
        months=months,
        missing=tuple(period for period in wanted if period not in months_of[main]),
        covered=covered.fillna(value=False).astype(bool),
        thin=tuple(sorted(set(thin["month"]) & {*months, month - 12, month - 1})),
    )


def earlier_windows(areas: gpd.GeoDataFrame, coverage: pd.DataFrame, window: Window, most: int) -> list[pd.PeriodIndex]:
    """Return the windows of earlier months at which the same job could have been done as fully as now.

    Parameters
    ----------
    areas
        AREAS with zones and forces.
    coverage
        COVERAGE of all files.
    window
        The job's months.
    most
        Most earlier months looked at.

    Returns
    -------
    list of PeriodIndex
        Oldest first, back to the first gap before the job's month: each has as many months as the job asked for,
        and every force with data in the area or its ring has files for all of them. One that ends in a month that
        looks incomplete is left out: it would look like a fall.
    """
    length = len(window.months) + len(window.missing)
    forces = areas.loc[window.known & (areas["zone"] != "beyond"), "force"].dropna().unique()
    thin = set(thin_months(coverage[coverage["force"].isin(forces)])["month"])
    held = set.intersection(*(set(coverage.loc[coverage["force"] == force, "month"]) for force in forces))
    windows: list[pd.PeriodIndex] = []
    for back in range(1, most + 1):
        months = pd.period_range(end=window.months[-1] - back, periods=length, freq="M")
        if not held.issuperset(months):
            break
        if months[-1] not in thin:
            windows.insert(0, months)
    return windows


def _not_held(forces: str, coverage: pd.DataFrame, held: pd.DataFrame, month: pd.Period) -> str:
    if held.empty:
        others = sorted(set(coverage["force"]) - {""})
        if not others:
            return f"No source names a police force, so none covers {forces}; set force in its [[sources]] entry."
        return f"No file holds incidents of {forces}, which polices this area; the files are of {', '.join(others)}."
    months = set(held["month"])
    return (
        f"The files hold no month {month} of {forces}; they run from {min(months)} to {max(months)} "
        f"({len(months)} months). Choose one with --month, or add the missing download."
    )


def thin_months(coverage: pd.DataFrame) -> pd.DataFrame:
    """Find the force-months with under half of the rows that are usual for the force.

    Parameters
    ----------
    coverage
        COVERAGE.

    Returns
    -------
    DataFrame
        ``force``, ``month``, ``rows`` and ``usual``: the median of the force's other months within a year,
        where there are three at least and it is 50 at least.
    """
    found = []
    for force, group in coverage[coverage["force"] != ""].groupby("force"):
        ordered = group.sort_values("month")
        number, rows = ordered["month"].astype("int64").to_numpy(), ordered["rows"].to_numpy()
        for position, month in enumerate(ordered["month"]):
            apart = np.abs(number - number[position])
            others = rows[(apart > 0) & (apart <= _THIN_REACH)]
            usual = float(np.median(others)) if len(others) >= _THIN_MONTHS else 0.0
            if usual >= _THIN_FROM and rows[position] < _THIN_SHARE * usual:
                found.append((force, month, int(rows[position]), usual))
    return pd.DataFrame(found, columns=["force", "month", "rows", "usual"])


def coverage_notes(areas: gpd.GeoDataFrame, window: Window, busy: set[str], thin: pd.DataFrame) -> dict[str, list[str]]:
    """Say which LSOAs are no data and of which force they are, and which months are too small to be whole.

    Parameters
    ----------
    areas
        AREAS with zones and forces.
    window
        The job's months.
    busy
        Boroughs with a row of any crime type in the window.
    thin
        What ``thin_months`` found.

    Returns
    -------
    dict
        Sentences on the ``area`` itself, and on the ``ring`` around it.
    """
    kept = areas[areas["zone"] != "beyond"]
    notes: dict[str, list[str]] = {"area": [], "ring": []}
    for (zone, force), group in kept.groupby(["zone", kept["force"].fillna("")]):
        its, names = f"{len(group):,} LSOA{'s' if len(group) > 1 else ''}", sorted(set(group["borough"]))
        boroughs = ", ".join(names) if len(names) <= _NAMED_AT_MOST else f"{len(names)} boroughs"
        lacking = [period for period in window.months if not window.covered[period][group.index].any()]
        quiet = sorted(set(group["borough"]) - busy)
        if not force:
            said = f"No police force is known for {boroughs} ({its}): no data, not zero; name it under [areas] forces."
        elif len(lacking) == len(window.months):
            said = f"No file of the window is from {force}: no data, not zero, in its {its} ({boroughs})."
        elif lacking:
            said = f"{force} lacks {month_spans(lacking)}: its {its} ({boroughs}) are no data, out of every test."
        elif quiet:
            said = f"No row of any crime type lies in {', '.join(quiet)}: are the files a selection?"
        else:
            continue
        notes[str(zone)].append(said)
    own = set(areas.loc[areas["zone"] == "area", "force"].dropna())
    for row in thin[thin["force"].isin(own) & thin["month"].isin(window.months)].to_dict("records"):
        notes["area"].append(
            f"{row['force']} has {row['rows']:,} rows in {row['month']}, {percent(row['rows'] / row['usual'])} of its "
            f"usual {row['usual']:,.0f}: the file looks incomplete, and no change over that month is reported.",
        )
    return notes
