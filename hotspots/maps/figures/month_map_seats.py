"""Seats for the marks of the month's map: each beside what it names, none on another, none outside the frame."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt
    from shapely.geometry.base import BaseGeometry

    from hotspots.maps.figures.month_map_page import Frame

RADIUS = 8.5
"""Of a disc, and from the middle of a diamond to its corners, in points."""

_GAP, _APART, _INSET = 3.0, 1.5, 2.0
_TURNS, _RINGS, _RING_STEP = 16, 9, 8.0
_FIRST = -math.pi / 4
"""The first seat that is tried lies to the upper right."""
_RING_COST = 0.5
_LATTICE = 4.0
_LABEL_STEPS = 14


@dataclass(frozen=True, slots=True)
class Mark:
    """A disc or a diamond that wants a seat."""

    points: npt.NDArray[np.float64]
    """What it names: corners of a polygon, or one point; in points of the paper."""
    reach: Frame
    """How far the mark goes to the left, up, right and down of its middle."""
    on_point: bool = False
    """It would best sit on its point itself."""

    @property
    def box(self) -> Frame:
        """The box around what it names."""
        (left, top), (right, bottom) = self.points.min(axis=0), self.points.max(axis=0)
        return float(left), float(top), float(right), float(bottom)

    @property
    def middle(self) -> tuple[float, float]:
        """Of that box."""
        left, top, right, bottom = self.box
        return (left + right) / 2, (top + bottom) / 2

    def at(self, x: float, y: float) -> Frame:
        """Return the box of the mark itself, where its middle is there."""
        left, top, right, bottom = self.reach
        return x - left, y - top, x + right, y + bottom


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a mark sits."""

    x: float
    y: float
    led: bool
    """So far away that a line leads to what it names."""
    on_point: bool = False
    """On the very point that it names."""


def seats(marks: Sequence[Mark], frame: Frame) -> list[Seat | None]:
    """Give every mark a seat, in the order given.

    Parameters
    ----------
    marks
        Events first, then hotspots by rank: what comes first has the better seat.
    frame
        No mark leaves it.

    Returns
    -------
    list of Seat or None
        No two boxes of marks overlap; none where the frame is full. The same marks get the same seats.
    """
    taken: list[Frame] = []
    given: list[Seat | None] = []
    named = [(mark, mark.box) for mark in marks if not mark.on_point]
    for mark in marks:
        others = [box for other, box in named if other is not mark]
        seat = _seat(mark, others, taken, frame)
        given.append(seat)
        if seat is not None:
            taken.append(mark.at(seat.x, seat.y))
    return given


def _seat(mark: Mark, others: Sequence[Frame], taken: Sequence[Frame], frame: Frame) -> Seat | None:
    """Return the first free seat that covers no other hotspot, else the one that covers least."""
    best, least = None, math.inf
    for seat, wish in _wishes(mark, others):
        if wish >= least or not _free(mark.at(seat.x, seat.y), taken, frame):
            continue
        # On its point an event may lie within a large hotspot; beside it, it names nothing else.
        near = 0.0 if seat.on_point else sum(_nearness(mark.at(seat.x, seat.y), other) for other in others)
        cost = wish + near
        if cost < least:
            best, least = seat, cost
    return best or _anywhere(mark, taken, frame)


def _wishes(mark: Mark, others: Sequence[Frame]) -> Iterator[tuple[Seat, float]]:
    """Return seats and their cost, the nearest first, from the upper right around."""
    x, y = mark.middle
    if mark.on_point and not any(_hides(mark, other) for other in others):
        yield Seat(x, y, led=False, on_point=True), 0.0
    offsets = mark.points - [x, y]
    for ring in range(_RINGS):
        for turn in range(_TURNS):
            half = math.ceil(turn / 2) * (1 if turn % 2 else -1)
            angle = _FIRST + half * 2 * math.pi / _TURNS
            way = np.array([math.cos(angle), math.sin(angle)])
            far = float((offsets @ way).max()) + RADIUS + _GAP + ring * _RING_STEP
            yield Seat(x + far * way[0], y + far * way[1], led=mark.on_point or ring > 0), ring * _RING_COST


def _hides(mark: Mark, other: Frame) -> bool:
    """Say whether a mark on its point would hide a hotspot no larger than itself."""
    left, top, right, bottom = other
    wide = right - left
    (x, y), middle = mark.middle, ((left + right) / 2, (top + bottom) / 2)
    return wide < 2 * RADIUS and math.hypot(x - middle[0], y - middle[1]) < RADIUS + wide / 2


def _free(box: Frame, taken: Sequence[Frame], frame: Frame) -> bool:
    left, top, right, bottom = frame
    if box[0] < left + _INSET or box[1] < top + _INSET or box[2] > right - _INSET or box[3] > bottom - _INSET:
        return False
    return not any(_overlap(box, other) for other in taken)


def _overlap(box: Frame, other: Frame) -> bool:
    apart_x = box[2] + _APART <= other[0] or other[2] + _APART <= box[0]
    return not (apart_x or box[3] + _APART <= other[1] or other[3] + _APART <= box[1])


def _nearness(box: Frame, other: Frame) -> float:
    """Return how much too near a mark comes to another hotspot, 0 where it does not."""
    dx = max(other[0] - box[2], 0.0, box[0] - other[2])
    dy = max(other[1] - box[3], 0.0, box[1] - other[3])
    return max(0.0, _GAP - math.hypot(dx, dy)) * 2


def _anywhere(mark: Mark, taken: Sequence[Frame], frame: Frame) -> Seat | None:
    """Return the nearest free seat of the whole frame."""
    left, top, right, bottom = frame
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(left, right, _LATTICE), np.arange(top, bottom, _LATTICE)))
    box = mark.at(0.0, 0.0)
    free = (x + box[0] >= left + _INSET) & (x + box[2] <= right - _INSET)
    free &= (y + box[1] >= top + _INSET) & (y + box[3] <= bottom - _INSET)
    for other in taken:
        apart_x = (x + box[2] + _APART <= other[0]) | (other[2] + _APART <= x + box[0])
        free &= apart_x | (y + box[3] + _APART <= other[1]) | (other[3] + _APART <= y + box[1])
    if not free.any():
        return None
    middle = mark.middle
    at = int(np.argmin(np.where(free, np.hypot(x - middle[0], y - middle[1]), np.inf)))
    return Seat(float(x[at]), float(y[at]), led=True)


def label_seat(room: BaseGeometry, wide: float, tall: float) -> tuple[float, float] | None:
    """Return where a name has most room within its own ground.

    Parameters
    ----------
    room
        The ground that is free of everything else, in points.
    wide, tall
        Of the name.

    Returns
    -------
    tuple or None
        The middle of the name; none where it fits nowhere.
    """
    if room.is_empty:
        return None
    left, top, right, bottom = room.bounds
    steps = np.arange(1, _LABEL_STEPS) / _LABEL_STEPS
    x, y = (grid.ravel() for grid in np.meshgrid(left + (right - left) * steps, top + (bottom - top) * steps))
    boxes = shapely.box(x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2)
    shapely.prepare(room)
    fits = np.flatnonzero(shapely.contains(room, boxes))
    if not len(fits):
        return None
    best = fits[np.argmax(shapely.distance(shapely.boundary(room), boxes[fits]).round(3))]
    return float(x[best]), float(y[best])
