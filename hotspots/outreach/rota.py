"""The rota: which stops on which evening of a cycle, when, and what could not be kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hotspots.errors import TableError
from hotspots.outreach.evenings import Evening, Order, evenings_of, orders_of, slots, travel_minutes
from hotspots.outreach.rota_model import NONE, Task, choose, counted
from hotspots.settings.hours import DAYS, Span, hours_text, read_hours, shared_minutes
from hotspots.tables import ROTA, SITES, check

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from hotspots.outreach.evenings import Orders
    from hotspots.outreach.rota_model import Picks
    from hotspots.settings import Bus

_LONDON = pd.DatetimeTZDtype("us", "Europe/London")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MOST_NAMED = 5
_WEEK = 7


@dataclass(frozen=True)
class Rota:
    """Evenings of a cycle and their stops."""

    visits: pd.DataFrame
    """ROTA, by time."""
    sentences: tuple[str, ...]
    """What could not be kept, and what does not take place."""
    optimal: bool
    """Proven: no rota over the sets of stops that were weighed is better."""
    bound: float
    """No rota that keeps as many of the wishes counts more."""

    @property
    def counts(self) -> float:
        """What the visits count: of each stop the largest need whole, the next a half, then a third."""
        return float(sum(counted(needs.tolist()) for _, needs in self.visits.groupby("site_id")["demand"]))


def rota(
    stops: gpd.GeoDataFrame,
    need: pd.DataFrame,
    sessions: tuple[Span, ...],
    first: dt.date,
    bus: Bus,
    *,
    closed: Mapping[dt.date, str],
    on: Mapping[dt.date, str],
    zone: str = "Europe/London",
) -> Rota:
    """Give the stops their evenings.

    Parameters
    ----------
    stops
        SITES in metres: the stops of the plan. Status is not looked at.
    need
        By ``site_id``, one column per session, named as ``hours_text`` writes it, in the order of ``sessions``: what
        the stop reaches then. Or one per part of a session, as ``parts_of`` cuts them, so that the hour decides too
        which stop of an evening comes first. Not negative.
    sessions
        Evenings of a week, by the clock on the wall.
    first
        First day of the cycle, which lasts ``bus.cycle_weeks`` times seven days.
    bus
        Stops of an evening, speed, longest way between two stops, weeks, and the longest search.
    closed, on
        Days on which the bus stays in, and why; what days are called in the column ``on``, such as a holiday.
    zone
        Time zone of sessions and opening hours.

    Returns
    -------
    Rota
        Always kept: a stop is open for the whole of its time, no way is longer than ``bus.most_travel_min``, no stop
        has two times on one evening. Then, the first of these that can be better decides: as many stops as can be
        are visited; evenings have as many stops as can be; as few stops as can be are visited on two evenings in a row
        (of those that take place); the visits count most, the k-th to a stop need / k (D'Hondt, 1878); they are spread
        evenly (Miltenburg, 1989). What was given up is said. The order of rows changes nothing.

    Raises
    ------
    TableError
        A table breaks its contract, hours cannot be read, or need does not fit stops and sessions.
    """
    stops = check(SITES, stops.sort_index())
    needed, size = _need(need, stops, sessions, bus.stops_per_evening)
    hours = [_hours(str(key), value) for key, value in stops["hours"].items()]
    planned = evenings_of(sessions, first, bus.cycle_weeks, zone)
    evenings = tuple(evening for evening in planned if evening.date not in closed)
    can = _orders(evenings, hours, stops, bus, every=size > 0)
    task = Task(tuple(one.orders for one in can), tuple(evening.session for evening in evenings), needed, size)
    choice = choose(task, bus.time_limit_s)
    visits = _visits(stops, first, evenings, task, choice.picks, on)
    found = Rota(check(ROTA, visits), (), choice.optimal, choice.bound)
    names = stops["name"].tolist()
    given_up = _given_up(names, hours, evenings, task, choice.picks, bus.stops_per_evening)
    return replace(found, sentences=(*_closed(planned, closed), *given_up, *_search(found, can, bus)))


def parts_of(span: Span, size: int) -> list[Span]:
    """Return the equal parts of an evening that its stops have, the ways between them not taken off."""
    edges = [span.start + span.minutes * at // size for at in range(size + 1)]
    return [Span(span.weekday, first, last) for first, last in pairwise(edges)]


def _need(
    need: pd.DataFrame, stops: gpd.GeoDataFrame, sessions: Sequence[Span], size: int
) -> tuple[NDArray[np.float64], int]:
    """Return need by stop and kind of visit, and the stops of an evening; 0 where need is the same all evening."""
    labels = [hours_text((span,)) for span in sessions]
    parts = [hours_text((part,)) for span in sessions for part in parts_of(span, size)]
    by_part = size > 1 and list(need.columns) == parts
    if not by_part and list(need.columns) != labels:
        raise TableError(f"The need of stops has the columns {list(need.columns)}, expected the sessions {labels}.")
    if not need.index.is_unique or not stops.index.isin(need.index).all():
        raise TableError("The need of stops must have one row for each stop.")
    found: NDArray[np.float64] = need.loc[stops.index].to_numpy(dtype=float)
    if not (np.isfinite(found) & (found >= 0)).all():
        raise TableError("The need of stops must be numbers of 0 or more.")
    if not by_part:
        return found, 0
    # What a stop reaches whose time is a part of the evening, cut for so many stops as there are that evening.
    cut = found.reshape(len(found), len(sessions), size)
    kinds = [cut @ _overlap(place, count, size) for count in range(1, size + 1) for place in range(count)]
    return np.stack(kinds, axis=2).reshape(len(found), -1), size


def _overlap(place: int, count: int, size: int) -> NDArray[np.float64]:
    """Return how much of each of ``size`` equal parts lies in one of ``count`` equal parts of the same evening."""
    part = np.arange(size)
    shared = np.minimum((place + 1) / count, (part + 1) / size) - np.maximum(place / count, part / size)
    return np.asarray(np.maximum(shared, 0.0) * size)


def _hours(site_id: str, text: Any) -> tuple[Span, ...]:  # noqa: ANN401 - one cell of a frame
    try:
        return () if pd.isna(text) else read_hours(str(text))
    except ValueError as error:
        raise TableError(f"SITES: hours of {site_id}: {error}.") from error


def _orders(
    evenings: Sequence[Evening], hours: Sequence[tuple[Span, ...]], stops: gpd.GeoDataFrame, bus: Bus, *, every: bool
) -> list[Orders]:
    """Return what each evening can be; evenings of one session are alike but where the clocks change."""
    x, y = (np.asarray(part, dtype=float) for part in (stops.geometry.x, stops.geometry.y))
    travel = travel_minutes(x, y, bus.speed_kmh)
    known: dict[object, Orders] = {}
    found = []
    for evening in evenings:
        alike = (evening.session, evening.starts.time(), evening.ends.time(), evening.minutes)
        changing = evening.starts.utcoffset() != evening.ends.utcoffset()
        key = (evening.date, *alike) if changing else alike
        if key not in known:
            known[key] = orders_of(evening, hours, travel, bus.stops_per_evening, bus.most_travel_min, every=every)
        found.append(known[key])
    return found


def _picked(task: Task, picks: Picks) -> list[Order | None]:
    return [None if pick == NONE else options[pick] for options, pick in zip(task.options, picks, strict=True)]


def _visits(
    stops: gpd.GeoDataFrame,
    first: dt.date,
    evenings: Sequence[Evening],
    task: Task,
    picks: Picks,
    on: Mapping[dt.date, str],
) -> pd.DataFrame:
    rows = []
    for number, (evening, order) in enumerate(zip(evenings, _picked(task, picks), strict=True), start=1):
        times = slots(evening, order) if order else ()
        kinds = task.kinds(number - 1, order) if order else []
        for place, (begins, ends) in enumerate(times):
            stop = order.stops[place] if order else 0
            rows.append(
                {
                    "week": (evening.date - first).days // _WEEK + 1,
                    "evening": number,
                    "order": place + 1,
                    "starts_at": begins,
                    "ends_at": ends,
                    "site_id": stops.index[stop],
                    "name": stops["name"].iloc[stop],
                    "demand": task.need[stop, kinds[place]],
                    "travel_min": float(order.travel_min[place]) if order else 0.0,
                    "on": on.get(evening.date),
                }
            )
    frame = pd.DataFrame(rows, columns=list(ROTA.columns))
    for name in ("starts_at", "ends_at"):
        frame[name] = pd.to_datetime(frame[name], utc=True).dt.as_unit("us").dt.tz_convert(_LONDON.tz)
    whole, floats = ("week", "evening", "order"), ("demand", "travel_min")
    frame = frame.astype(dict.fromkeys(whole, "int64") | dict.fromkeys(floats, "float64"))
    frame = frame.astype(dict.fromkeys(("site_id", "name", "on"), "str"))
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="visit_no")
    return frame


# --- what is said -----------------------------------------------------------------------------------------------------


def _closed(planned: Iterable[Evening], closed: Mapping[dt.date, str]) -> list[str]:
    """Say which evenings do not take place, those with the same reason together."""
    reasons: dict[str, list[dt.date]] = {}
    for evening in planned:
        if evening.date in closed:
            reasons.setdefault(closed[evening.date], []).append(evening.date)
    return [f"The bus stays in on {_list(_day(date) for date in days)}: {reason}." for reason, days in reasons.items()]


def _given_up(
    names: Sequence[str],
    hours: Sequence[tuple[Span, ...]],
    evenings: Sequence[Evening],
    task: Task,
    picks: Picks,
    size: int,
) -> tuple[str, ...]:
    """Say which stops have no visit, which evenings are short, and what comes twice in a row."""
    if not evenings or not names:
        return ("There is no stop to visit." if evenings else "No evening takes place: the rota is empty.",)
    return (
        *_no_visit(names, hours, evenings, task, picks),
        *_short(evenings, task, picks, size),
        *_in_a_row(names, task, picks),
    )


def _no_visit(
    names: Sequence[str],
    hours: Sequence[tuple[Span, ...]],
    evenings: Sequence[Evening],
    task: Task,
    picks: Picks,
) -> list[str]:
    visited = {stop for order in _picked(task, picks) if order for stop in order.stops}
    fits = {stop for options in task.options for order in options for stop in order.stops}
    sentences, left = [], []
    for stop, name in enumerate(names):
        opens = not hours[stop] or any(shared_minutes(_span(evening), hours[stop]) for evening in evenings)
        if not opens:
            sentences.append(f"{name} is open at no session: it has no visit.")
        elif stop not in fits:
            sentences.append(f"{name} is open for no whole stop of an evening: it has no visit.")
        elif stop not in visited:
            left.append(name)
    made = sum(len(order.stops) for order in _picked(task, picks) if order)
    if left:
        visits = "1 visit" if made == 1 else f"{made} visits"
        has = "has" if len(left) == 1 else "have"
        why = f"the cycle has room for {visits} to {len(fits)} stops"
        why = why if made < len(fits) else "other stops need the evenings that fit"
        sentences.append(f"{_list(left)} {has} no visit: {why}.")
    return sentences


def _span(evening: Evening) -> Span:
    start = evening.starts.hour * 60 + evening.starts.minute
    return Span(evening.starts.weekday(), start, start + evening.minutes)


def _short(evenings: Sequence[Evening], task: Task, picks: Picks, size: int) -> list[str]:
    short = [
        evening.date
        for evening, order in zip(evenings, _picked(task, picks), strict=True)
        if order is None or len(order.stops) < size
    ]
    if not short:
        return []
    every = len(short) == len(evenings)
    days = "Every evening" if every else _list(map(_day, short), _MOST_NAMED)
    has = "has" if every or len(short) == 1 else "have"
    few = f"fewer than {size} stops" if size > 1 else "no stop"
    return [f"{days} {has} {few}: opening hours, ways and the stops there are allow no more."]


def _in_a_row(names: Sequence[str], task: Task, picks: Picks) -> list[str]:
    served = [frozenset(order.stops if order else ()) for order in _picked(task, picks)]
    again = Counter(stop for before, after in pairwise(served) for stop in before & after)
    if not again:
        return []
    said = _list(f"{names[stop]} ({_times(again[stop])})" for stop in sorted(again))
    return [f"Two evenings in a row cannot be avoided at {said}."]


def _search(found: Rota, can: Sequence[Orders], bus: Bus) -> list[str]:
    sentences = []
    if not all(one.whole for one in can):
        sentences.append("There are too many sets of stops to weigh them all: each stop went with those nearest to it.")
    if not found.optimal:
        more = (found.bound / found.counts - 1) if found.counts else 0.0
        sentences.append(
            f"The search stopped after {bus.time_limit_s:g} seconds: a rota that counts {100 * more:.1f} % more "
            "is not ruled out."
        )
    return sentences


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _day(date: dt.date) -> str:
    return f"{DAYS[date.weekday()]} {date.day} {_MONTHS[date.month - 1]} {date.year}"


def _list(parts: Iterable[str], most: int = 0) -> str:
    """Return names for a sentence; of more than ``most`` how many there are besides."""
    said = list(dict.fromkeys(parts))
    if most and len(said) > most:
        said = [*said[:most], f"{len(said) - most} more"]
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"
