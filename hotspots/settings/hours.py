"""Hours of the week as people write them, ``Mon-Fri 16:00-22:00; Sat 10:00-14:00``, and what lies within them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES

_NAMES = {day.casefold(): at for at, day in enumerate(DAYS)}
_NAMES |= {
    name: at for at, name in enumerate(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"))
}
_NAMES |= {"tues": 1, "weds": 2, "thur": 3, "thurs": 3}
_EVERY = ("daily", "every day", "mon-sun")
_CLOCKS = re.compile(r"(\d\d?)(?:[:.](\d\d))? *(?:-|–|to) *(\d\d?)(?:[:.](\d\d))?", re.ASCII)
_ENTRY = re.compile(r"(?P<days>[A-Za-z ,–-]*?)\s*(?P<clocks>\d.*)?", re.ASCII | re.DOTALL)
_EXAMPLE = "write for example Mon-Fri 16:00-22:00; Sat 10:00-14:00"
_HOURS, _MINUTES = 24, 60


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A piece of the week, half open: its first minute belongs to it, its last does not."""

    weekday: int
    """Day it begins on, 0 is Monday."""
    start: int
    """Minutes after that day's midnight, 0 to 1,439."""
    stop: int
    """The same for its end; over 1,440 where it passes midnight, and at most a day after ``start``."""

    @property
    def minutes(self) -> int:
        """How long it is."""
        return self.stop - self.start


def read_hours(text: str) -> tuple[Span, ...]:
    """Read hours of the week.

    Parameters
    ----------
    text
        Entries parted by ``;``: days (``Mon``, ``Mon-Fri``, ``Tue, Thu``, ``daily``; none: every day) and clocks on
        24 hours (``16:00-22:00``, several parted by ``,``; none: the whole day). An end at or before the start is on
        the next day.

    Returns
    -------
    tuple of Span
        Sorted; none overlaps another, over the end of the week too. Those that touch are joined, but end at
        every midnight where they would be longer than a day. Empty text: none.

    Raises
    ------
    ValueError
        A day or a clock cannot be read; the sentence says which, without a full stop.
    """
    spans = [span for entry in text.split(";") if entry.strip() for span in _entry(" ".join(entry.split()))]
    return _joined(spans)


def hours_text(spans: tuple[Span, ...]) -> str:
    """Return hours as ``read_hours`` reads them: days with the same clocks together, in the order of the week."""
    by_day: dict[int, list[str]] = {}
    for span in sorted(spans):
        by_day.setdefault(span.weekday, []).append(f"{clock(span.start)}-{clock(span.stop)}")
    groups: list[tuple[list[int], str]] = []
    for day, clocks in by_day.items():
        said = ", ".join(clocks)
        same = next((days for days, there in groups if there == said), None)
        if same is None:
            groups.append(([day], said))
        else:
            same.append(day)
    return "; ".join(f"{_days_text(days)} {said}" for days, said in groups)


def clock(minute: int) -> str:
    """Return a minute of the day as ``HH:MM``; 24:00 and later are the next day's."""
    return f"{minute // _MINUTES % _HOURS:02}:{minute % _MINUTES:02}"


def within(span: Span, hours: tuple[Span, ...]) -> bool:
    """Tell whether a span lies wholly in hours that do not overlap each other; no hours are no limit."""
    return not hours or shared_minutes(span, hours) == span.minutes


def shared_minutes(span: Span, hours: tuple[Span, ...]) -> int:
    """Return how many minutes of a span lie in hours that do not overlap each other."""
    return sum(_overlap(span, other) for other in hours)


def _offset(span: Span, other: Span) -> int:
    """Return how long after ``other`` a span begins, within the turning week."""
    begins = span.weekday * DAY_MINUTES + span.start
    return (begins - other.weekday * DAY_MINUTES - other.start) % WEEK_MINUTES


def _overlap(span: Span, other: Span) -> int:
    after, before = _offset(span, other), _offset(other, span)
    return max(0, min(span.minutes, other.minutes - after)) + (
        max(0, min(other.minutes, span.minutes - before)) if before else 0
    )


def _entry(text: str) -> list[Span]:
    found = _ENTRY.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} are no hours: {_EXAMPLE}")
    days = _days(found["days"])
    clocks = [_clocks(part.strip()) for part in (found["clocks"] or "0-24").split(",")]
    return [Span(day, start, stop) for day in days for start, stop in clocks]


def _days(text: str) -> list[int]:
    wanted = text.strip(" ,").casefold().replace("–", "-")
    if not wanted or wanted in _EVERY:
        return list(range(7))
    found: set[int] = set()
    for part in re.split(r"\s*(?:,|\band\b)\s*", wanted):
        ends = [_NAMES.get(name.strip()) for name in part.split("-")]
        if len(ends) > 2 or None in ends:  # noqa: PLR2004 - one day, or from one to another
            raise ValueError(f"{part!r} is no day of the week: {_EXAMPLE}")
        first, last = int(ends[0] or 0), int(ends[-1] or 0)
        found |= {(first + step) % 7 for step in range((last - first) % 7 + 1)}
    return sorted(found)


def _clocks(text: str) -> tuple[int, int]:
    found = _CLOCKS.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no span of hours: {_EXAMPLE}")
    start, stop = (int(found[at]) * _MINUTES + int(found[at + 1] or 0) for at in (1, 3))
    if any(int(found[at] or 0) >= _MINUTES for at in (2, 4)) or start >= DAY_MINUTES or stop > DAY_MINUTES:
        raise ValueError(f"{text!r} is no span of hours: {_EXAMPLE}")
    return start, stop if stop > start else stop + DAY_MINUTES


def _joined(spans: list[Span]) -> tuple[Span, ...]:
    """Join spans that overlap or touch, over the end of the week too; longer than a day they end at midnights."""
    runs: list[tuple[int, int]] = []
    for begin, length in sorted((DAY_MINUTES * span.weekday + span.start, span.minutes) for span in spans):
        if runs and begin <= runs[-1][1]:
            runs[-1] = (runs[-1][0], max(runs[-1][1], begin + length))
        else:
            runs.append((begin, begin + length))
    while len(runs) > 1 and runs[0][0] + WEEK_MINUTES <= runs[-1][1]:
        _, end = runs.pop(0)
        runs[-1] = (runs[-1][0], max(runs[-1][1], end + WEEK_MINUTES))
    if len(runs) == 1 and runs[0][1] - runs[0][0] >= WEEK_MINUTES:
        runs = [(0, WEEK_MINUTES)]
    return tuple(sorted(span for begin, end in runs for span in _cut(begin, end)))


def _cut(begin: int, end: int) -> list[Span]:
    """Return a run of minutes of the week as one span, or as one a day where it is longer than a day."""
    midnights = range((begin // DAY_MINUTES + 1) * DAY_MINUTES, end, DAY_MINUTES)
    edges = [begin, *(midnights if end - begin > DAY_MINUTES else ()), end]
    return [
        Span(first // DAY_MINUTES % 7, first % DAY_MINUTES, first % DAY_MINUTES + last - first)
        for first, last in pairwise(edges)
    ]


def _days_text(days: list[int]) -> str:
    runs: list[list[int]] = [[days[0]]]
    for before, day in pairwise(days):
        if day == before + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(DAYS[run[0]] if len(run) == 1 else f"{DAYS[run[0]]}-{DAYS[run[-1]]}" for run in runs)
