"""Did it work: a place and the ground around it, before and after, against places where nothing was done.

Wheeler and Ratcliffe (2018) compare one treated place with one control and the rings around both. Here the mean of
several controls stands in place of the one, and the same is worked out for every similar place as if it had been the
treated one (placebo tests in space, Abadie, Diamond and Hainmueller 2010): places vary more than chance alone makes
them, and that is told, and widens the interval: the mean of their squared z, drawn to ``USUAL_SPREAD`` where they are
few, is the ``spread``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from hotspots.errors import InputError
from hotspots.stats.two_counts import WeightedDisplacementDifference, weighted_displacement_difference
from hotspots.tables import CONTROLS, LOCATED, check

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import numpy.typing as npt
    from shapely.geometry.base import BaseGeometry

ZONES = ("treated", "treated_ring", "control", "control_ring")
"""The zones of an incident, the first that holds it counts."""
LEAST_BEFORE = 5
"""Under so many incidents before, the normal approximation does not hold and next to nothing can be told."""
SIMILAR = 2.0
"""A place is similar to another that had up to so many times as many incidents before, or as few."""
USUAL_SPREAD = 1.5
"""What places without any measure showed: the mean squared z of 555 busy places and starts of burglary in Bexley
2013-2019 against three controls, 3, 6 and 12 months a side."""
USUAL_WEIGHT = 5
"""For how many places it stands beside those of the data, which may be few."""


@dataclass(frozen=True)
class Sides:
    """Whole months before and after the start."""

    before: pd.PeriodIndex
    after: pd.PeriodIndex

    @property
    def months(self) -> pd.PeriodIndex:
        """All months, oldest first."""
        return pd.PeriodIndex([*self.before, *self.after], freq="M")

    @property
    def exposure(self) -> tuple[float, float]:
        """Length of the two, the time after being 1: a difference is of incidents over all of it."""
        return len(self.before) / len(self.after), 1.0


@dataclass(frozen=True)
class Evaluation:
    """What changed at the treated place beyond what changed at its controls."""

    difference: WeightedDisplacementDifference
    """Incidents over the time after; the variance is widened by ``spread``."""
    counts: pd.DataFrame
    """``before`` and ``after`` by zone; those of the controls are totals over all of them."""
    by_month: pd.DataFrame
    """Incidents by zone (``treated``, ``treated_ring``, ``control 1``, ``control 1 ring``, …) and month."""
    controls: pd.DataFrame
    """CONTROLS: every place that was thought of, most alike first."""
    size: tuple[float, float]
    """What the counts of the controls and of their rings are divided by: how many they are, or their area by that of
    the treated one's."""
    too_small: bool
    """The treated place or its controls had under ``LEAST_BEFORE`` incidents before."""
    least_fall: float | None
    """Smallest fall that would have been told from chance; none: no count after would have been low enough."""
    spread: float
    """How many times the variance of Poisson counts places have where nothing was done, 1 at least."""
    placebos: npt.NDArray[np.float64]
    """z of every similar place, scored as if it had been the treated one, without the spread."""
    z: float
    """The treated place's own, without the spread."""
    grounds: tuple[BaseGeometry, ...]
    """Of the controls that were chosen, in the order of ``controls``."""

    @property
    def n_as_far(self) -> int:
        """How many similar places fell as far, measured by their own standard error."""
        return int((self.placebos <= self.z).sum())

    @property
    def n_rose_as_far(self) -> int:
        """How many similar places rose as far, measured by their own standard error."""
        return int((self.placebos >= self.z).sum())


@dataclass(frozen=True)
class _Reach:
    """Which rows lie on and around places, in months before and after."""

    inside: npt.NDArray[np.bool_]
    """Shape (places, rows)."""
    around: npt.NDArray[np.bool_]
    """Shape (places, rows): on the place or in its ring."""
    apart_m: npt.NDArray[np.float64]
    """Shape (places, places): between their grounds."""
    ring_m: float
    late: npt.NDArray[np.bool_]
    """Shape (rows,): in a month after the start."""
    area_m2: npt.NDArray[np.float64]

    @property
    def touch(self) -> npt.NDArray[np.bool_]:
        """Shape (places, places): their grounds or rings touch."""
        return np.asarray(self.apart_m <= 2 * self.ring_m)

    @property
    def before(self) -> npt.NDArray[np.int64]:
        """Incidents before on each place."""
        return np.asarray(self.inside[:, ~self.late].sum(axis=1), dtype=np.int64)

    @property
    def after(self) -> npt.NDArray[np.int64]:
        """Incidents after on each place."""
        return np.asarray(self.inside[:, self.late].sum(axis=1), dtype=np.int64)

    def zones(self, treated: int, controls: Sequence[int]) -> npt.NDArray[np.int64]:
        """Return the zone of each row: 0 treated, 1 its ring, 2 and 3 the first control and its ring …; -1: none."""
        zone = np.full(self.inside.shape[1], -1, dtype=np.int64)
        for number, control in reversed(list(enumerate(controls))):
            zone[self.around[control]] = 3 + 2 * number
        for number, control in reversed(list(enumerate(controls))):
            zone[self.inside[control]] = 2 + 2 * number
        zone[self.around[treated]] = 1
        zone[self.inside[treated]] = 0
        return zone

    def eight(self, treated: int, controls: Sequence[int]) -> npt.NDArray[np.int64]:
        """Return the counts by ``ZONES`` and side, shape (4, 2)."""
        zone = self.zones(treated, controls)
        kind = np.where(zone < len(ZONES), zone, 2 + zone % 2)
        counts = np.zeros((len(ZONES), 2), dtype=np.int64)
        np.add.at(counts, (kind[zone >= 0], self.late[zone >= 0].astype(np.int64)), 1)
        return counts


def evaluate(
    rows: gpd.GeoDataFrame,
    target: BaseGeometry,
    places: gpd.GeoDataFrame,
    sides: Sides,
    *,
    ring_m: float,
    most: int,
    per_area: bool = False,
) -> Evaluation:
    """Compare a place before and after with places where nothing was done.

    Controls are the places that are ``named``, or else, of those that are not ``refused`` and do not touch the
    treated place, its ring or theirs, the ``most`` whose number of incidents before is nearest to the treated
    one's (log ratio), of equals the nearest in size. What came after has no part in the choice. Each incident
    counts in one zone: treated before its ring before a control before a control's ring.

    Parameters
    ----------
    rows
        LOCATED rows in focus, in a metric CRS; those of other months are left out.
    target
        Ground of the treated place, in the same CRS.
    places
        Grounds by id, with ``name``, ``named`` (bool: to be a control) and ``refused`` (why it cannot be one;
        empty: it can).
    sides
        Months before and after.
    ring_m
        Width of the ring around each place, in metres; 0: none.
    most
        Most controls that are chosen.
    per_area
        Divide the counts of controls and rings by their area, as a share of the treated one's, not by how many.

    Returns
    -------
    Evaluation
        The difference, what it came from, and how far similar places moved.

    Raises
    ------
    InputError
        A named control touches the treated place or its ring, or no place can be a control.
    """
    check(LOCATED, rows)
    rows = rows[rows["month"].isin(sides.months)]
    grounds = [target, *places.geometry]
    reach = _reach_of(rows, grounds, sides, ring_m)
    _check_named(places, reach)
    # The treated place touches itself: it is never its own control, nor another's.
    able = ~reach.touch[0] & np.array([False, *(places["refused"] == "")])
    controls = [1 + int(at) for at in np.flatnonzero(places["named"].to_numpy(dtype=bool))]
    controls = controls or _alike(reach, 0, able, most)
    if not controls:
        raise InputError(_none_able(places, ring_m))
    size = _size(grounds, controls, ring_m) if per_area else (float(len(controls)),) * 2
    by_month = _by_month(rows, reach.zones(0, controls), len(controls), sides)
    table = _control_table(places, reach, controls, able, _placebos(reach, able, most, sides))
    return _evaluation(by_month, table, sides, size, tuple(grounds[at] for at in controls))


def _evaluation(
    by_month: pd.DataFrame,
    table: pd.DataFrame,
    sides: Sides,
    size: tuple[float, float],
    grounds: tuple[BaseGeometry, ...],
) -> Evaluation:
    """Return the difference that the zones show, with the spread that the placebo places show."""
    totals = np.column_stack([by_month[list(side)].sum(axis=1) for side in (sides.before, sides.after)])
    counts = np.vstack([totals[:2], totals[2::2].sum(axis=0), totals[3::2].sum(axis=0)])
    scored = table["placebo_z"].notna()
    spread = _spread(table.loc[scored, "placebo_z"].to_numpy())
    similar = table[scored & table["similar"]].sort_values("place")
    return Evaluation(
        difference=_difference(counts, sides, size, spread),
        counts=pd.DataFrame(counts, index=list(ZONES), columns=["before", "after"]),
        by_month=by_month,
        controls=table,
        size=size,
        too_small=bool((counts[[0, 2], 0] < LEAST_BEFORE).any()),
        least_fall=_least_fall(counts, sides, size, spread),
        spread=spread,
        placebos=similar["placebo_z"].to_numpy(),
        z=_difference(counts, sides, size).z,
        grounds=grounds,
    )


def _reach_of(rows: gpd.GeoDataFrame, grounds: Sequence[BaseGeometry], sides: Sides, ring_m: float) -> _Reach:
    points = rows.geometry.to_numpy()
    shapes = np.asarray(grounds, dtype=object)
    shapely.prepare(shapes)
    inside = np.array([shapely.intersects(shape, points) for shape in shapes], dtype=bool)
    around = np.array([shapely.dwithin(shape, points, ring_m) for shape in shapes], dtype=bool)
    apart = shapely.distance(shapes[:, None], shapes[None, :])
    late = rows["month"].isin(sides.after).to_numpy(dtype=bool)
    return _Reach(inside, around | inside, apart, ring_m, late, shapely.area(shapes))


def _check_named(places: gpd.GeoDataFrame, reach: _Reach) -> None:
    """Refuse a control that was named and cannot be one."""
    touching = places["named"].to_numpy(dtype=bool) & reach.touch[0, 1:]
    for name in places.loc[touching, "name"]:
        raise InputError(
            f"The control {name} touches the treated place or its ring: what moved there would be taken for what was "
            "not done; name one farther off, or lower [evaluate] ring_m."
        )
    refused = places["named"].to_numpy(dtype=bool) & (places["refused"] != "").to_numpy(dtype=bool)
    for name, why in places.loc[refused, ["name", "refused"]].to_numpy().tolist():
        raise InputError(f"{name} cannot be a control: {why}; name another.")


def _none_able(places: gpd.GeoDataFrame, ring_m: float) -> str:
    found = f"{len(places):,} hotspot{'s were' if len(places) != 1 else ' was'} found in the months before the start"
    return (
        f"No place can be a control: {found}, and all touch the treated place or its ring of {ring_m:g} m, or hold "
        "ground without data; name one with --control, or give a larger --area."
    )


def _is_similar(before: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.bool_]:
    """Tell which places had half to twice as many incidents."""
    return np.asarray((before <= SIMILAR * n) & (n <= SIMILAR * before))


def _alike(reach: _Reach, treated: int, able: npt.NDArray[np.bool_], most: int) -> list[int]:
    """Return the places most alike before, the best first."""
    before, area = np.log(reach.before + 0.5), np.log(np.maximum(reach.area_m2, 1.0))
    apart = np.round(np.abs(before - before[treated]), 9)
    order = np.lexsort((np.arange(len(before)), np.abs(area - area[treated]), apart))
    return [int(at) for at in order if able[at]][:most]


def _size(grounds: Sequence[BaseGeometry], controls: Sequence[int], ring_m: float) -> tuple[float, float]:
    """Return the area of the controls by the treated one's, and that of their rings; each metre counted once."""
    own, others = grounds[0], shapely.union_all([grounds[at] for at in controls])
    near, far = (shapely.buffer(ground, ring_m) for ground in (own, others))
    ring, far_ring = shapely.area(shapely.difference(near, own)), shapely.area(shapely.difference(far, others))
    return float(shapely.area(others) / shapely.area(own)), float(far_ring / ring) if ring else 1.0


def _difference(
    counts: npt.NDArray[np.int64], sides: Sides, size: tuple[float, float], spread: float = 1.0
) -> WeightedDisplacementDifference:
    treated, ring, control, control_ring = ((int(before), int(after)) for before, after in counts)
    areas = (1.0, size[0], 1.0, size[1])
    return weighted_displacement_difference(
        treated, control, ring, control_ring, exposure=sides.exposure, areas=areas, spread=spread
    )


def _placebos(reach: _Reach, able: npt.NDArray[np.bool_], most: int, sides: Sides) -> npt.NDArray[np.float64]:
    """Return z of each place as if it had been treated, against controls of its own; not finite: it has none."""
    scores = np.full(len(able), np.nan)
    for place in np.flatnonzero(able):
        controls = _alike(reach, int(place), able & ~reach.touch[place], most)
        if controls:
            scores[place] = _difference(reach.eight(int(place), controls), sides, (float(len(controls)),) * 2).z
    return scores[1:]


def _spread(scores: npt.NDArray[np.float64]) -> float:
    """Return how many times the variance of Poisson counts places have where nothing was done; never under 1."""
    known = USUAL_WEIGHT * USUAL_SPREAD + float((scores**2).sum())
    return max(1.0, known / (USUAL_WEIGHT + len(scores)))


def _least_fall(counts: npt.NDArray[np.int64], sides: Sides, size: tuple[float, float], spread: float) -> float | None:
    """Return the smallest fall that would leave out zero, whatever had been counted at the treated place after."""
    found = None
    for after in range(int(counts[0, 1] + counts.sum()) + 1):
        tried = counts.copy()
        tried[0, 1] = after
        difference = _difference(tried, sides, size, spread)
        if difference.high >= 0:
            break
        found = -difference.estimate
    return found


def _by_month(rows: gpd.GeoDataFrame, zone: npt.NDArray[np.int64], n_controls: int, sides: Sides) -> pd.DataFrame:
    """Count the rows by zone and month, zeros kept."""
    names = [*ZONES[:2], *(f"control {1 + at // 2}{' ring' if at % 2 else ''}" for at in range(2 * n_controls))]
    counts = pd.crosstab(zone, rows["month"]).reindex(index=range(len(names)), columns=sides.months, fill_value=0)
    return counts.astype(np.int64).set_axis(pd.Index(names, name="zone"))


def _control_table(
    places: gpd.GeoDataFrame,
    reach: _Reach,
    controls: Sequence[int],
    able: npt.NDArray[np.bool_],
    scores: npt.NDArray[np.float64],
) -> pd.DataFrame:
    """Return CONTROLS: the chosen ones in their order, then the others from the most alike to the least."""
    every = _alike(reach, 0, np.arange(len(able)) > 0, len(able))
    order = np.array([*controls, *(at for at in every if at not in controls)], dtype=np.int64)
    named = np.array([False, *places["named"]])[order]
    chosen = np.isin(order, controls)
    refused = np.array(["", *places["refused"]], dtype=object)[order]
    why = np.select(
        [named, chosen, refused != "", reach.touch[0][order], np.ones(len(order), dtype=bool)],
        ["named", "most alike before", refused, "its ground or ring touches the treated one's", "less alike before"],
    )
    before = reach.before[order]
    own = int(reach.before[0])
    table = pd.DataFrame(
        {
            "place": np.array(["", *places.index], dtype=object)[order],
            "name": np.array(["", *places["name"]], dtype=object)[order],
            "n_before": before,
            "n_after": reach.after[order],
            "ratio_before": before / own if own else np.nan,
            "distance_m": reach.apart_m[0][order],
            "area_ha": reach.area_m2[order] / 1e4,
            "similar": _is_similar(before, own),
            "chosen": chosen,
            "why": why,
            "placebo_z": np.array([np.nan, *scores])[order],
        },
        index=pd.RangeIndex(1, len(order) + 1, name="control_no"),
    )
    return check(CONTROLS, table.astype({"place": "str", "name": "str", "why": "str", "ratio_before": float}))
