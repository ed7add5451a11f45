"""Numbers and dates as a reader sees them: rounding is for eyes only, and only here."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hotspots.maps.content import MonthCount, Period, Tested

NONE = "–"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS_FULL = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_WHOLE_FROM = 10
_LEAST_SHARE = 0.1
_TINY = 0.05
_MIDNIGHT, _LAST_MINUTE = "00:00", "23:59"


def said(value: Any) -> str | None:  # noqa: ANN401 - one cell of a frame
    """Return a text cell, or none where it is empty."""
    return None if pd.isna(value) else str(value)


def known(value: Any) -> int | None:  # noqa: ANN401 - one cell of a frame
    """Return a whole-number cell, or none where it is empty."""
    return None if pd.isna(value) else int(value)


def count(value: Any) -> str:  # noqa: ANN401 - one cell of a frame
    """Return a count with thousands set apart, or a dash where it is empty."""
    return NONE if pd.isna(value) else f"{int(value):,}"


def number(value: Any) -> float | None:  # noqa: ANN401 - one cell of a frame
    """Return a number cell as it is, or none where it is empty or 0."""
    return float(value) if value > 0 else None


def label_classes(labels: pd.Series, tested: Tested) -> pd.Series:
    """Return the class of each label: its place in the list, from 1; empty where the label is not in it."""
    places = {value: place for place, (value, _) in enumerate(tested.labels, start=1)}
    return labels.map(places).astype("Int64")


def rounded(value: Any) -> float | None:  # noqa: ANN401 - one cell of a frame
    """Return a rate as a reader sees it: whole from 10 on, one decimal below, never 0 unless it is."""
    if pd.isna(value):
        return None
    number = float(value)
    if round(number, 1) >= _WHOLE_FROM:
        return round(number)
    return round(number, 1) or (_TINY if number > 0 else 0)


def rate(value: Any) -> str:  # noqa: ANN401 - one cell of a frame
    """Return a rate in words: as ``rounded``, a dash where it is empty."""
    number = rounded(value)
    if number is None:
        return NONE
    if number == _TINY:
        return "<0.1"
    return f"{number:,.0f}" if number >= _WHOLE_FROM or number == 0 else f"{number:.1f}"


def hours(value: float) -> str:
    """Return the incidents of an hour of the week: spread over ranges they may be parts; a dot where there is none."""
    return rate(value) if value else "·"


def share(value: float) -> str:
    """Return a share as per cent: whole from 10 on, one decimal below, and never a zero that is none."""
    percent = 100 * value
    if 0 < percent < _LEAST_SHARE:
        return f"under {_LEAST_SHARE}\u202f%"
    return f"{percent:.0f}\u202f%" if percent >= _WHOLE_FROM else f"{percent:.1f}\u202f%"


def usual(low: Any, high: Any) -> str:  # noqa: ANN401 - cells of a frame
    """Return the usual range, for example ``5–11``; a dash where it is not known."""
    return NONE if pd.isna(low) or pd.isna(high) else f"{int(low):,}–{int(high):,}"


def months_held(months: Iterable[MonthCount]) -> str:
    """Return how many months a window's counts are made of; one that is missing from the input is none of them."""
    held = sum(month.n is not None for month in months)
    return "1 month" if held == 1 else f"{held} months"


def class_ranges(breaks: Iterable[float]) -> list[str]:
    """Return the legend's words for each class, lowest first."""
    bounds = [f"{bound:,.0f}" if float(bound).is_integer() else f"{bound:,g}" for bound in breaks]
    if not bounds:
        return ["all values"]
    between = [f"{low} – under {high}" for low, high in pairwise(bounds)]
    return [f"under {bounds[0]}", *between, f"{bounds[-1]} and more"]


def month(period: pd.Period) -> str:
    """Return for example ``Dec 2021``, whatever the machine's language."""
    return f"{_MONTHS[period.month - 1]} {period.year}"


def life(status: Any, first_seen: Any, months_in_top: Any, looked_at: int) -> str | None:  # noqa: ANN401 - cells
    """Return a hotspot's life, for example ``new: seen since Oct 2021, in 3 of 24 months looked at``."""
    if pd.isna(status):
        return None
    since = "" if pd.isna(first_seen) else f": seen since {month(pd.Period(first_seen, freq='M'))}"
    months = "1 month" if looked_at == 1 else f"{looked_at} months"
    return f"{status}{since}, in {int(months_in_top)} of {months} looked at"


def when(starts: pd.Timestamp, ends: Any) -> str:  # noqa: ANN401 - a cell that may be NaT
    """Return an event's time, for example ``Sat 8 Jan 2022, 15:00–17:00``, whatever the machine's language.

    Parameters
    ----------
    starts, ends
        Local time; no end: the start alone. From 00:00 to 23:59, or to the midnight after it, it is whole days.

    Returns
    -------
    str
        Of whole days without clocks, for example ``Thu 2 Sep – Fri 17 Dec 2021``.
    """
    if whole_days(starts, ends):
        last = ends - pd.Timedelta(minutes=1)
        said_last = f"{_day(last)} {last.year}"
        if last.date() == starts.date():
            return said_last
        return f"{_day(starts)}{'' if last.year == starts.year else f' {starts.year}'} – {said_last}"
    first = f"{_day(starts)} {starts.year}, {starts:%H:%M}"
    if pd.isna(ends):
        return first
    if ends.date() == starts.date():
        return f"{first}–{ends:%H:%M}"
    if ends.year == starts.year:
        first = f"{_day(starts)}, {starts:%H:%M}"
    return f"{first} – {_day(ends)} {ends.year}, {ends:%H:%M}"


def whole_days(starts: pd.Timestamp, ends: Any) -> bool:  # noqa: ANN401 - a cell that may be NaT
    """Say whether a time is one of whole days: from 00:00 to 23:59, or to the midnight after it."""
    if pd.isna(ends) or ends <= starts or f"{starts:%H:%M}" != _MIDNIGHT:
        return False
    return f"{ends:%H:%M}" in {_LAST_MINUTE, _MIDNIGHT}


def clock(starts: pd.Timestamp, ends: Any) -> str:  # noqa: ANN401 - a cell that may be NaT
    """Return the clock of an event alone, for example ``22:00–02:00``; empty where it is one whole day."""
    first = f"{starts:%H:%M}"
    if pd.isna(ends):
        return first
    days = ((ends - pd.Timedelta("1us")).date() - starts.date()).days + 1
    if whole_days(starts, ends):
        return "" if days == 1 else f"{days} days each"
    return f"{first}–{ends:%H:%M}" if ends - starts < pd.Timedelta(days=1) else f"{first}–{ends:%H:%M} on day {days}"


def days(span: Period) -> str:
    """Return a span of days: a whole month by its full name, any other by its title."""
    first, last = pd.Timestamp(span.first), pd.Timestamp(span.last)
    whole = first.day == 1 and last == first + pd.offsets.MonthEnd(0)
    return f"{_MONTHS_FULL[first.month - 1]} {first.year}" if whole else span.title


def _day(moment: pd.Timestamp) -> str:
    return f"{DAYS[moment.weekday()]} {moment.day} {_MONTHS[moment.month - 1]}"


def names_of(areas: pd.DataFrame) -> dict[str, str]:
    """Return the name of each LSOA code."""
    return {str(code): str(name) for code, name in areas["lsoa_name"].items()}


def place(name: str, rank: int) -> str:
    """Return a hotspot's name without the ``H03`` in front: on the page its disc says the rank."""
    return name.removeprefix(f"H{rank:02d} ")


def lsoas(codes: str, names: dict[str, str]) -> str:
    """Return the names of the LSOAs a hotspot touches, a borough's name said once.

    Parameters
    ----------
    codes
        LSOA codes with commas, semicolons or spaces between them.
    names
        The names of codes, from ``names_of``.

    Returns
    -------
    str
        For example ``Bexley 014B, 014C``; the codes as they came where one of them has no name.
    """
    parts = codes.replace(",", " ").replace(";", " ").split()
    if not parts or not all(part in names for part in parts):
        return codes
    said_once, before = [], ""
    for name in (names[part] for part in parts):
        borough, _, last = name.rpartition(" ")
        said_once.append(last if borough and borough == before else name)
        before = borough
    return ", ".join(said_once)
