"""The events tracker's jobs: list it, add to it, change and review it, and begin one."""

from __future__ import annotations

import dataclasses
import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from hotspots.errors import InputError, OutputError
from hotspots.events.recurrence import check_rule, expand, said
from hotspots.events.review import is_due, is_open, review_due_on
from hotspots.files import replace_file
from hotspots.intake.event_cells import COLUMNS, REASONS, typed
from hotspots.intake.events import EventsIntake, events_of
from hotspots.intake.files import exists
from hotspots.intake.sheets import cell_words, find_columns, new_sheet, read_sheet, with_cells, with_columns, with_row
from hotspots.pipeline.keeping import KEPT, csv_bytes, edit_sheet, workbook_bytes
from hotspots.tables.events import RISKS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd

    from hotspots.intake.sheets import Sheet
    from hotspots.settings import Events, Settings

_NUMBERS = re.compile(r"(-?\d+(?:\.\d+)?) *, *(-?\d+(?:\.\d+)?)", re.ASCII)
_MOST_DEGREES = 180


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events a list is to hold; what is empty holds none back."""

    first: dt.date | None = None
    last: dt.date | None = None
    """First and last day of the period, both included; both or neither."""
    risks: tuple[str, ...] = ()
    owner: str = ""
    """Part of the owner's name, without regard to case."""
    due: bool = False
    """Only what is due for review."""


@dataclass(frozen=True)
class Listing:
    """A list of events, and what is wrong with the register."""

    table: gpd.GeoDataFrame
    """EVENTS, with ``next_at`` (the first start in the period, else the event's own), ``occurrences`` (in the period; 1
    without one), ``recurs`` (the recurrence in words, or empty), ``review_due_on``, ``due`` (for review) and ``open``
    (still to come or under way); in order of time."""
    total: int
    """Events in the register."""
    faults: tuple[str, ...]
    """Every cell that could not be used, by row and column: sentences."""
    left_out: int
    """Rows that are no event because of them."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A row that was added or changed."""

    event_id: str
    title: str
    row: int
    path: Path


def read_tracker(path: Path, settings: Settings) -> EventsIntake:
    """Read the events tracker, recurrences checked.

    Parameters
    ----------
    path
        CSV or workbook.
    settings
        Analysis CRS, and how likelihood and impact make a risk.

    Returns
    -------
    EventsIntake
        EVENTS, rejects, remarks.

    Raises
    ------
    InputError
        The file is missing or is no tracker.
    """
    return _intake(read_sheet(path), settings)


def list_events(path: Path, settings: Settings, wanted: Wanted, today: dt.date) -> Listing:
    """List the register.

    Parameters
    ----------
    path
        CSV or workbook.
    settings
        Analysis CRS, the matrix of risk and the days between reviews.
    wanted
        Which events.
    today
        Decides what is due for review.

    Returns
    -------
    Listing
        Events without a location are in it.

    Raises
    ------
    InputError
        The file is missing or is no tracker, or the period ends before it begins.
    """
    found = read_tracker(path, settings)
    days, opened = review_days(settings.events), is_open(found.events, pd.Timestamp(today))
    events = found.events.assign(
        review_due_on=review_due_on(found.events, days),
        due=is_due(found.events, pd.Timestamp(today), days, opened),
        open=opened,
        recurs=[said(rule) if isinstance(rule, str) else "" for rule in found.events["rrule"]],
    )
    kept = _in_period(events, found.events, wanted)
    if wanted.risks:
        kept = kept[kept["risk"].isin(wanted.risks)]
    if wanted.owner:
        kept = kept[kept["owner"].fillna("").str.casefold().str.contains(wanted.owner.casefold(), regex=False)]
    if wanted.due:
        kept = kept[kept["due"]]
    faults = tuple(remark.said(found.file.name) for remark in found.remarks) + found.notes
    return Listing(kept.sort_values("next_at", kind="stable"), len(found.events), faults, len(found.rejects))


def overdue(path: Path, settings: Settings, today: dt.date) -> Listing:
    """List what is due for review: high risk first, then what has waited longest; never reviewed before reviewed.

    Parameters, result and errors are those of ``list_events``.
    """
    listing = list_events(path, settings, Wanted(due=True), today)
    rank = listing.table["risk"].map({risk: -place for place, risk in enumerate(RISKS)}).fillna(-RISKS.index("medium"))
    ordered = listing.table.assign(rank=rank).sort_values(["rank", "review_due_on"], na_position="first", kind="stable")
    return dataclasses.replace(listing, table=ordered.drop(columns="rank"))


def add_event(path: Path, settings: Settings, values: Mapping[str, str], today: dt.date) -> Changed:
    """Add an event at the end of the register.

    Parameters
    ----------
    path
        The register; it must exist.
    settings
        Analysis CRS and the matrix of risk.
    values
        Column → text: our names, or titles of the register.
    today
        For the name of the backup.

    Returns
    -------
    Changed
        The event's id and row.

    Raises
    ------
    InputError
        There is no register, a value cannot be used, or an event of the same title and start, or the same id, is there
        already.
    OutputError
        The register cannot be written.
    """
    if not exists(path):
        raise InputError(f"There is no register {path}; begin one with hotspots events template --out {path}.")
    made: list[Changed] = []

    def change(sheet: Sheet) -> Sheet:
        before = _intake(sheet, settings)
        titles = _titles(sheet, values)
        grown = with_row(sheet, {titles[name]: typed(name, text) for name, text in values.items()})
        number = grown.numbers[-1]
        after = _checked(grown, number, settings, values)
        event_id = {row: key for key, row in after.rows}[number]
        twin = _twin(before, after.events.loc[event_id]) or ({values.get("event_id", "")} & set(before.events.index))
        if twin:
            raise InputError(
                f"{sheet.name} has this event already ({', '.join(sorted(twin))}); change it with hotspots events edit."
            )
        made.append(Changed(event_id, str(after.events.loc[event_id, "title"]), number, path))
        return _with_ids(grown, after)

    edit_sheet(path, change, today)
    return made[0]


def edit_event(path: Path, settings: Settings, event_id: str, values: Mapping[str, str], today: dt.date) -> Changed:
    """Change some cells of an event.

    Parameters
    ----------
    path
        The register.
    settings
        Analysis CRS and the matrix of risk.
    event_id
        As the list shows it.
    values
        Column → text, an empty text to clear the cell; our names, or titles of the register.
    today
        For the name of the backup.

    Returns
    -------
    Changed
        The event's row.

    Raises
    ------
    InputError
        There is no such event or column, or a value cannot be used.
    OutputError
        The register cannot be written.
    """
    made: list[Changed] = []
    if "event_id" in values:
        raise InputError("The event_id stays what it is: other files know the event by it; change another column.")

    def change(sheet: Sheet) -> Sheet:
        before = _intake(sheet, settings)
        number = _row_of(before, event_id, sheet.name)
        # Ids first: one that is made of title and start must not change with them.
        whole = _with_ids(sheet, before)
        titles = _titles(whole, values)
        edited = with_cells(whole, number, {titles[name]: typed(name, text) for name, text in values.items()})
        after = _checked(edited, number, settings, values)
        made.append(Changed(event_id, str(after.events.loc[event_id, "title"]), number, path))
        return edited

    edit_sheet(path, change, today)
    return made[0]


def review_event(path: Path, settings: Settings, event_id: str, by: str, today: dt.date) -> Changed:
    """Record that somebody looked at an event today; parameters, result and errors are those of ``edit_event``.

    Raises
    ------
    InputError
        Nobody is named, or as of ``edit_event``.
    """
    if not by.strip():
        raise InputError("A review needs a name: say with --by who looked at the event.")
    return edit_event(path, settings, event_id, {"reviewed_on": f"{today:%Y-%m-%d}", "reviewed_by": by}, today)


def write_template(path: Path, explained: Sequence[tuple[str, str]]) -> Path:
    """Write an empty register.

    Parameters
    ----------
    path
        An .xlsx, with a second sheet that explains the columns, or a .csv.
    explained
        Column and what it holds, for that sheet.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OutputError
        The file exists, has another ending, or cannot be written.
    """
    if path.suffix.casefold() not in KEPT:
        raise OutputError(f"{path.name} cannot be a register; give a name that ends in .csv or .xlsx.")
    if exists(path):
        raise OutputError(f"{path} is there already and is kept; give another --out.")
    columns = list(COLUMNS)
    if path.suffix.casefold() == ".csv":
        replace_file(path, csv_bytes(new_sheet(path, columns)))
    else:
        replace_file(
            path, workbook_bytes({"events": (columns, []), "columns": (("column", "what it holds"), explained)})
        )
    return path


def placed(text: str) -> dict[str, str]:
    """Return the columns in which a place is written: two numbers, a shape of a GeoJSON file, or a venue's name.

    Parameters
    ----------
    text
        ``0.14,51.45`` (longitude, latitude), ``549300,175800`` (easting, northing), ``routes.geojson#parade``, or a
        name.
    """
    text = text.strip()
    numbers = _NUMBERS.fullmatch(text)
    if numbers is not None:
        small = max(abs(float(numbers[1])), abs(float(numbers[2]))) <= _MOST_DEGREES
        return dict(zip(("longitude", "latitude") if small else ("easting", "northing"), numbers.groups(), strict=True))
    file = text.partition("#")[0].casefold()
    return {"place" if file.endswith((".geojson", ".json")) else "venue": text}


def review_days(rules: Events) -> dict[str, int]:
    """Return risk → days from one review to the next, as settings have them."""
    return {"high": rules.review_high_days, "medium": rules.review_medium_days, "low": rules.review_low_days}


def _intake(sheet: Sheet, settings: Settings) -> EventsIntake:
    return events_of(sheet, epsg=settings.areas.analysis_epsg, rules=settings.events, check_rule=check_rule)


def _in_period(events: gpd.GeoDataFrame, plain: gpd.GeoDataFrame, wanted: Wanted) -> gpd.GeoDataFrame:
    """Return the events with an occurrence in the period, cancelled ones by their own start."""
    if wanted.first is None or wanted.last is None:
        return events.assign(next_at=events["starts_at"], occurrences=1)
    if wanted.last < wanted.first:
        raise InputError(f"The period ends on {wanted.last}, before it begins on {wanted.first}; turn the dates round.")
    first = pd.Timestamp(wanted.first).tz_localize("Europe/London")
    last = (pd.Timestamp(wanted.last) + pd.Timedelta(days=1)).tz_localize("Europe/London") - pd.Timedelta("1us")
    starts = expand(plain, first, last).groupby("event_id")["starts_at"].agg(["min", "size"])
    own = events["starts_at"].where((events["status"] == "cancelled") & events["starts_at"].between(first, last))
    found = events.assign(
        next_at=starts["min"].reindex(events.index).fillna(own),
        occurrences=starts["size"].reindex(events.index).fillna(1).astype("int64"),
    )
    return found[found["next_at"].notna()]


def _titles(sheet: Sheet, values: Mapping[str, str]) -> dict[str, str]:
    """Return the title in the register of each column that is given; one of ours that it lacks gets our name."""
    ours = find_columns(sheet, COLUMNS)
    titles = {name: ours.get(name, name) if name in COLUMNS else name for name in values}
    unknown = [name for name in values if name not in COLUMNS and name not in sheet.columns]
    if unknown:
        known = [*COLUMNS, *sheet.columns]
        near = difflib.get_close_matches(unknown[0], known, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(COLUMNS)}."
        raise InputError(f"There is no column {unknown[0]!r}. {hint}")
    return titles


def _checked(sheet: Sheet, number: int, settings: Settings, values: Mapping[str, str]) -> EventsIntake:
    """Return what a register holds, and refuse it where what was typed into a row cannot be used."""
    found = _intake(sheet, settings)
    for remark in found.remarks:
        touched = remark.rejected or any(name in values for name in remark.column.split(", "))
        if remark.row == number and touched and remark.reason != "risk_contradicts":
            value = f" {remark.value!r}" if remark.value else ""
            raise InputError(
                f"{remark.column}{value}: {REASONS[remark.reason].partition(';')[0]}; nothing was changed."
            )
    return found


def _row_of(found: EventsIntake, event_id: str, name: str) -> int:
    rows = dict(found.rows)
    if event_id not in rows:
        near = difflib.get_close_matches(event_id, list(rows), n=1)
        hint = f"Did you mean {near[0]!r}?" if near else "See hotspots events list for the ids."
        raise InputError(f"{name} has no event {event_id!r}. {hint}")
    return rows[event_id]


def _with_ids(sheet: Sheet, found: EventsIntake) -> Sheet:
    """Return the register with the ids written down that were made, so that they stay when a title changes."""
    title = find_columns(sheet, COLUMNS).get("event_id", "event_id")
    made = {number: key for key, number in found.rows}
    whole = with_columns(sheet, (title,))
    rows = tuple(
        row if cell_words(row[title]) or number not in made else {**row, title: made[number]}
        for number, row in zip(whole.numbers, whole.rows, strict=True)
    )
    return dataclasses.replace(whole, rows=rows)


def _twin(found: EventsIntake, event: Any) -> set[str]:  # noqa: ANN401
    """Return the events of the same title and start."""
    same = (found.events["title"].str.casefold() == str(event["title"]).casefold()) & (
        found.events["starts_at"] == event["starts_at"]
    )
    return set(found.events.index[same])
