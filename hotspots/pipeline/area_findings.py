"""What the tested LSOAs and cells say, as numbers and finished sentences: hot and cold, change, concentration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hotspots.analysis.area_tests import count_labels, count_moran
from hotspots.analysis.concentration import area_holding, fewest_units, lorenz
from hotspots.pack.words import listed, number_word, percent
from hotspots.stats.usual import ALPHA, false_discovery
from hotspots.tables.areas import MORAN_LABELS

if TYPE_CHECKING:
    from hotspots.analysis.area_tests import AreaTests
    from hotspots.analysis.cell_tests import CellTests

COMPARISONS = {
    "change": "the other months of the window",
    "previous": "the month before",
    "last_year": "the same month last year",
}
"""What the month is compared with, by the first word of the columns."""

_HALF = 0.5
_NAMED_AT_MOST = 5
_LEAST_INCIDENTS = 20
"""Fewer incidents lie in few LSOAs however they fall."""


@dataclass(frozen=True)
class HotAndCold:
    """LSOAs of the area that are hot or cold."""

    tested: int
    hot_before: int
    """Hot before the correction for how many were tested."""
    hot: int
    """Hot after it."""
    cold_before: int
    cold: int


@dataclass(frozen=True)
class Change:
    """LSOAs of the area whose month is beyond chance."""

    tested: int
    before: int
    """Beyond chance before the correction for how many were tested."""
    above: tuple[str, ...]
    """Names of those above after it."""
    below: tuple[str, ...]
    e_before: int
    """Beyond chance by the E-test before the correction."""
    e_after: int
    """And after it."""


@dataclass(frozen=True)
class AreaFindings:
    """What there is to say of the area's LSOAs."""

    hot_and_cold: HotAndCold
    changes: dict[str, Change]
    """By the keys of ``COMPARISONS``."""
    concentration: pd.DataFrame
    """What ``concentration_table`` returned."""
    sentences: tuple[str, ...]


def area_findings(tests: AreaTests, focus: str) -> AreaFindings:
    """Say what the tests of the LSOAs found in the area; its ring is tested with it and not counted.

    Parameters
    ----------
    tests
        What ``area_tests`` returned.
    focus
        What the incidents are called, in lower case, for example ``serious violence``.

    Returns
    -------
    AreaFindings
        Numbers before and after the correction of Benjamini and Hochberg, and one sentence for each
        finding, also where nothing was found or nothing could be tested.
    """
    stats = tests.stats
    own = stats[stats["zone"] == "area"]
    found = HotAndCold(**count_labels(own))
    changes = {name: _change(stats, name) for name in COMPARISONS}
    table = concentration_table(stats)
    around = int(stats["label"].notna().sum()) - found.tested
    sentences = [
        tests.refused or _hot_sentence(found, around, f"{tests.permutations:,}"),
        *_moran_sentence(own, f"{tests.moran_permutations:,}"),
        *_left_out(tests),
        *(_change_sentence(changes[name], name) for name in COMPARISONS),
        *_half_sentence(table, own, focus),
    ]
    return AreaFindings(found, changes, table, tuple(sentences))


def cell_sentences(tests: CellTests) -> tuple[str, ...]:
    """Say what the tests of the equal cells found in the area; its ring is tested with it and not counted.

    Parameters
    ----------
    tests
        What ``cell_tests`` returned.

    Returns
    -------
    tuple of str
        Hot and cold before and after the correction, or why nothing could be told; what local Moran found;
        and what was left out.
    """
    own = tests.cells[tests.cells["zone"] == "area"]
    if tests.refused:
        return (tests.refused, *_cells_left_out(tests))
    found, corrected = HotAndCold(**count_labels(own)), tests.correction != "none"
    around, size = len(tests.cells) - len(own), f" of {tests.grid.size_m:g} m"
    return (
        _hot_sentence(found, around, "all", "cell", size, corrected=corrected),
        *_moran_sentence(own, "all", "cell", corrected=corrected),
        *_cells_left_out(tests),
    )


def _cells_left_out(tests: CellTests) -> list[str]:
    parts = []
    if tests.n_partial:
        verb, their, are = ("has", "its", "is") if tests.n_partial == 1 else ("have", "their", "are")
        cells = _number_of(tests.n_partial, "cell")
        parts.append(f"{cells} {verb} data on less than half of {their} ground and {are} left out")
    if tests.n_outside:
        verb = "lies" if tests.n_outside == 1 else "lie"
        parts.append(f"{_number_of(tests.n_outside, 'incident')} {verb} outside the cells counted")
    return [f"{'; '.join(parts)}."] if parts else []


def _change(stats: pd.DataFrame, name: str) -> Change:
    in_area = stats["zone"] == "area"
    own = stats[in_area]
    if name == "change":
        p, above, below = own["change_p"], own["change"] == "above", own["change"] == "below"
    else:
        p, beyond = own[f"{name}_p"], own[f"{name}_p_adjusted"] <= ALPHA
        rose = (own["n_month"] > own[f"n_{name}"]).fillna(value=False).astype(bool)
        above, below = beyond & rose, beyond & ~rose
    e = stats[f"{name}_e_p"].dropna()
    adjusted = false_discovery(e)[0]
    e_own = in_area[e.index].to_numpy()
    return Change(
        tested=int(p.notna().sum()),
        before=int((p <= ALPHA).sum()),
        above=tuple(sorted(own.loc[above, "lsoa_name"])),
        below=tuple(sorted(own.loc[below, "lsoa_name"])),
        e_before=int((e[e_own] <= ALPHA).sum()),
        e_after=int((adjusted[e_own] <= ALPHA).sum()),
    )


def _hot_sentence(
    found: HotAndCold, around: int, permutations: str, noun: str = "LSOA", size: str = "", *, corrected: bool = True
) -> str:
    ring = f", tested with the {_number_of(around, noun)} around" if around else ""
    how = f"(Gi*, binary weights, {permutations} permutations{ring})"
    places = f"Of {_number_of(found.tested, noun)}{size},"
    now = f"{_some(found.hot)} {_are(found.hot)} hot and {_some(found.cold)} {_are(found.cold)} cold"
    if not corrected:
        return f"{places} {now}, with no correction for how many were tested {how}."
    return (
        f"{places} {_some(found.hot_before)} would be called hot and {_some(found.cold_before)} cold "
        f"without a correction; after Benjamini and Hochberg {now} {how}."
    )


def _moran_sentence(own: pd.DataFrame, permutations: str, noun: str = "LSOA", *, corrected: bool = True) -> list[str]:
    """Say which places are like or unlike their neighbours: LSOAs by name, cells by number."""
    counts = count_moran(own)
    if not counts["tested"]:
        return []
    parts = []
    for kind in (kind for kind in MORAN_LABELS if counts.get(kind)):
        names = sorted(own.loc[own["moran_label"] == kind, "lsoa_name"]) if "lsoa_name" in own else []
        who = _named(tuple(names)) or _number_of(counts[kind], noun)
        parts.append(f"{who} {_are(counts[kind])} {kind.replace('-', ' among ')}")
    before = f"{_some(counts['before'])} of {counts['tested']:,} would be called so without a correction"
    how = f"({before if corrected else 'not corrected'}; {permutations} permutations)"
    if not parts:
        return [f"By local Moran no {noun} is like or unlike its neighbours by more than chance {how}."]
    return [f"Beyond chance by local Moran: {'; '.join(parts)} {how}."]


def _left_out(tests: AreaTests) -> list[str]:
    """Say which LSOAs stand apart: those without a neighbour, and those whose borough has no row."""
    said = []
    names = [f"{name} ({code})" for code, name in tests.stats["lsoa_name"].reindex(list(tests.islands)).items()]
    if names:
        verb, own = ("touches", "its own count") if len(names) == 1 else ("touch", "their own counts")
        said.append(f"{listed(names)} {verb} no other LSOA with data: hot or cold is told there from {own} alone.")
    if tests.quiet:
        boroughs = sorted(set(tests.stats["borough"].reindex(list(tests.quiet))))
        where = "this borough" if len(boroughs) == 1 else "these boroughs"
        out = f"{_lsoas(len(tests.quiet))} of {listed(boroughs)} {_are(len(tests.quiet))} out of these tests"
        said.append(f"{out}: no row of any crime type lies in {where}.")
    return said


def _change_sentence(change: Change, name: str) -> str:
    other = COMPARISONS[name]
    if not change.tested:
        return f"No LSOA is compared with {other}: the files do not hold both, or not whole."
    before = f"{_some(change.before)} of {change.tested:,} would be called changed without a correction"
    if (change.e_before, change.e_after) != (change.before, len(change.above) + len(change.below)):
        before = f"{before}; by the E-test {_some(change.e_before)}, and {_some(change.e_after)} after it"
    sides = ((change.above, "above"), (change.below, "below"))
    parts = [f"{_named(names)} {_are(len(names))} {word}" for names, word in sides if names]
    if not parts:
        return f"No LSOA changed by more than chance against {other} ({before})."
    return f"Beyond chance against {other}: {'; '.join(parts)} ({before})."


def _named(names: tuple[str, ...]) -> str:
    if len(names) <= _NAMED_AT_MOST:
        return listed(names)
    return f"{_lsoas(len(names))} ({', '.join(names[:_NAMED_AT_MOST])} …)"


def _half_sentence(table: pd.DataFrame, own: pd.DataFrame, focus: str) -> list[str]:
    counted = own[_whole(own)]
    total = int(counted["n"].sum())
    if total < _LEAST_INCIDENTS:
        what = f"{number_word(total)} incident{'' if total == 1 else 's'}" if total else "no incident"
        return [f"With {what} of {focus} in the area there is nothing to say of concentration."]
    lsoas, ground = int(table["lsoas"].loc[_HALF]), float(table["share_of_area"].loc[_HALF])
    of = "the area" if len(counted) == len(own) else "the area with data"
    return [f"Half of the {focus} is in {lsoas:,} of {_lsoas(len(counted))}, on {percent(ground)} of {of}."]


def concentration_table(stats: pd.DataFrame) -> pd.DataFrame:
    """Tabulate how few LSOAs of the area hold how much.

    Parameters
    ----------
    stats
        AREA_STATS; the ring, and LSOAs whose force lacks a month of the window, are left out.

    Returns
    -------
    DataFrame
        Index ``share_of_n``, 0.1 to 1.0: of all incidents of the window. ``lsoas``: the fewest that hold
        it; ``n``: the incidents they hold; ``share_of_lsoas`` and ``share_of_area``: of the area's;
        ``least_share_of_area``: the least ground that holds it, the densest LSOAs first, the last in part.
        Without any incident it has no rows.
    """
    own = stats[(stats["zone"] == "area") & _whole(stats)]
    n, size = own["n"].astype(np.int64), own["area_km2"]
    curve = lorenz(n, size)
    shares = [] if curve.empty else [tenth / 10 for tenth in range(1, 11)]
    rows = []
    for share in shares:
        held = fewest_units(n, share)["held"]
        rows.append(
            {
                "lsoas": int(held.sum()),
                "n": int(n[held].sum()),
                "share_of_lsoas": float(held.mean()),
                "share_of_area": float(size[held].sum() / size.sum()),
                "least_share_of_area": area_holding(curve, share),
            }
        )
    columns = ["lsoas", "n", "share_of_lsoas", "share_of_area", "least_share_of_area"]
    return pd.DataFrame(rows, columns=columns, index=pd.Index(shares, name="share_of_n", dtype=float))


def _whole(stats: pd.DataFrame) -> pd.Series:
    """Return which LSOAs have a count of the whole window: only they have a rate."""
    whole: pd.Series = stats["rate_per_km2"].notna()
    return whole


def _lsoas(count: int) -> str:
    return _number_of(count, "LSOA")


def _number_of(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _some(count: int) -> str:
    return f"{count:,}" if count else "none"


def _are(count: int) -> str:
    return "is" if count <= 1 else "are"
