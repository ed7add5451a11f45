"""Which place of one month is which place of another: by the overlap of their grounds."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import geopandas as gpd
    import numpy.typing as npt
    import pandas as pd
    from shapely.geometry.base import BaseGeometry

LEAST_OVERLAP = 0.5
"""Two grounds may be one place when they share at least so much of the smaller one."""

_GRACE = 1e-9
_DIGITS = 9
"""Shares that differ by less are equal but for rounding."""

_NUMBERED = re.compile(r"^(H-?\d+--?\d+)-\d+$")
"""An id made of a square, with a number that keeps it apart from others there."""


class Overlaps(NamedTuple):
    """Pairs of grounds that may be one place."""

    here: npt.NDArray[np.int64]
    """Shape (k,): position of the one."""
    there: npt.NDArray[np.int64]
    """Shape (k,): position of the other."""
    alike: npt.NDArray[np.float64]
    """Shape (k,): shared area over the area of both together (Jaccard 1901), in (0, 1]."""


def overlaps(grounds: Sequence[BaseGeometry], known: Sequence[BaseGeometry]) -> Overlaps:
    """Return all pairs that share at least ``LEAST_OVERLAP`` of the smaller ground.

    Parameters
    ----------
    grounds, known
        Valid polygons in one metric CRS.

    Returns
    -------
    Overlaps
        Positions in ``grounds`` and in ``known``.
    """
    new, old = np.asarray(grounds, dtype=object), np.asarray(known, dtype=object)
    here, there = shapely.STRtree(old).query(new, predicate="intersects")
    shared = shapely.area(shapely.intersection(new[here], old[there]))
    one, other = shapely.area(new[here]), shapely.area(old[there])
    enough = shared >= LEAST_OVERLAP * np.minimum(one, other) * (1 - _GRACE)
    alike = np.round(shared / (one + other - shared), _DIGITS)
    return Overlaps(here[enough], there[enough], alike[enough])


def match_grounds(
    grounds: Sequence[BaseGeometry],
    known: Sequence[BaseGeometry],
    first: Sequence[bool] | None = None,
) -> npt.NDArray[np.int64]:
    """Pair grounds with known ones, one to one, the most alike first.

    By the shared area alone a wide ground would take the place of a small one that it merely holds. Each
    pair in turn is the most alike of what is left, so that no two grounds would both rather have each
    other than what they got (Gale and Shapley 1962).

    Parameters
    ----------
    grounds, known
        Valid polygons in one metric CRS.
    first
        Those of ``known`` that are paired before all others.

    Returns
    -------
    ndarray
        Position in ``known`` of each ground's own, shape (n,); -1 where none shares ``LEAST_OVERLAP`` of
        the smaller of the two, or a ground more alike has it. Of equals the first in ``known``, then in
        ``grounds``.
    """
    here, there, alike = overlaps(grounds, known)
    paired, free = np.full(len(grounds), -1, dtype=np.int64), np.ones(len(known), dtype=bool)
    later = np.zeros(len(here), dtype=bool) if first is None else ~np.asarray(first, dtype=bool)[there]
    for pair in np.lexsort([here, there, -alike, later]):
        if free[there[pair]] and paired[here[pair]] < 0:
            paired[here[pair]] = there[pair]
            free[there[pair]] = False
    return paired


@dataclass(slots=True)
class Identity:
    """One place through the months."""

    sight: str
    """The id it was given where it was first seen."""
    ground: BaseGeometry
    """Where it was last."""
    centre: tuple[float, float]
    """Easting and northing of its middle then."""
    runs: list[int] = field(default_factory=list)
    """Numbers of the runs that drew it, rising."""
    name: str | None = None
    """Its id in an earlier pack."""
    told: list[pd.Period] = field(default_factory=list)
    """Months in which an earlier pack says it was a hotspot."""


@dataclass(slots=True)
class Registry:
    """Every place seen so far, in the order of first sight; runs are shown to it forward in time."""

    places: list[Identity] = field(default_factory=list)

    def see(self, run: int, grounds: gpd.GeoSeries, centres: pd.DataFrame) -> list[int]:
        """Recognise the places of one run, and remember those never seen before.

        A place with an id of an earlier pack is recognised before all others: its readers know it. What
        parts in two goes on as the part more alike, and the other part is new; of two that join, the one
        more alike goes on, and the other is past. One that returns after months is the same again.

        Parameters
        ----------
        run
            Number of the run.
        grounds
            Grounds by the id of the run, in the order of their ranks; none overlap.
        centres
            ``easting`` and ``northing`` by the same ids.

        Returns
        -------
        list of int
            Position in ``places`` of each ground.
        """
        known = [place.name is not None for place in self.places]
        positions = self._recognise(grounds, centres, known)
        for position in positions:
            self.places[position].runs.append(run)
        return positions

    def adopt(self, grounds: gpd.GeoSeries, centres: pd.DataFrame) -> list[int]:
        """Give the ids of an earlier pack to the places they belong to; one without a place is remembered.

        Parameters
        ----------
        grounds
            Grounds as the pack has them, by its ids.
        centres
            ``easting`` and ``northing`` by the same ids.

        Returns
        -------
        list of int
            Position in ``places`` of each ground.
        """
        positions = self._recognise(grounds, centres)
        for name, position in zip(grounds.index, positions, strict=True):
            self.places[position].name = name
        return positions

    def _recognise(
        self,
        grounds: gpd.GeoSeries,
        centres: pd.DataFrame,
        first: Sequence[bool] | None = None,
    ) -> list[int]:
        """Return the position of each ground's place, added where it is new, and remember where it is now."""
        paired = match_grounds(grounds.to_list(), [place.ground for place in self.places], first).tolist()
        rows = centres.loc[grounds.index, ["easting", "northing"]].itertuples()
        for number, (ground, (name, x, y)) in enumerate(zip(grounds, rows, strict=True)):
            if paired[number] < 0:
                paired[number] = len(self.places)
                self.places.append(Identity(name, ground, (x, y)))
            place = self.places[paired[number]]
            place.ground, place.centre = ground, (x, y)
        return list(paired)

    def names(self) -> list[str]:
        """Return the id of each place, all different: that of the pack, or of first sight, numbered where taken."""
        taken = {place.name for place in self.places if place.name is not None}
        names = []
        for place in self.places:
            name = place.name
            if name is None:
                name = next(free for free in _numbered(place.sight) if free not in taken)
                taken.add(name)
            names.append(name)
        return names


def _numbered(sight: str) -> Iterator[str]:
    """Yield the id of a square, then with the numbers that keep places of one square apart."""
    base = _NUMBERED.sub(r"\1", sight)
    yield base
    for number in itertools.count(2):
        yield f"{base}-{number}"
