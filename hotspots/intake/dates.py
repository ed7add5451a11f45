"""Dates and times as people write them become local times; an ambiguous order is an error, never a guess.

Understood are ISO 8601 (``2024-05-01``, ``2024-05-01T22:15:30.5+01:00``, a blank for the T), a month alone
(``2024-05``), day, month and year in numbers (``1/5/2024 22:15``, ``01.05.24``, ``1-5-2024 10:15 PM``) or with the
month's English name (``01-May-24``, ``1 May 2024 22:15``, ``May 1, 2024``), ``20240501`` and ``20240501 2215``,
and the day numbers of spreadsheets (``45413.927``).
"""

from __future__ import annotations

import difflib
import re
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from hotspots.errors import InputError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    _Bools = npt.NDArray[np.bool_]
    _Dates = npt.NDArray[np.datetime64]
    _Spans = npt.NDArray[np.timedelta64]

LONDON = "Europe/London"
ORDERS = ("dmy", "mdy")
YEARS = (1900, 2100)
"""First and last year of a date: others are slips of the pen."""

CENTURY_PIVOT = 70
"""A year of two digits from here on is of the 1900s, a smaller one of the 2000s."""

_FLAGS = re.ASCII | re.IGNORECASE
_YEAR, _SHORT = "(?P<y>[0-9]{4})", "(?P<y>[0-9]{4}|[0-9]{2})"
_NUMBERS = re.compile(rf"(?P<d>[0-9]{{1,2}})([/.-])(?P<m>[0-9]{{1,2}})\2{_SHORT}")
_FORMS = (
    re.compile(rf"{_YEAR}([/.-])(?P<m>[0-9]{{1,2}})\2(?P<d>[0-9]{{1,2}})"),
    _NUMBERS,
    re.compile(rf"(?P<d>[0-9]{{1,2}})[ ./-]?(?P<m>[a-z]{{3,9}})(?:[./-]|[.,]? )?{_SHORT}", _FLAGS),
    re.compile(rf"(?P<m>[a-z]{{3,9}})\.? (?P<d>[0-9]{{1,2}}),? {_YEAR}", _FLAGS),
    re.compile(rf"{_YEAR}(?P<m>[0-9]{{2}})(?P<d>[0-9]{{2}})"),
)
_MONTH_ALONE = re.compile("([0-9]{4})-([0-9]{2})")
_SERIAL = re.compile("[0-9]{5}")
_EXCEL_EPOCH = date(1899, 12, 30)
# Date and clock: 20240501 2215, 45413.927, and all others by the colon; no clock follows a month or a day number.
_PARTS = re.compile(
    r"([0-9]{8})[T ]?([0-9]{4}(?:[0-9]{2})?(?![0-9]).*)"
    r"|([0-9]{5})(\.[0-9]+)"
    r"|(?!(?:[0-9]{5}|[0-9]{4}-[0-9]{2})[T ,])([^:]*[^:,])(?:T|,? )([0-9]{1,2}:.*)",
    _FLAGS,
)
_SIXTY = "[0-5][0-9]"
_CLOCK = re.compile(
    rf"(2[0-3]|[01]?[0-9])(:?)({_SIXTY})(?:\2({_SIXTY})(?:[.,]([0-9]{{1,9}}))?)?(?: ?([ap])\.?m\.?)?"
    rf"(?: ?(Z|([+-])(0[0-9]|1[0-4])(?::?({_SIXTY}))?))?",
    _FLAGS,
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"),
        start=1,
    )
    for name in (*names.split(), f"{number}", f"{number:02d}")
}  # fmt: skip
_NOON = 12
_DAY_S = 86_400
_SECOND_US = 1_000_000
_EXAMPLES = 3


@dataclass(frozen=True)
class Times:
    """Times of a column, on the index of the texts."""

    at: pd.Series
    """Local time (datetime64[us] with the zone asked for); NaT where the text is no date, or a month alone."""
    day: pd.Series
    """Local date (datetime64[us] at 00:00, no zone); NaT where ``at`` is."""
    month: pd.Series
    """Local month (period[M]); NaT where the text is no date."""
    known: pd.Series
    """True where the text had a time of day; a date without one is at 00:00."""


def parse_times(
    texts: pd.Series,
    *,
    order: str = "",
    zone: str = LONDON,
    where: str = "the file",
    local: str = LONDON,
) -> Times:
    """Read a column of dates and times; a text in no form of this module is no date.

    A time that occurs twice when the clocks go back is its first occurrence; one that the clocks skip is
    moved on by what they skip; one with an offset is exact. Where every clock of a column says midnight, and
    the column has two dates or more, the clocks are an artefact of formatting: no time is known, and the
    dates are taken as they are written, in no other zone.

    Parameters
    ----------
    texts
        Texts as the file has them; empty: no date.
    order
        ``dmy`` or ``mdy`` for dates in numbers; a date that does not fit is no date. Empty: found in the
        column itself.
    zone
        Time zone of clocks without an offset, such as ``UTC``.
    where
        What an error calls the column.
    local
        Time zone of the result; a date without a clock is a date of this zone.

    Returns
    -------
    Times
        Local times, local dates and months, and whether a time of day was given, on the index of ``texts``.

    Raises
    ------
    InputError
        Dates in numbers may be day first or month first and none tells which, or some are the one and some
        the other; examples are shown.
    SettingsError
        A zone or an order that does not exist.
    """
    _check_choices(order, zone, local, where)
    row, distinct = _numbered([" ".join(text.split()) for text in texts.fillna("").tolist()])
    parts = _parts(distinct)
    day = parts.mdy if (order or _order_of(parts, distinct, where)) == "mdy" else parts.dmy
    wall = day.astype("M8[us]") + np.where(np.isnat(parts.clock), np.timedelta64(0, "us"), parts.clock)
    known = ~np.isnat(wall) & ~np.isnat(parts.clock)
    if _all_midnights(wall, known, parts.month_alone):
        known = np.zeros_like(known)
    at = _utc(wall, known, parts.offset, zone, local).tz_localize("UTC").tz_convert(local)
    local_wall = at.tz_localize(None)
    month = local_wall.to_period("M")
    return Times(
        at=pd.Series(at.where(~parts.month_alone)[row], index=texts.index),
        day=pd.Series(local_wall.normalize().where(~parts.month_alone)[row], index=texts.index),
        month=pd.Series(month[row], index=texts.index),
        known=pd.Series(known[row], index=texts.index),
    )


def _check_choices(order: str, zone: str, local: str, where: str) -> None:
    if order and order not in ORDERS:
        raise SettingsError(f'date_order of {where} must be "dmy" or "mdy", or empty, not {order!r}.')
    for name in (zone, local):
        try:
            zoneinfo.ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:  # unknown, no name at all, a folder of names
            names = {known.casefold(): known for known in sorted(zoneinfo.available_timezones())}
            close = difflib.get_close_matches(name.casefold(), names, n=1)
            hint = f"did you mean {names[close[0]]!r}?" if close else "write it as 'Europe/London' or 'UTC'."
            raise SettingsError(f"The time zone {name!r} for the dates of {where} is not known; {hint}") from error


def _numbered(values: Sequence[str]) -> tuple[npt.NDArray[np.intp], list[str]]:
    """Return for every value its place among the distinct ones, and these in order of appearance."""
    places: dict[str, int] = {}
    codes = np.fromiter((places.setdefault(value, len(places)) for value in values), dtype=np.intp, count=len(values))
    return codes, list(places)


# --- one text ---------------------------------------------------------------------------------------------------------


class _Day(NamedTuple):
    """A date under both orders, the same where its form leaves no choice; none where it is no date."""

    dmy: date | None
    mdy: date | None
    month_alone: bool = False


class _Clock(NamedTuple):
    """Microseconds since midnight, none without a clock; minutes ahead of UTC, none without an offset."""

    time_us: int | None = None
    offset_min: int | None = None
    good: bool = True


_BAD_CLOCK = _Clock(good=False)


def _split(text: str) -> tuple[str, str]:
    """Return the date and the clock of a text; the clock is empty where there is none."""
    found = _PARTS.fullmatch(text)
    if found is None or found.lastindex is None:
        return text, ""
    return found[found.lastindex - 1], found[found.lastindex]


def _day_of(text: str) -> _Day:
    for form in _FORMS:
        if found := form.fullmatch(text):
            year, month, day = found["y"], found["m"].lower(), found["d"]
            dmy = _date(year, month, day)
            return _Day(dmy, _date(year, day, month) if form is _NUMBERS else dmy)
    if found := _MONTH_ALONE.fullmatch(text):
        first = _date(found[1], found[2], "1")
        return _Day(first, first, month_alone=True)
    serial = _EXCEL_EPOCH + timedelta(days=int(text)) if _SERIAL.fullmatch(text) else None
    if serial is not None and serial.year > YEARS[1]:
        serial = None
    return _Day(serial, serial)


def _date(year: str, month: str, day: str) -> date | None:
    """Return the date, or none where the calendar or the years this module takes do not have it."""
    number = int(year)
    if len(year) == 2:  # noqa: PLR2004 - 24 for 2024
        number += 1900 if number >= CENTURY_PIVOT else 2000
    if not YEARS[0] <= number <= YEARS[1]:
        return None
    try:
        return date(number, _MONTHS.get(month, 0), int(day))
    except ValueError:
        return None


def _clock_of(text: str) -> _Clock:
    if not text:
        return _Clock()
    if text[0] == ".":  # the fraction of a spreadsheet's day
        seconds = round(float(text) * _DAY_S)
        return _Clock(seconds * _SECOND_US) if text.strip(".0") else _Clock()
    found = _CLOCK.fullmatch(text)
    if found is None:
        return _BAD_CLOCK
    hour_text, _, minute, second, fraction, half, zone, sign, east, more = found.groups()
    hour = int(hour_text)
    if half:
        if not 1 <= hour <= _NOON:
            return _BAD_CLOCK
        hour = hour % _NOON + (_NOON if half in "pP" else 0)
    time_us = (3600 * hour + 60 * int(minute) + int(second or 0)) * _SECOND_US
    if fraction:
        time_us += int(fraction[:6].ljust(6, "0"))
    if not zone:
        return _Clock(time_us)
    ahead_min = 60 * int(east or 0) + int(more or 0)
    return _Clock(time_us, -ahead_min if sign == "-" else ahead_min)


# --- all texts --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Parts:
    """What the texts say, one element each; NaT where they say nothing."""

    dmy: _Dates
    mdy: _Dates
    month_alone: _Bools
    clock: _Spans
    offset: _Spans


def _parts(texts: Sequence[str]) -> _Parts:
    """Read every distinct date and every distinct clock once: there are few of them even among many times."""
    pairs = [_split(text) for text in texts]
    day_of, day_texts = _numbered([day for day, _ in pairs])
    clock_of, clock_texts = _numbered([clock for _, clock in pairs])
    days = [_day_of(text) for text in day_texts]
    clocks = [_clock_of(text) for text in clock_texts]
    # A clock that is there but is no time spoils the whole text.
    bad = ~np.array([clock.good for clock in clocks], dtype=bool)[clock_of]
    dmy, mdy = (np.array([day[order] for day in days], dtype="M8[D]")[day_of] for order in (0, 1))
    dmy[bad] = mdy[bad] = np.datetime64("NaT")
    return _Parts(
        dmy=dmy,
        mdy=mdy,
        month_alone=np.array([day.month_alone for day in days], dtype=bool)[day_of],
        clock=np.array([clock.time_us for clock in clocks], dtype="m8[us]")[clock_of],
        offset=np.array([clock.offset_min for clock in clocks], dtype="m8[m]")[clock_of],
    )


def _order_of(parts: _Parts, texts: Sequence[str], where: str) -> str:
    """Find in the column itself whether days or months stand first."""
    day_fits, month_fits = ~np.isnat(parts.dmy), ~np.isnat(parts.mdy)
    day_first, month_first = np.flatnonzero(day_fits & ~month_fits), np.flatnonzero(month_fits & ~day_fits)
    if len(day_first) and len(month_first):
        raise InputError(
            f"Of the dates of {where} some are day first ({texts[day_first[0]]}) and some month first "
            f'({texts[month_first[0]]}); write the order that holds, date_order = "dmy" or "mdy", in the settings: '
            "dates that do not fit it are then no dates.",
        )
    if len(day_first) or len(month_first):
        return "dmy" if len(day_first) else "mdy"
    # Nothing is proven, so a text is a date in both orders or in none.
    either = np.flatnonzero(day_fits & (parts.dmy != parts.mdy))
    if len(either):
        raise InputError(
            f"The dates of {where} may be day first or month first, and none tells which "
            f'({", ".join(texts[place] for place in either[:_EXAMPLES])}); write date_order = "dmy" (or "mdy") in the '
            "settings.",
        )
    return "dmy"


def _all_midnights(wall: _Dates, known: _Bools, month_alone: _Bools) -> bool:
    """Return whether every clock of the column is midnight, on two dates or more."""
    days = wall.astype("M8[D]")
    dated = ~np.isnat(days) & ~month_alone
    return bool((wall[known] == days[known]).all()) and len(np.unique(days[dated])) > 1


def _utc(wall: _Dates, known: _Bools, offset: _Spans, zone: str, local: str) -> pd.DatetimeIndex:
    """Return the moments in UTC, without a zone: by their offset, by the zone, or without a clock as local dates."""
    utc = wall - offset
    for rows, name in ((known & np.isnat(offset), zone), (~known, local)):
        utc[rows] = _zone_to_utc(wall[rows], name)
    return pd.DatetimeIndex(utc)


def _zone_to_utc(wall: _Dates, zone: str) -> _Dates:
    """Return the moments of wall times: the first of two, and on by what the clocks skip."""
    first = np.ones(len(wall), dtype=bool)
    zoned = pd.DatetimeIndex(wall).tz_localize(zone, ambiguous=first, nonexistent="NaT")
    utc = zoned.tz_convert(None).to_numpy(copy=True)
    # Clocks skip half an hour here and a whole day there: a fold of 0 keeps the offset from before the jump.
    skipped = np.isnat(utc) & ~np.isnat(wall)
    rules = zoneinfo.ZoneInfo(zone)
    moments = [moment.replace(tzinfo=rules).astimezone(UTC).replace(tzinfo=None) for moment in wall[skipped].tolist()]
    utc[skipped] = np.array(moments, dtype="M8[us]")
    return utc
