"""Events become what happens when: recurring ones once for each date, at the local clock, across clock changes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from hotspots.errors import InputError
from hotspots.events.rules import dates_of, read_rule
from hotspots.tables import EVENTS, check
from hotspots.tables.occurrences import OCCURRENCES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from hotspots.events.rules import Days, Rule

LONDON: Final = "Europe/London"

_DAY = np.timedelta64(1, "D")
_TIMES = ("ends_at", "dispersal_at")
_KEPT = ("title", "kind", "status", "risk", "expected_attendance")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_SHORT = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last", -2: "last but one"}
_UNITS = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}


def check_rule(rrule: str, except_on: str = "") -> None:
    """Refuse a recurrence that cannot be used.

    Parameters
    ----------
    rrule
        A rule of RFC 5545 without its start: ``FREQ=WEEKLY;BYDAY=TU,FR``.
    except_on
        ISO dates parted by blanks on which it does not hold.

    Raises
    ------
    InputError
        One sentence: which part is wrong, and what to write.
    """
    read_rule(rrule)
    _exceptions(except_on)


def faults(events: gpd.GeoDataFrame) -> pd.Series:
    """Say what is wrong with the recurrences of a register.

    Parameters
    ----------
    events
        EVENTS.

    Returns
    -------
    Series
        Index ``event_id``, of the events whose recurrence cannot be used; a sentence each.
    """
    found: dict[str, str] = {}
    for event_id, rrule, except_on in zip(events.index, events["rrule"], events["except_on"], strict=True):
        try:
            if _given(rrule):
                read_rule(rrule)
            _exceptions(except_on if _given(except_on) else "")
        except InputError as error:
            found[str(event_id)] = str(error)
    return pd.Series(found, dtype="str", name="fault").rename_axis("event_id")


def _given(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _exceptions(text: str) -> Days:
    dates = [date if _DATE.fullmatch(date) else "no date" for date in text.split()]
    try:
        return np.array(dates, dtype="datetime64[D]")
    except ValueError as error:
        shown = "".join(letter for letter in text if letter.isprintable())[:60]
        raise InputError(
            f"The exceptions {shown!r} are not dates; write them as 2025-04-18 2025-12-26, with blanks between."
        ) from error


# --- what happens when ------------------------------------------------------------------------------------------------


def expand(events: gpd.GeoDataFrame, first: pd.Timestamp, last: pd.Timestamp) -> gpd.GeoDataFrame:
    """Return what happens in a period.

    An occurrence belongs to the period when it starts in it, or has started before and has not yet ended or dispersed
    at its beginning. The local clock is kept: a market from 10:00 to 16:00 is one in summer and in winter, and a night
    that began at 22:00 ends at 02:00 also when the clocks change meanwhile. A clock that occurs twice is the first of
    the two; one that is jumped over is the moment after the jump. The event's own start is always an occurrence, and
    counts as one, also where the rule does not name it; its times are those given, to the moment.

    Parameters
    ----------
    events
        EVENTS; cancelled ones are left out.
    first, last
        Begin and end of the period, both included; local (Europe/London) where they carry no zone.

    Returns
    -------
    GeoDataFrame
        OCCURRENCES in the CRS of the events, sorted by key.

    Raises
    ------
    InputError
        The recurrence of an event cannot be used; the sentence names the event.
    TableError
        The events break their contract.
    """
    check(EVENTS, events)
    begin, end = _local(first), _local(last)
    events = events[events["status"] != "cancelled"]
    walls = _Walls.of(events)
    found = _found(events, walls, np.datetime64(begin.tz_localize(None)), np.datetime64(end.tz_localize(None)))
    starts = _zoned(found.starts).where(~found.own, walls.exact(events["starts_at"], found.of))
    times = {
        name: _zoned(found.starts + span[found.of]).where(~found.own, walls.exact(events[name], found.of))
        for name, span in walls.spans.items()
    }
    until = pd.DatetimeIndex(np.maximum.reduce([_utc(starts), *map(_utc, times.values())]), tz="UTC")
    inside = (starts <= end) & ((starts >= begin) | (until > begin)) & (_utc(starts) <= found.last)
    return _occurrences(events, found.of[inside], starts[inside], {name: time[inside] for name, time in times.items()})


def _local(moment: pd.Timestamp) -> pd.Timestamp:
    if moment.tzinfo is None:
        return moment.tz_localize(LONDON, ambiguous=True, nonexistent="shift_forward")
    return moment.tz_convert(LONDON)


def _zoned(walls: NDArray[np.datetime64]) -> pd.DatetimeIndex:
    index = pd.DatetimeIndex(walls.astype("datetime64[us]"))
    return index.tz_localize(LONDON, ambiguous=np.ones(len(index), dtype=np.bool_), nonexistent="shift_forward")


def _utc(times: pd.DatetimeIndex) -> NDArray[np.datetime64]:
    """Return times as numpy has them; where there is none, before all others."""
    plain = times.tz_convert("UTC").tz_localize(None).to_numpy()
    return np.where(np.isnat(plain), np.datetime64(0, "us") - np.timedelta64(2**60, "us"), plain)


@dataclass(frozen=True)
class _Walls:
    """Local times of the events without their zone."""

    starts: NDArray[np.datetime64]
    spans: dict[str, NDArray[np.timedelta64]]
    """From the start to the other times on the clock."""

    @classmethod
    def of(cls, events: gpd.GeoDataFrame) -> _Walls:
        """Return those of some events."""
        starts = events["starts_at"].dt.tz_localize(None).to_numpy()
        spans: dict[str, NDArray[np.timedelta64]] = {}
        for name in _TIMES:
            span = events[name].dt.tz_localize(None).to_numpy() - starts
            exact = (events[name] - events["starts_at"]).to_numpy()
            # Within the hour that occurs twice, the clock can be earlier at the end.
            spans[name] = np.where((span < np.timedelta64(0)) & (exact >= np.timedelta64(0)), exact, span)
        return cls(starts, spans)

    @staticmethod
    def exact(times: pd.Series, of: NDArray[np.int64]) -> pd.DatetimeIndex:
        """Return the times as they were given, for the rows named."""
        return pd.DatetimeIndex(times).take(of)

    def longest(self) -> NDArray[np.timedelta64]:
        """Return how long each event goes on, dispersal included."""
        nothing = np.timedelta64(0, "us")
        spans = [np.where(np.isnat(span), nothing, span) for span in self.spans.values()]
        longest: NDArray[np.timedelta64] = np.maximum.reduce(
            [np.zeros(len(self.starts), dtype="timedelta64[us]"), *spans]
        )
        return longest


@dataclass(frozen=True)
class _Found:
    """What may happen in a period, before the clock is looked at."""

    of: NDArray[np.int64]
    """Position of the event."""
    starts: NDArray[np.datetime64]
    """Local, without a zone."""
    own: NDArray[np.bool_]
    """Is it the event's own start?"""
    last: NDArray[np.datetime64]
    """The last moment that the rule allows, UTC."""


def _found(events: gpd.GeoDataFrame, walls: _Walls, begin: np.datetime64, end: np.datetime64) -> _Found:
    recurring = events["rrule"].map(_given).to_numpy(dtype=np.bool_)
    once = np.flatnonzero(
        ~recurring & ((walls.starts <= end + _DAY) & (walls.starts + walls.longest() >= begin - _DAY))
    )
    of, starts = [once], [walls.starts[once]]
    last = [np.full(len(once), np.datetime64("9999-12-31", "us"))]
    days, longest = walls.starts.astype("datetime64[D]"), walls.longest()
    rrules, exceptions = events["rrule"].tolist(), events["except_on"].tolist()
    rules: dict[str, Rule] = {}
    many: list[tuple[str, int]] = []
    for row in np.flatnonzero(recurring).tolist():
        try:
            if rrules[row] not in rules:
                rules[rrules[row]] = read_rule(rrules[row])
            without = _exceptions(exceptions[row]) if _given(exceptions[row]) else None
        except InputError as error:
            raise InputError(f"Event {events.index[row]} ({events['title'].iloc[row]}): {error}") from error
        # A day more on either side: the clock, and the zone of the period, are looked at afterwards.
        dates = dates_of(
            rules[rrules[row]],
            days[row],
            (begin - longest[row]).astype("datetime64[D]") - _DAY,
            end.astype("datetime64[D]") + _DAY,
        )
        if without is not None:
            dates = dates[~np.isin(dates, without)]
        of.append(np.full(len(dates), row))
        starts.append(dates + (walls.starts[row] - days[row]))
        many.append((rrules[row], len(dates)))
    limits = _limits(rules)
    last += [np.full(number, limits[rule]) for rule, number in many]
    rows, clocks = np.concatenate(of).astype(np.int64), np.concatenate(starts).astype("datetime64[us]")
    return _Found(rows, clocks, clocks == walls.starts[rows], np.concatenate(last))


def _limits(rules: Mapping[str, Rule]) -> dict[str, np.datetime64]:
    """Return the last moment of each rule in UTC; of all at once, since pandas takes half a millisecond for one."""
    ends = {text: rule.until for text, rule in rules.items() if rule.until is not None}
    local = _utc(_zoned(np.array([until.at for until in ends.values()], dtype="datetime64[us]")))
    limits = dict.fromkeys(rules, np.datetime64("9999-12-31", "us"))
    return limits | {
        text: until.at if until.utc else moment for (text, until), moment in zip(ends.items(), local, strict=True)
    }


def _occurrences(
    events: gpd.GeoDataFrame, of: NDArray[np.int64], starts: pd.DatetimeIndex, times: dict[str, pd.DatetimeIndex]
) -> gpd.GeoDataFrame:
    ids = events.index.to_numpy(dtype=object)[of]
    clocks = np.datetime_as_string(starts.tz_localize(None).to_numpy(), unit="m")
    keys = [f"{event}@{clock.replace('-', '').replace(':', '')}" for event, clock in zip(ids, clocks, strict=True)]
    rows = events.iloc[of]
    frame = gpd.GeoDataFrame(
        {
            "event_id": pd.Series(ids, dtype="str"),
            **{name: rows[name].array for name in _KEPT},
            "starts_at": starts,
            **times,
        },
        geometry=gpd.GeoSeries(rows.geometry.array, crs=events.crs),
        crs=events.crs,
    )
    frame.index = pd.Index(keys, dtype="str", name="occurrence_id")
    ordered = [name for name in OCCURRENCES.columns if name != "geometry"]
    return check(OCCURRENCES, frame[[*ordered, "geometry"]].sort_index())


# --- in words ---------------------------------------------------------------------------------------------------------


def said(rrule: str) -> str:
    """Return a recurrence in words.

    Parameters
    ----------
    rrule
        A rule of RFC 5545.

    Returns
    -------
    str
        Such as "every Tue, Fri", "first Sun of every month" or "every second week on Sat, until 25 Jul 2025"; nothing
        for an empty rule.

    Raises
    ------
    InputError
        It is no rule.
    """
    if not rrule.strip():
        return ""
    rule = read_rule(rrule)
    words = _how_often(rule)
    if rule.months and rule.frequency != "YEARLY":
        words += f" in {_listed(_months(rule))}"
    if rule.positions:
        words = f"{_listed([_ordinal(number) for number in rule.positions])} of: {words}"
    if rule.count is not None:
        words += f", {rule.count} times" if rule.count > 1 else ", once"
    if rule.until is not None:
        day = rule.until.at.astype("datetime64[D]").astype(object)
        words += f", until {day.day} {_MONTHS[day.month - 1]} {day.year}"
    return words


def _how_often(rule: Rule) -> str:
    """Return the days of a rule in words, months included where it goes by years."""
    unit = _UNITS[rule.frequency]
    every = f"every {unit}" if rule.interval == 1 else f"every {_ordinal(rule.interval)} {unit}"
    if rule.months and rule.frequency == "YEARLY":
        months = _listed(_months(rule))
        every = f"{months} {every}" if rule.weekdays else f"{every} in {months}"
    days = _listed([(f"{_ordinal(number)} " if number else "") + _SHORT[day] for number, day in rule.weekdays])
    numbers = _listed(
        [f"the {_counted(number)}{' day' if number < 0 else ''}" for number in rule.month_days]
        + [f"the {_counted(number)} day of the year" for number in rule.year_days]
    )
    if not days:
        return f"{every} on {numbers}" if numbers else every
    if numbers:
        return f"{every} on {days} that is {numbers}"
    if rule.frequency in {"DAILY", "WEEKLY"}:
        return f"every {days}" if rule.interval == 1 else f"{every} on {days}"
    return f"{days} of {every}" if all(number for number, _ in rule.weekdays) else f"every {days} of {every}"


def _months(rule: Rule) -> list[str]:
    return [_MONTHS[month - 1] for month in rule.months]


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words)


def _ordinal(number: int) -> str:
    return _ORDINALS.get(number) or _counted(number)


def _counted(number: int) -> str:
    """Return a number in order: 1st, 22nd, last, 3rd last."""
    size = abs(number)
    ending = {1: "st", 2: "nd", 3: "rd"}.get(0 if size % 100 in {11, 12, 13} else size % 10, "th")
    if number < 0:
        return "last" if size == 1 else f"{size}{ending} last"
    return f"{size}{ending}"
