"""Recurrence rules of RFC 5545 (Desruisseaux 2009, section 3.3.10): read, refused with a reason, and turned into dates.

Rules work on local calendar days: the clock of an occurrence is that of the event's start. Dates are reckoned within
the days asked for and no further, so that neither an endless rule nor one that never applies can run on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Days = NDArray[np.datetime64]

WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
EXAMPLE: Final = "FREQ=WEEKLY;BYDAY=TU,FR"
LONGEST: Final = 500
"""Letters of a rule; the longest that calendars write have about a hundred."""

_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_TOO_OFTEN = ("SECONDLY", "MINUTELY", "HOURLY")
_CLOCK = ("BYHOUR", "BYMINUTE", "BYSECOND")
_LIMITS = {"BYMONTH": 12, "BYMONTHDAY": 31, "BYYEARDAY": 366, "BYSETPOS": 366}
"""Part → its largest number; all but months may be negative, to count from the end."""
_DAYS_PARTS = {"BYMONTHDAY": ("DAILY", "MONTHLY", "YEARLY"), "BYYEARDAY": ("YEARLY",)}
"""Part → frequencies that RFC 5545 allows it with."""
_MOST = 9999
_EPOCH_WEEKDAY = 3
"""1970-01-01 was a Thursday."""

_UNTIL = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2})([0-9]{2})(Z?))?", re.ASCII)
_BYDAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Until:
    """The last moment a rule may reach."""

    at: np.datetime64
    """Microseconds; of a date alone the last of that day."""
    utc: bool
    """Is it UTC, or local time?"""


@dataclass(frozen=True, slots=True)
class Rule:
    """A recurrence rule as it was read."""

    frequency: str
    """DAILY, WEEKLY, MONTHLY or YEARLY."""
    interval: int = 1
    count: int | None = None
    """How often in all, the event's own start included."""
    until: Until | None = None
    week_start: int = 0
    """0 is Monday."""
    months: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    year_days: tuple[int, ...] = ()
    weekdays: tuple[tuple[int, int], ...] = ()
    """Which one of the month or year (0: every), and the day (0 is Monday)."""
    positions: tuple[int, ...] = ()


def read_rule(text: str) -> Rule:
    """Read a recurrence rule.

    Parameters
    ----------
    text
        As RFC 5545 writes it, with or without ``RRULE:`` in front, in any case: ``FREQ=WEEKLY;BYDAY=TU,FR``.

    Returns
    -------
    Rule
        What it says.

    Raises
    ------
    InputError
        It is no rule, contradicts itself, or recurs within a day. The sentence names the part.
    """
    parts = _parts(text)
    frequency = parts.get("FREQ", "")
    if frequency in _TOO_OFTEN or any(name in parts for name in _CLOCK):
        part = next((name for name in _CLOCK if name in parts), f"FREQ={frequency}")
        raise InputError(
            f"{_named(text)} recurs within a day ({part}), which no event here does; use FREQ=DAILY or "
            "slower, one event for each time of the day."
        )
    if frequency not in _FREQUENCIES:
        raise InputError(f"{_named(text)} needs FREQ as DAILY, WEEKLY, MONTHLY or YEARLY, such as {EXAMPLE}.")
    if "COUNT" in parts and "UNTIL" in parts:
        raise InputError(f"{_named(text)} has both COUNT and UNTIL; keep one of them.")
    for part, allowed in _DAYS_PARTS.items():
        if part in parts and frequency not in allowed:
            raise InputError(f"{_named(text)}: {part} does not go with FREQ={frequency}; use BYDAY.")
    rule = Rule(
        frequency,
        interval=_numbers(text, parts, "INTERVAL", _MOST)[0] if "INTERVAL" in parts else 1,
        count=_numbers(text, parts, "COUNT", _MOST)[0] if "COUNT" in parts else None,
        until=_until(text, parts["UNTIL"]) if "UNTIL" in parts else None,
        week_start=_week_start(text, parts.get("WKST", "MO")),
        months=_numbers(text, parts, "BYMONTH"),
        month_days=_numbers(text, parts, "BYMONTHDAY"),
        year_days=_numbers(text, parts, "BYYEARDAY"),
        weekdays=_weekdays(text, parts.get("BYDAY"), frequency),
        positions=_numbers(text, parts, "BYSETPOS"),
    )
    if rule.positions and not (rule.months or rule.month_days or rule.year_days or rule.weekdays):
        raise InputError(f"{_named(text)}: BYSETPOS chooses among days; give them with BYDAY or BYMONTHDAY.")
    return rule


_KNOWN = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", *_CLOCK, *_LIMITS)


def _named(text: str) -> str:
    shown = "".join(letter for letter in text if letter.isprintable())
    return f"The recurrence {shown[:80] + '…' if len(shown) > 80 else shown!r}"  # noqa: PLR2004


def _parts(text: str) -> dict[str, str]:
    plain = re.sub(r"\ARRULE:", "", text.strip().upper()).removesuffix(";")
    if not plain:
        raise InputError(f"The recurrence is empty; write one such as {EXAMPLE}.")
    if len(plain) > LONGEST:
        raise InputError(f"{_named(text)} has more than {LONGEST} letters; write a shorter one such as {EXAMPLE}.")
    parts: dict[str, str] = {}
    for part in plain.split(";"):
        name, sign, value = (piece.strip() for piece in part.partition("="))
        if not (sign and value) or name not in _KNOWN:
            raise InputError(f"{_named(text)} has a part {part[:30]!r} that is not known; write one such as {EXAMPLE}.")
        if name in parts:
            raise InputError(f"{_named(text)} says {name} twice; keep one of them.")
        parts[name] = value
    return parts


def _numbers(text: str, parts: dict[str, str], name: str, most: int | None = None) -> tuple[int, ...]:
    """Return the numbers of a part, none where it is not there; with ``most`` a single one from 1 on."""
    if name not in parts:
        return ()
    values = [value.strip() for value in parts[name].split(",")]
    largest = most or _LIMITS[name]
    smallest = 1 if most or name == "BYMONTH" else -largest
    numbers = [int(value) if re.fullmatch(r"[+-]?[0-9]{1,4}", value, re.ASCII) else 0 for value in values]
    if any(number == 0 or not smallest <= number <= largest for number in numbers) or (most and len(numbers) > 1):
        said = f"{smallest} to {largest}" + ("" if smallest > 0 else ", without 0")
        raise InputError(f"{_named(text)}: {name} is {parts[name][:30]!r}, expected {said}.")
    return tuple(dict.fromkeys(numbers))


def _until(text: str, value: str) -> Until:
    match = _UNTIL.fullmatch(value)
    year, month, day, hour, minute, second, zulu = match.groups() if match else ("",) * 7
    clock = f"{hour}:{minute}:{second}" if hour else "23:59:59.999999"
    try:
        return Until(np.datetime64(f"{year}-{month}-{day}T{clock}", "us"), utc=bool(zulu))
    except ValueError as error:
        raise InputError(
            f"{_named(text)}: UNTIL is {value[:30]!r}, expected a date such as 20250725 or a time such as "
            "20250725T225959Z."
        ) from error


def _week_start(text: str, value: str) -> int:
    if value not in WEEKDAYS:
        raise InputError(f"{_named(text)}: WKST is {value[:30]!r}, expected one of {', '.join(WEEKDAYS)}.")
    return WEEKDAYS.index(value)


def _weekdays(text: str, value: str | None, frequency: str) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    for day in [] if value is None else value.split(","):
        match = _BYDAY.fullmatch(day.strip())
        number = int(match[1] or 0) if match else 0
        most = {"MONTHLY": 5, "YEARLY": 53}.get(frequency, 0)
        if match is None or (match[1] and not 1 <= abs(number) <= most):
            raise InputError(
                f"{_named(text)}: BYDAY has {day[:30]!r}, expected days such as TU,FR, or with FREQ=MONTHLY a number "
                "in front, such as 1SU or -1FR."
            )
        found.append((number, WEEKDAYS.index(match[2])))
    return tuple(dict.fromkeys(found))


# --- dates ------------------------------------------------------------------------------------------------------------


def dates_of(rule: Rule, start: np.datetime64, first: np.datetime64, last: np.datetime64) -> Days:
    """Return the dates of a rule between two days.

    The event's own start is always one, and counts, also where the rule does not name it. ``until`` is left to the
    caller, who knows the clock.

    Parameters
    ----------
    rule
        The rule.
    start
        Day of the event's own start.
    first, last
        First and last day asked for, both included.

    Returns
    -------
    ndarray of datetime64[D]
        Rising.
    """
    begin = start if rule.count is not None else max(start, first)
    if last < begin:
        return np.empty(0, dtype="datetime64[D]")
    days = _whole_periods(rule, begin, last)
    period = _period(rule, days)
    chosen = (period - _period(rule, np.array([start]))[0]) % rule.interval == 0
    if rule.months:
        chosen &= _any_of(days.astype("datetime64[M]").astype(np.int64) % 12 + 1, rule.months)
    chosen &= _days_chosen(rule, days, start)
    days, period = days[chosen], period[chosen]
    if rule.positions:
        days = days[_at_positions(period, rule.positions)]
    days = days[days >= start]
    if begin == start and (not len(days) or days[0] != start):
        days = np.concatenate([np.array([start], dtype=days.dtype), days])
    if rule.count is not None:
        days = days[: rule.count]
    return days[(days >= first) & (days <= last)]


def _whole_periods(rule: Rule, first: np.datetime64, last: np.datetime64) -> Days:
    """Return the days of all days, weeks, months or years that the span touches: positions are counted in them."""
    if rule.frequency in {"DAILY", "WEEKLY"}:
        before, after = np.timedelta64(6, "D"), np.timedelta64(7, "D")
        return np.arange(first - before, last + after, dtype="datetime64[D]")
    unit = "datetime64[M]" if rule.frequency == "MONTHLY" else "datetime64[Y]"
    begin, end = np.array([first, last]).astype(unit) + np.array([0, 1])
    return np.arange(begin.astype("datetime64[D]"), end.astype("datetime64[D]"))


def _period(rule: Rule, days: Days) -> NDArray[np.int64]:
    """Return the number of the day, week, month or year of each day."""
    if rule.frequency == "WEEKLY":
        return (days.astype(np.int64) + _EPOCH_WEEKDAY - rule.week_start) // 7
    return days.astype(
        {"DAILY": "datetime64[D]", "MONTHLY": "datetime64[M]"}.get(rule.frequency, "datetime64[Y]")
    ).astype(np.int64)


def _days_chosen(rule: Rule, days: Days, start: np.datetime64) -> NDArray[np.bool_]:
    """Return which days the day parts of the rule name; where it has none, the day of the start."""
    months = days.astype("datetime64[M]")
    chosen = np.ones(len(days), dtype=np.bool_)
    month_days = rule.month_days
    if not (rule.month_days or rule.year_days or rule.weekdays):
        if rule.frequency == "WEEKLY":
            return np.asarray(_weekday(days) == _weekday(np.array([start]))[0])
        if rule.frequency in {"MONTHLY", "YEARLY"}:
            month_days = (int((start - start.astype("datetime64[M]").astype(start.dtype)).astype(int)) + 1,)
        if rule.frequency == "YEARLY" and not rule.months:
            chosen &= months.astype(np.int64) % 12 == int(start.astype("datetime64[M]").astype(int)) % 12
    if month_days:
        chosen &= _counted(days, months, month_days)
    if rule.year_days:
        chosen &= _counted(days, days.astype("datetime64[Y]"), rule.year_days)
    if rule.weekdays:
        chosen &= _on_weekdays(rule, days, months)
    return chosen


def _within(days: Days, units: Days) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the number of each day in its month or year from the front (1 …) and from the back (-1 …)."""
    front = (days - units.astype("datetime64[D]")).astype(np.int64) + 1
    back = (days - (units + 1).astype("datetime64[D]")).astype(np.int64)
    return front, back


def _any_of(values: NDArray[np.int64], wanted: Sequence[int]) -> NDArray[np.bool_]:
    """Return which values are wanted: ten times as fast as numpy's own for the few there are."""
    found: NDArray[np.bool_] = (values[:, None] == np.array(wanted, dtype=np.int64)).any(axis=1)
    return found


def _counted(days: Days, units: Days, wanted: tuple[int, ...]) -> NDArray[np.bool_]:
    front, back = _within(days, units)
    return _any_of(front, wanted) | _any_of(back, wanted)


def _on_weekdays(rule: Rule, days: Days, months: Days) -> NDArray[np.bool_]:
    """Return which days are on the weekdays, of those with a number the right one of the month or year."""
    weekday = _weekday(days)
    chosen = _any_of(weekday, [day for number, day in rule.weekdays if not number])
    numbered = [(number, day) for number, day in rule.weekdays if number]
    if numbered:
        by_year = rule.frequency == "YEARLY" and not rule.months
        front, back = _within(days, days.astype("datetime64[Y]") if by_year else months)
        for number, day in numbered:
            nth = (front - 1) // 7 + 1 == number if number > 0 else (-back - 1) // 7 + 1 == -number
            chosen |= (weekday == day) & nth
    return chosen


def _weekday(days: Days) -> NDArray[np.int64]:
    return (days.astype(np.int64) + _EPOCH_WEEKDAY) % 7


def _at_positions(period: NDArray[np.int64], positions: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return which of the days, in order, are at the positions in their period."""
    _, first, of, number = np.unique(period, return_index=True, return_inverse=True, return_counts=True)
    front = np.arange(len(period)) - first[of] + 1
    return _any_of(front, positions) | _any_of(front - number[of] - 1, positions)
