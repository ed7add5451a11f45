"""Contours of the density as hotspots: one threshold to meet a budget, and higher ones where a place is too wide.

Between the centres of cells the surface is a net of triangles, so that the ground above a level is bounded
by straight lines from edge to edge, the grounds above two levels lie inside each other, and a point lies on
the ground exactly when the density there reaches the level. As the level falls, places appear, grow and
merge. A place that would pass the widest a hotspot may be stays as it was at the level before; one that is
too narrow for a hotspot is followed down to the first level at which it is wide enough.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np
import shapely
from scipy import ndimage

from hotspots.analysis.clusters import fewest, width_m

if TYPE_CHECKING:
    import numpy.typing as npt
    from shapely.geometry.base import BaseGeometry

    from hotspots.analysis.budget import Budget
    from hotspots.analysis.density import Surface
    from hotspots.geo.points import DistinctPoints
    from hotspots.settings import Hotspots

_LEVEL_STEP = 1.02
_LOWEST = 1e-4
"""Share of the peak below which no level is tried."""
_CORNER = 1e-4
"""Share of an edge that a crossing keeps from its ends, so that no triangle vanishes."""
_TOUCHING = np.array([[1, 1, 0], [1, 1, 1], [0, 1, 1]])
"""Neighbours in the net: along rows and columns, and along the line from the south-west to the north-east."""
_QUAD_SEGS = 16
_GRACE = 1e-9
"""What rounding may add to a share, in parts."""


@dataclass(frozen=True, slots=True)
class Contour:
    """One hotspot."""

    members: npt.NDArray[np.int64]
    """Positions in the distinct points: those on the ground."""
    n: int
    """Incidents at the members."""
    n_own: int
    """Those of them that lie in the area itself."""
    level: float
    """Density on the line around the ground, incidents per km²."""
    ground: BaseGeometry
    """Polygon in the CRS of the points."""


@dataclass(frozen=True, slots=True)
class Contours:
    """Hotspots by incidents, and the threshold behind them."""

    contours: tuple[Contour, ...]
    """By incidents on the ground, then by incidents per hectare; none overlap."""
    threshold: float
    """Density in incidents per km² that every hotspot reaches, and no other place that could be one."""
    share_of_area: float
    """Area of the grounds over that of the area; a ground may reach beyond its border."""
    share_of_n: float
    """The area's own incidents on the grounds over all of the area, in-sample."""


class _Place(NamedTuple):
    """A connected ground above a level that holds enough incidents."""

    level: float
    summit: int
    """Position of its highest cell in the flattened density."""
    n_own: int
    lines: npt.NDArray[np.float64]
    """The lines around its ground, which lies on their left, shape (t, 2, 2); none where it is far too wide."""
    own: bool
    """It is the area's own: half of its incidents lie there, or enough to be a hotspot by themselves."""
    wide: bool
    """It is too wide for a hotspot, or holds one that it would take away from the area."""
    narrow: bool
    """It is not wide enough for a hotspot."""


class _Net(NamedTuple):
    """What of the surface and the points stays the same at every level."""

    surface: Surface
    cells: npt.NDArray[np.int64]
    """Positions of all cells in the flattened density, the highest first."""
    corner: npt.NDArray[np.int64]
    """Shape (t, 3): positions of each triangle's corners, the highest first; the highest triangle first."""
    height: npt.NDArray[np.float64]
    """Shape (t, 3): density at those."""
    top: npt.NDArray[np.int64]
    """Shape (p,): for each point the highest corner of its triangle."""
    at: npt.NDArray[np.float64]
    """Shape (p,): density at each point."""
    weight: npt.NDArray[np.int64]
    own: npt.NDArray[np.int64]


class _Sizes(NamedTuple):
    """What makes a place a hotspot."""

    least: int
    min_width_m: float
    max_width_m: float


def find_contours(
    points: DistinctPoints,
    own: npt.NDArray[np.int64],
    surface: Surface,
    settings: Hotspots,
    months: int,
    *,
    budget: Budget,
    area_m2: float,
) -> Contours:
    """Find the places of highest density that meet a budget, the busiest first.

    Parameters
    ----------
    points
        The distinct points of the surface: the area and its ring, one window.
    own
        Shape (p,): how many of the rows at each point lie in the area itself.
    surface
        Their density.
    settings
        Fewest incidents and widths of a hotspot.
    months
        Months in the window that the data hold.
    budget
        A share of the area: the lowest threshold at which the grounds take up no more; one hotspot at
        least. A number: the highest threshold that so many places reach. A share of the incidents: the
        highest at which the grounds hold so many of the area's own.
    area_m2
        Area of the outline in square metres.

    Returns
    -------
    Contours
        Connected grounds whose density reaches the threshold, with enough incidents there, and the area's
        own. A ground wider than ``max_width_m`` is cut at the lowest higher level at which its parts fit. One
        narrower than ``min_width_m`` goes down to the highest lower level at which it is so wide; where it
        would be too wide at once, it is drawn wider as far as other grounds leave room. Fewer than the
        budget asks for where the data hold no more.
    """
    if not surface.density.any():
        return Contours((), 0.0, 0.0, 0.0)
    least = fewest(settings, months)
    sizes = _Sizes(least, settings.min_width_m, settings.max_width_m)
    threshold, places = _search(_net(points, own, surface), sizes, budget, area_m2)
    found = []
    for place, ground in zip(places, _grounds(places, sizes), strict=True):
        members = np.flatnonzero(shapely.intersects_xy(ground, points.xy))
        found.append(Contour(members, int(points.weight[members].sum()), int(own[members].sum()), place.level, ground))
    order = sorted(found, key=lambda c: (-c.n, c.ground.area, tuple(points.xy[c.members[0]])))[: budget.number]
    return Contours(
        tuple(order),
        threshold,
        sum(contour.ground.area for contour in order) / area_m2,
        sum(contour.n_own for contour in order) / max(int(own.sum()), 1),
    )


def _net(points: DistinctPoints, own: npt.NDArray[np.int64], surface: Surface) -> _Net:
    """Order the triangles and their corners by height, and find the triangle of every point."""
    density = surface.density.ravel()
    cells = np.arange(density.size).reshape(surface.density.shape)
    halves = [np.stack([cells[:-1, :-1], middle, cells[1:, 1:]], -1) for middle in (cells[:-1, 1:], cells[1:, :-1])]
    corner = np.concatenate([half.reshape(-1, 3) for half in halves])
    corner = corner[density[corner].max(axis=1) > 0]
    corner = np.take_along_axis(corner, np.argsort(-density[corner], axis=1, kind="stable"), axis=1)
    corner = corner[np.argsort(-density[corner[:, 0]], kind="stable")]
    around, share = surface.corners(points.xy)
    height = density[around]
    top = np.take_along_axis(around, height.argmax(axis=1)[:, None], axis=1)[:, 0]
    order = np.argsort(-density, kind="stable")
    return _Net(surface, order, corner, density[corner], top, (height * share).sum(axis=1), points.weight, own)


def _search(net: _Net, sizes: _Sizes, budget: Budget, area_m2: float) -> tuple[float, list[_Place]]:
    """Lower the threshold until the budget is met; return it and the places that reach it."""
    ladder = _Ladder(net, sizes)
    wanted = (budget.share_of_n or 0.0) * float(net.own.sum()) * (1 - _GRACE)
    level, places = ladder.peak, list[_Place]()
    for step in range(1, ladder.length):
        before, (level, places) = (level, places), (ladder.level(step), ladder.places(step))
        if budget.share_of_area is not None:
            taken = sum(_area(place, sizes) for place in places)
            if before[1] and taken > budget.share_of_area * area_m2 * (1 + _GRACE):
                return before
        elif budget.number is not None:
            if len(places) >= budget.number:
                break
        elif sum(place.n_own for place in places) >= wanted:
            break
    return level, places


class _Ladder:
    """Levels from the peak down, each looked at once and not before it is needed."""

    length = math.ceil(math.log(1 / _LOWEST) / math.log(_LEVEL_STEP))

    def __init__(self, net: _Net, sizes: _Sizes) -> None:
        self._net, self._sizes = net, sizes
        self.peak = float(net.surface.density.max())
        self._places: list[list[_Place]] = [[]]
        self._below: list[list[int]] = []
        """For each place of a level, its position among those of the next."""
        self._settled: list[list[_Place]] = [[]]
        """For each level, the hotspots of the one before that would be too wide here."""
        self._grounds: dict[tuple[float, int], BaseGeometry] = {}

    def level(self, step: int) -> float:
        return self.peak / _LEVEL_STEP**step

    def places(self, step: int) -> list[_Place]:
        """Return the hotspots at a threshold: none inside another."""
        self._descend(step)
        settled = [place for ended in self._settled[: step + 1] for place in ended]
        found = [*settled, *(p for p in self._places[step] if p.own and not p.wide and not p.narrow)]
        lower: dict[tuple[float, int], _Place] = {}
        for position, place in enumerate(self._places[step]):
            if place.own and place.narrow and not place.wide:
                wider = self._widened(step, position)
                lower[wider.level, wider.summit] = wider
        found += lower.values()
        summits = _centre(self._net, np.array([place.summit for place in found], dtype=np.int64))
        outermost = np.ones(len(found), dtype=bool)
        for place in lower.values():
            higher = np.array([other.level > place.level for other in found])
            outermost[higher & shapely.intersects_xy(self._drawn(place), summits)] = False
        return [place for place, keep in zip(found, outermost, strict=True) if keep]

    def _drawn(self, place: _Place) -> BaseGeometry:
        if (place.level, place.summit) not in self._grounds:
            self._grounds[place.level, place.summit] = _ground(place)
        return self._grounds[place.level, place.summit]

    def _widened(self, step: int, position: int) -> _Place:
        """Follow a narrow place down to where it is wide enough, or to where it would be too wide."""
        place = self._places[step][position]
        while place.narrow and step + 1 < self.length:
            self._descend(step + 1)
            position = self._below[step][position]
            step += 1
            if self._places[step][position].wide:
                break
            place = self._places[step][position]
        return place

    def _descend(self, step: int) -> None:
        while len(self._places) <= step:
            number, places = _places(self._net, self.level(len(self._places)), self._sizes)
            position = {int(number[place.summit]): index for index, place in enumerate(places)}
            below = [position[int(number[place.summit])] for place in self._places[-1]]
            for place, index in zip(self._places[-1], below, strict=True):
                if place.wide or (place.own and not places[index].own):
                    places[index] = places[index]._replace(wide=True)
            pairs = zip(self._places[-1], below, strict=True)
            self._settled.append([p for p, index in pairs if p.own and not p.wide and places[index].wide])
            self._below.append(below)
            self._places.append(places)


def _places(net: _Net, level: float, sizes: _Sizes) -> tuple[npt.NDArray[np.int32], list[_Place]]:
    """Return the number of each cell's connected ground above a level, and those with enough incidents."""
    labels, number = ndimage.label(net.surface.density >= level, _TOUCHING)
    flat = np.asarray(labels.ravel(), dtype=np.int32)
    on = net.at >= level
    n, n_own = (np.bincount(flat[net.top[on]], weights=of[on], minlength=number + 1) for of in (net.weight, net.own))
    own = (2 * n_own >= n) | (n_own >= sizes.least)
    reaching = net.cells[: np.searchsorted(-net.surface.density.ravel()[net.cells], -level, side="right")]
    summit = np.zeros(number + 1, dtype=np.int64)
    summit[flat[reaching[::-1]]] = reaching[::-1]  # the last to be written is the highest
    boxes = ndimage.find_objects(labels)
    enough = np.flatnonzero(n >= sizes.least)
    # Most places that are too wide are so from centre to centre already, and need no lines.
    across = np.array([max(side.stop - side.start for side in boxes[place - 1]) - 1 for place in enough])
    drawn = np.zeros(number + 1, dtype=bool)
    drawn[enough[across * net.surface.cell_m <= sizes.max_width_m]] = True
    lines, of_line = _lines(net, level, flat, drawn)
    start = np.searchsorted(of_line, np.arange(number + 2))
    places = []
    for place in enough.tolist():
        around = lines[start[place] : start[place + 1]]
        wide, narrow = _judged(around.reshape(-1, 2), sizes) if drawn[place] else (True, False)
        places.append(_Place(level, int(summit[place]), int(n_own[place]), around, bool(own[place]), wide, narrow))
    return flat, places


def _lines(
    net: _Net,
    level: float,
    labels: npt.NDArray[np.int32],
    drawn: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]]:
    """Return the lines around some places, the ground on their left, and the place of each, rising."""
    reaching = int(np.searchsorted(-net.height[:, 0], -level, side="right"))
    cut = np.flatnonzero((net.height[:reaching, 2] < level) & drawn[labels[net.corner[:reaching, 0]]])
    place = labels[net.corner[cut, 0]]
    order = np.argsort(place, kind="stable")
    corner, height = net.corner[cut[order]], net.height[cut[order]]
    # From the highest corner to the lowest, and from the middle one to whichever lies across the level.
    other = np.where(height[:, 1:2] >= level, [1, 2], [0, 1])
    edges = [(of[:, [0, 2]], np.take_along_axis(of, other, axis=1)) for of in (corner, height)]
    lines = np.stack([_crossing(net, level, *edge) for edge in zip(*edges, strict=True)], axis=1)
    along, aside = lines[:, 1] - lines[:, 0], _centre(net, corner[:, 0]) - lines[:, 0]
    turned = along[:, 0] * aside[:, 1] < along[:, 1] * aside[:, 0]
    lines[turned] = lines[turned, ::-1]
    return lines, place[order]


def _centre(net: _Net, cell: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the centres of cells in metres, shape (..., 2)."""
    row, column = np.divmod(cell, net.surface.density.shape[1])
    west, south = net.surface.origin
    return np.asarray((np.stack([column + west, row + south], axis=-1) + 0.5) * net.surface.cell_m, np.float64)


def _crossing(
    net: _Net,
    level: float,
    cell: npt.NDArray[np.int64],
    height: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Return where edges cross the level, shape (t, 2): to the last bit the same from both sides of an edge."""
    order = np.argsort(cell, axis=1)
    (first, last), (one, other) = (np.take_along_axis(of, order, axis=1).T for of in (cell, height))
    along = np.clip((level - one) / (other - one), _CORNER, 1 - _CORNER)
    start, end = _centre(net, first), _centre(net, last)
    return np.asarray(start + along[:, None] * (end - start), np.float64)


def _judged(corners: npt.NDArray[np.float64], sizes: _Sizes) -> tuple[bool, bool]:
    """Tell whether a ground with these corners is too wide, and whether it is too narrow."""
    sides = np.ptp(corners, axis=0)
    least, most = float(sides.max()), math.hypot(*sides)
    if least < sizes.min_width_m <= most or least <= sizes.max_width_m < most:
        least = most = width_m(shapely.LineString(corners))
    return least > sizes.max_width_m, most < sizes.min_width_m


def _area(place: _Place, sizes: _Sizes) -> float:
    """Return the area of a place in square metres; of a narrow one the most that it may be drawn with."""
    if place.narrow:
        return math.pi / 4 * sizes.min_width_m**2  # no shape so wide is larger than the disc
    (east, north), (east_on, north_on) = (place.lines - place.lines[0, 0]).transpose(1, 2, 0)
    return float((east * north_on - east_on * north).sum() / 2)


def _ground(place: _Place) -> BaseGeometry:
    """Draw the ground of a place."""
    return cast("BaseGeometry", shapely.build_area(shapely.multilinestrings(place.lines)))


def _grounds(places: list[_Place], sizes: _Sizes) -> list[BaseGeometry]:
    """Draw the grounds of all places, those that stayed too narrow as wide as others leave room."""
    grounds = [_ground(place) for place in places]
    for position in np.flatnonzero([place.narrow for place in places]):
        core = grounds[position]
        # Between its corners the drawn arc is nearer than its radius.
        reach = (sizes.min_width_m - width_m(core)) / 2 / math.cos(math.pi / 4 / _QUAD_SEGS)
        others = shapely.union_all([*grounds[:position], *grounds[position + 1 :]])
        parts = shapely.get_parts(shapely.difference(shapely.buffer(core, reach, quad_segs=_QUAD_SEGS), others))
        grounds[position] = parts[int(np.argmax(shapely.area(shapely.intersection(parts, core))))]
    return grounds
