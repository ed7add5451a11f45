"""Evenings of a cycle on the clock, and the orders in which a bus can serve stops on one of them."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from hotspots.settings.hours import Span, within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ROAD_FACTOR = 1.3
"""A way by road is so many times the straight line: what is usual in towns."""
STEP_MIN = 5
"""Ways are rounded up to so many minutes and stays down, so that a crew reads times it can keep."""
MOST_SETS = 2_000
"""Sets of stops of one size that are weighed for an evening."""
MOST_ORDERS = 50_000
"""Orders of one size that are tried for an evening."""

_MINUTE = dt.timedelta(minutes=1)
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Evening:
    """A session on a day."""

    session: int
    """Position of the session."""
    date: dt.date
    """Day it begins on."""
    starts: dt.datetime
    """In the time zone of the sessions, as ``ends``."""
    ends: dt.datetime

    @property
    def minutes(self) -> int:
        """How long it is as time runs, where the clocks change too."""
        return (self.ends.astimezone(dt.UTC) - self.starts.astimezone(dt.UTC)) // _MINUTE


@dataclass(frozen=True, slots=True)
class Order:
    """Stops of one evening, one after another."""

    stops: tuple[int, ...]
    """Positions of the stops."""
    travel_min: tuple[int, ...]
    """Minutes from the stop before, rounded up to ``STEP_MIN``; 0 for the first."""


@dataclass(frozen=True)
class Orders:
    """What an evening can be."""

    orders: tuple[Order, ...]
    """One order for each set of stops that fits."""
    whole: bool
    """Every set was tried; otherwise only stops with those nearest to them."""


def evenings_of(sessions: Sequence[Span], first: dt.date, weeks: int, zone: str) -> tuple[Evening, ...]:
    """Return every session of every week.

    Parameters
    ----------
    sessions
        Pieces of the week, by the clock on the wall.
    first
        The cycle begins on this day, and its weeks do too.
    weeks
        Of the cycle.
    zone
        Time zone of the sessions.

    Returns
    -------
    tuple of Evening
        By time. A start that the clocks leap over is as much later; an hour that comes twice is the first of both.
    """
    local = ZoneInfo(zone)
    found = []
    for at, span in enumerate(sessions):
        for week in range(weeks):
            date = first + dt.timedelta(days=(span.weekday - first.weekday()) % _WEEK + _WEEK * week)
            midnight = dt.datetime.combine(date, dt.time.min)
            starts, ends = (
                (midnight + minutes * _MINUTE).replace(tzinfo=local).astimezone(dt.UTC).astimezone(local)
                for minutes in (span.start, span.stop)
            )
            found.append(Evening(at, date, starts, ends))
    return tuple(sorted(found, key=lambda evening: (evening.starts.astimezone(dt.UTC), evening.session)))


def travel_minutes(x: NDArray[np.float64], y: NDArray[np.float64], speed_kmh: float) -> NDArray[np.float64]:
    """Return the minutes between stops: the straight line times ``ROAD_FACTOR`` at one speed.

    Parameters
    ----------
    x, y
        Metres, one per stop.
    speed_kmh
        Of the bus.

    Returns
    -------
    ndarray
        Stops × stops, to a millionth of a minute.
    """
    metres = np.hypot(x[:, None] - x[None, :], y[:, None] - y[None, :]) * ROAD_FACTOR
    return np.round(metres * 60 / (1_000 * speed_kmh), 6)


def slots(evening: Evening, order: Order) -> tuple[tuple[dt.datetime, dt.datetime], ...]:
    """Return when the bus comes to each stop and leaves it.

    Parameters
    ----------
    evening
        The evening.
    order
        Stops and the ways between them.

    Returns
    -------
    tuple of pairs of datetime
        In the time zone of the evening. Every stop has the same minutes, a multiple of ``STEP_MIN``: what is left of
        the evening after the ways, without a rest. Empty where nothing is left.
    """
    stay = (evening.minutes - sum(order.travel_min)) // len(order.stops)
    stay -= stay % STEP_MIN
    if stay < 1:
        return ()
    at, zone = evening.starts.astimezone(dt.UTC), evening.starts.tzinfo
    found = []
    for way in order.travel_min:
        begins = at + way * _MINUTE
        at = begins + stay * _MINUTE
        found.append((begins.astimezone(zone), at.astimezone(zone)))
    return tuple(found)


def orders_of(
    evening: Evening,
    hours: Sequence[tuple[Span, ...]],
    travel: NDArray[np.float64],
    size: int,
    most_travel_min: float,
    *,
    every: bool = False,
) -> Orders:
    """Return what can be served on an evening: for each set of stops the order with the shortest ways that fits.

    Parameters
    ----------
    evening
        The evening.
    hours
        When each stop is open; none: always.
    travel
        Minutes between stops, stops × stops.
    size
        Most stops of the evening.
    most_travel_min
        No way between two stops is longer.
    every
        Beside that order its reverse too, where that fits: which stop comes first then matters.

    Returns
    -------
    Orders
        Sets of one to ``size`` stops, each stop open for the whole of its slot; smaller sets first. Orders that are
        as short as each other are told apart by the positions of their stops.
    """
    tried = {count: _sets(travel, count) for count in range(1, min(size, len(hours)) + 1)}
    found = []
    for sets, _ in tried.values():
        for members in sets:
            ways = _ways(members, travel, most_travel_min)
            fitting = [order for order in ways if _fits(evening, order, hours)]
            found += fitting[:1]
            if every:
                found += [order for order in fitting[1:] if order.stops == fitting[0].stops[::-1]]
    return Orders(tuple(found), all(whole for _, whole in tried.values()))


def _ways(members: tuple[int, ...], travel: NDArray[np.float64], most: float) -> list[Order]:
    """Return every order of some stops whose ways are short enough, that with the shortest ways first."""
    found = []
    for stops in itertools.permutations(members):
        legs = [float(travel[here, there]) for here, there in itertools.pairwise(stops)]
        if all(leg <= most for leg in legs):
            # The sum is exact: an order and its reverse are as long as each other to the last bit.
            found.append(
                (math.fsum(legs), stops, Order(stops, (0, *(STEP_MIN * math.ceil(leg / STEP_MIN) for leg in legs))))
            )
    return [order for _, _, order in sorted(found, key=lambda way: way[:2])]


def _fits(evening: Evening, order: Order, hours: Sequence[tuple[Span, ...]]) -> bool:
    times = slots(evening, order)
    return bool(times) and all(
        within(_on_the_wall(*slot), hours[stop]) for stop, slot in zip(order.stops, times, strict=True)
    )


def _on_the_wall(begins: dt.datetime, ends: dt.datetime) -> Span:
    """Return a slot as people read it off the clock; where the clock goes back past its start, as time runs."""
    shown = (ends.replace(tzinfo=None) - begins.replace(tzinfo=None)) // _MINUTE
    ran = (ends.astimezone(dt.UTC) - begins.astimezone(dt.UTC)) // _MINUTE
    start = begins.hour * 60 + begins.minute
    return Span(begins.weekday(), start, start + (shown if shown > 0 else ran))


def _sets(travel: NDArray[np.float64], size: int) -> tuple[list[tuple[int, ...]], bool]:
    """Return the sets of stops of a size, and whether they are all: of too many, each stop with those near it."""
    stops = len(travel)
    most = min(MOST_SETS, MOST_ORDERS // math.factorial(size))
    if math.comb(stops, size) <= most:
        return list(itertools.combinations(range(stops), size)), True
    near = size - 1
    while near + 1 < stops and math.comb(near + 1, size - 1) * stops <= most:
        near += 1
    found = set()
    for stop in range(stops):
        others = [other for other in np.argsort(travel[stop], kind="stable").tolist() if other != stop][:near]
        found |= {tuple(sorted((stop, *some))) for some in itertools.combinations(others, size - 1)}
    return sorted(found), False
