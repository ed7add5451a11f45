"""Lists of dates as clubs, schools and calendars give them, such as fixtures and terms, as rows of the tracker."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Final

from hotspots.errors import InputError
from hotspots.intake.calendar import Diary, Skipped
from hotspots.intake.event_cells import COLUMNS, parse_time
from hotspots.intake.sheets import Cell, Sheet, cell_words, find_columns, read_sheet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TITLES: Final[dict[str, tuple[str, ...]]] = {
    **COLUMNS,
    "title": (*COLUMNS["title"], "summary", "subject", "fixture", "match", "holiday", "bank_holiday", "term"),
    "starts_at": (*COLUMNS["starts_at"], "start_date", "date", "match_date", "from", "first_day", "day"),
    "ends_at": (*COLUMNS["ends_at"], "end_date", "to", "last_day", "until"),
    "venue": (*COLUMNS["venue"], "location", "ground"),
    "start_clock": ("start_time", "time", "kick_off", "kick-off", "ko"),
    "end_clock": ("end_time", "finish", "finish_time"),
    "home": ("home", "home_team"),
    "away": ("away", "away_team", "visitors"),
    "whole_day": ("all_day_event", "all_day", "all-day"),
}
"""Our column → the titles that such lists have for it, without regard to case; the usual one first."""

_OURS = tuple(COLUMNS)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED_DAY = re.compile(r"(?:[a-z]+,? +)?(\d\d?)(?:st|nd|rd|th)?[ -]([a-z]{3,9}),?[ -]((?:19|20)\d\d)", re.ASCII)
_CLOCK = re.compile(r"(\d\d?)(?:[:.](\d\d))?(?::\d\d)? *([ap])?\.?m?\.?", re.ASCII)
_FILE = re.compile(r"\.(?:geo)?json(?:#|$)", re.IGNORECASE)
_NOON = 12
_YES = {"true", "yes", "y", "1"}


class _UnusableError(Exception):
    """Why a row cannot be used."""


def read_diary(path: Path) -> Diary:
    """Read a list of dates.

    Parameters
    ----------
    path
        CSV or workbook with a title, or a home and an away team, and a date; and where known clocks, an end, a place,
        or any column of the register. Dates are ISO, DD/MM/YYYY or ``26 December 2025``; local (Europe/London).

    Returns
    -------
    Diary
        One row an event, with the numbers of the file's rows; rows that cannot be used; the columns not taken over.

    Raises
    ------
    InputError
        The file is missing, is no table, or has no column for the title or the date.
    """
    sheet = read_sheet(path)
    titles = find_columns(sheet, TITLES)
    if not ("title" in titles or {"home", "away"} <= titles.keys()) or "starts_at" not in titles:
        what = "a date, such as date or start_date" if "starts_at" not in titles else "a title, such as title or event"
        raise InputError(f"{sheet.name} has no column for {what}; it has: {', '.join(sheet.columns)[:200]}.")
    rows: list[dict[str, Cell]] = []
    numbers: list[int] = []
    skipped: list[Skipped] = []
    for number, cells in zip(sheet.numbers, sheet.rows, strict=True):
        row = {ours: cells[title] for ours, title in titles.items()}
        if not any(cell_words(cell) for cell in row.values()):
            continue
        if number in sheet.faults:
            skipped.append(Skipped(number, "", sheet.faults[number]))
            continue
        try:
            rows.append(_row(row))
            numbers.append(number)
        except _UnusableError as error:
            skipped.append(Skipped(number, cell_words(row.get("title"))[:200], str(error)))
    # Our own export says the recurrence a second time, in words.
    words = {"recurs"} if "rrule" in titles else set()
    left = [title for title in sheet.columns if title not in {*titles.values(), *words}]
    notes = (f"{sheet.name}: not taken over: {', '.join(left)[:200]}.",) if left else ()
    return Diary(Sheet(path, _OURS, tuple(rows), tuple(numbers), sheet.stamp), tuple(skipped), notes)


def _row(row: Mapping[str, Cell]) -> dict[str, Cell]:
    """Return a row in the register's columns."""
    whole_day = cell_words(row.get("whole_day")).casefold() in _YES
    start, end = (
        _when(row, date, None if whole_day else clock)
        for date, clock in (("starts_at", "start_clock"), ("ends_at", "end_clock"))
    )
    if start is None:
        raise _UnusableError("it has no date")
    if end is None and not whole_day and cell_words(row.get("end_clock")):
        end = _with_clock(start, cell_words(row["end_clock"]))
        if isinstance(start, dt.datetime) and isinstance(end, dt.datetime) and end < start:
            end += dt.timedelta(days=1)  # a clock alone that is earlier is that of the next morning
    made = {ours: row.get(ours) for ours in _OURS} | {"starts_at": start, "ends_at": end}
    place = cell_words(row.get("place"))
    if place and not _FILE.search(place):
        made |= {"place": None, "venue": row.get("venue") or place}
    home, away = cell_words(row.get("home")), cell_words(row.get("away"))
    if not cell_words(row.get("title")) and home and away:
        made["title"] = f"{home} v {away}"
        made["kind"] = row.get("kind") or "match"
    return made


def _when(row: Mapping[str, Cell], date: str, clock: str | None) -> Cell:
    """Return a date with its clock, of which each may have a column of its own; none where there is no date.

    Without a column for the clock the event lasts whole days.
    """
    cell = row.get(date)
    if isinstance(cell, dt.date):
        moment: Cell = cell
    else:
        moment = _date(cell_words(cell))
    if clock is None and isinstance(moment, dt.datetime):
        moment = moment.date()
    words = cell_words(row.get(clock)) if clock else ""
    return _with_clock(moment, words) if words and isinstance(moment, dt.date) else moment


def _date(text: str) -> Cell:
    """Return a date, with a clock where it has one; a date that names its zone stays text, which the register reads."""
    if not text:
        return None
    named = _NAMED_DAY.fullmatch(text.casefold())
    if named is not None and named[2][:3] in _MONTHS:
        text = f"{named[3]}-{_MONTHS.index(named[2][:3]) + 1:02d}-{int(named[1]):02d}"
    moment = parse_time(text)
    if moment is None:
        raise _UnusableError(f"{text[:60]!r} is no date; write 2025-12-26, 26/12/2025 or 26 December 2025")
    if ":" not in text:
        return moment.date()
    local = moment.tz_localize(None)
    return local.to_pydatetime() if parse_time(local.isoformat()) == moment else text


def _with_clock(day: Cell, text: str) -> Cell:
    """Return the date at a clock such as 19:45, 7.45pm or 3pm; as it is where the cell says that there is none yet."""
    match = _CLOCK.fullmatch(text.casefold())
    if not isinstance(day, dt.date) or match is None:
        return day
    hour, minute = int(match[1]), int(match[2] or 0)
    if match[3]:
        hour = hour % _NOON + (_NOON if match[3] == "p" else 0)
    elif not match[2]:
        return day
    try:
        return dt.datetime(day.year, day.month, day.day, hour, minute)
    except ValueError:
        return day
