"""``hotspots events import`` and ``export``: events of other calendars and lists into the register, and out of it."""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from hotspots.errors import InputError, OutputError
from hotspots.events.duplicates import repeats
from hotspots.events.recurrence import check_rule, expand, said
from hotspots.files import replace_file
from hotspots.intake.calendar import Skipped, read_calendar
from hotspots.intake.diaries import read_diary
from hotspots.intake.event_cells import COLUMNS, REASONS
from hotspots.intake.events import events_of
from hotspots.intake.files import exists, shown_name
from hotspots.intake.sheets import cell_words, find_columns, read_sheet, with_columns
from hotspots.pack.events import calendar_bytes, geojson_bytes
from hotspots.pipeline.events import read_tracker
from hotspots.pipeline.keeping import edit_sheet, workbook_bytes

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd

    from hotspots.intake.events import EventsIntake
    from hotspots.intake.sheets import Cell, Sheet
    from hotspots.settings import Settings

CALENDARS: Final = (".ics", ".ical", ".ifb", ".icalendar")
"""Endings of calendars; anything else is read as a list."""
EXPORTS: Final = (".ics", ".xlsx", ".geojson")

_LONDON = "Europe/London"
_DATE_TITLES = ("event_id", "title", "kind", "status", "starts_at", "ends_at", "dispersal_at", "risk")


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What ``hotspots events import`` is asked for."""

    file: Path
    register: Path
    today: dt.date
    """For the name of the backup."""
    kind: str = ""
    """Of every event of the file; empty: as the file says, else ``event``."""
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Repeated:
    """An event of the file that the register has."""

    title: str
    event_id: str
    """In the register, or of the file where it stands there twice."""
    differs: str
    """What the file says otherwise; empty: the same."""


@dataclass(frozen=True)
class ImportResult:
    """What was found in the file."""

    register: Path
    added: gpd.GeoDataFrame
    """EVENTS: what is new, with the ids it has in the register."""
    repeated: tuple[Repeated, ...]
    skipped: tuple[str, ...]
    """Events that cannot be used: sentences."""
    notes: tuple[str, ...]
    """What must be known of the others: sentences."""
    written: bool


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What ``hotspots events export`` is asked for."""

    file: Path
    register: Path
    month: str = ""
    """Only events that take place in it, as ``2025-05``."""
    force: bool = False
    """Replace a file that is there."""


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What was written."""

    path: Path
    size: int
    """Bytes."""
    events: int
    occurrences: int
    """In the month; 0 without one."""
    left_out: tuple[str, ...]
    """Rows of the register that are no events: sentences."""


# --- in ---------------------------------------------------------------------------------------------------------------


def import_events(request: ImportRequest, settings: Settings) -> ImportResult:
    """Add the events of a calendar or list to the register; what it has already is left as it is.

    Parameters
    ----------
    request
        An .ics, or a CSV or workbook of dates; and the register, which must exist.
    settings
        Analysis CRS, and how likelihood and impact make a risk.

    Returns
    -------
    ImportResult
        What was added, what repeats an event of the register or of the file, what cannot be used. A second import of
        the same file adds nothing.

    Raises
    ------
    InputError
        The file or the register is missing or cannot be read.
    OutputError
        The register cannot be written.
    """
    file = _read(request)
    seen = _joined(read_sheet(request.register), file, request, settings)[1]
    if request.dry_run or not len(seen.added):
        return seen
    results: list[ImportResult] = []

    def change(register: Sheet) -> Sheet:
        grown, result = _joined(register, file, request, settings)
        results.append(result)
        return grown

    edit_sheet(request.register, change, request.today)
    return dataclasses.replace(results[0], written=True)


@dataclass(frozen=True)
class _File:
    """What the file says, as if it lay beside the register: venues and shapes are those of the register."""

    sheet: Sheet
    """Rows are numbered from 1 on."""
    where: tuple[str, ...]
    """What a message calls each of them."""
    skipped: tuple[tuple[int, str], ...]
    """Number in the file, and a sentence."""
    notes: tuple[str, ...]


def _read(request: ImportRequest) -> _File:
    """Read the file, and skip what has a rule that cannot be used: it must not become one event without a word."""
    calendar = request.file.suffix.casefold() in CALENDARS
    diary = read_calendar(request.file) if calendar else read_diary(request.file)
    name, unit = shown_name(request.file), "event" if calendar else "row"
    rows: list[dict[str, Cell]] = []
    numbers: list[int] = []
    skipped = list(diary.skipped)
    for number, row in zip(diary.sheet.numbers, diary.sheet.rows, strict=True):
        try:
            if cell_words(row.get("rrule")):
                check_rule(cell_words(row["rrule"]))
        except InputError as error:
            skipped.append(Skipped(number, cell_words(row.get("title")), str(error).removesuffix(".")))
            continue
        rows.append(row | ({"kind": request.kind} if request.kind else {}))
        numbers.append(number)
    sheet = dataclasses.replace(
        diary.sheet,
        path=request.register.with_name(name),
        rows=tuple(rows),
        numbers=tuple(range(1, len(rows) + 1)),
    )
    said_of = [
        (one.number, f"{name}, {unit} {one.number}{f' ({one.title})' if one.title else ''}: {one.reason}.")
        for one in skipped
    ]
    return _File(sheet, tuple(f"{name}, {unit} {number}" for number in numbers), tuple(said_of), diary.notes)


def _joined(register: Sheet, file: _File, request: ImportRequest, settings: Settings) -> tuple[Sheet, ImportResult]:
    """Return the register with what is new in the file, and what was found."""
    known, found = _events(register, settings), _events(file.sheet, settings)
    again = repeats(found.events, known.events)
    fresh = found.events.drop(index=again.index)
    ids = _free_ids(list(fresh.index), set(known.events.index))
    said_of = [
        (remark, f"{file.where[remark.row - 1]}, {remark.column}: {_reason(remark)}.") for remark in found.remarks
    ]
    result = ImportResult(
        request.register,
        fresh.rename(index=ids).sort_index(),
        tuple(
            Repeated(str(found.events.loc[key, "title"]), str(other), str(differs))
            for key, other, differs in zip(again.index, again["repeats"], again["differs"], strict=True)
        ),
        (
            *(sentence for _, sentence in sorted(file.skipped, key=lambda one: one[0])),
            *(sentence for remark, sentence in said_of if remark.rejected),
        ),
        (*file.notes, *(sentence for remark, sentence in said_of if not remark.rejected)),
        written=False,
    )
    return _grown(register, file.sheet, {number: ids[key] for key, number in found.rows if key in ids}), result


def _events(sheet: Sheet, settings: Settings) -> EventsIntake:
    return events_of(sheet, epsg=settings.areas.analysis_epsg, rules=settings.events, check_rule=check_rule)


def _free_ids(wanted: Sequence[str], taken: set[str]) -> dict[str, str]:
    """Return for each id of the file the one it gets in the register, where another event may have it."""
    free: dict[str, str] = {}
    used = taken | set(wanted)
    for name in wanted:
        free[name] = name
        if name in taken:
            free[name] = next(f"{name}-{count}" for count in itertools.count(2) if f"{name}-{count}" not in used)
            used.add(free[name])
    return free


def _grown(register: Sheet, sheet: Sheet, ids: Mapping[int, str]) -> Sheet:
    """Return the register with some rows of the file below its own, under the titles that it has for our columns."""
    ours = find_columns(register, COLUMNS)
    new = [
        row | {"event_id": ids[number]} for number, row in zip(sheet.numbers, sheet.rows, strict=True) if number in ids
    ]
    titles = {name: ours.get(name, name) for name in COLUMNS if any(row.get(name) is not None for row in new)}
    grown = with_columns(register, titles.values())
    below = max([grown.header_row, *grown.numbers]) + 1
    rows = [dict.fromkeys(grown.columns) | {title: row.get(name) for name, title in titles.items()} for row in new]
    numbers = range(below, below + len(rows))
    return dataclasses.replace(grown, rows=(*grown.rows, *rows), numbers=(*grown.numbers, *numbers))


def _reason(remark: Any) -> str:  # noqa: ANN401
    return REASONS[remark.reason] + (f" ({remark.value[:60]!r})" if remark.value else "")


# --- out --------------------------------------------------------------------------------------------------------------


def export_events(request: ExportRequest, settings: Settings) -> ExportResult:
    """Write the register for another program.

    Parameters
    ----------
    request
        A file whose ending says what it is: .ics, .xlsx or .geojson; and the register.
    settings
        Analysis CRS, and how likelihood and impact make a risk.

    Returns
    -------
    ExportResult
        The file. The same register gives the same bytes, but for .xlsx, which holds when it was made.

    Raises
    ------
    InputError
        The register is missing or is none.
    OutputError
        The file has another ending, exists and may not be replaced, is the register itself, or cannot be written.
    """
    ending = request.file.suffix.casefold()
    if ending not in EXPORTS:
        raise OutputError(f"{request.file.name} cannot be written; give a name that ends in {', '.join(EXPORTS)}.")
    if _is_register(request):
        raise OutputError(f"{request.file} is the register itself; give another name.")
    if exists(request.file) and not request.force:
        raise OutputError(f"{request.file} is there already and is kept; add --force to replace it.")
    found = read_tracker(request.register, settings)
    events = found.events
    dates: gpd.GeoDataFrame | None = None
    if request.month:
        first = pd.Period(request.month, freq="M").start_time.tz_localize(_LONDON)
        last = (pd.Period(request.month, freq="M") + 1).start_time.tz_localize(_LONDON) - pd.Timedelta("1us")
        dates = expand(events, first, last)
        events = events[events.index.isin(dates["event_id"])]
    data = _bytes(ending, events, dates)
    replace_file(request.file, data)
    left_out = tuple(remark.said(found.file.name) for remark in found.remarks if remark.rejected)
    return ExportResult(request.file, len(data), len(events), 0 if dates is None else len(dates), left_out)


def _is_register(request: ExportRequest) -> bool:
    try:
        return request.file.resolve() == request.register.resolve()
    except OSError:
        return False


def _bytes(ending: str, events: gpd.GeoDataFrame, dates: gpd.GeoDataFrame | None) -> bytes:
    if ending == ".ics":
        return calendar_bytes(events)
    if ending == ".geojson":
        starts = None
        if dates is not None:
            by_event = dates.sort_values("starts_at").groupby("event_id")["starts_at"]
            starts = {str(key): [time.isoformat() for time in times] for key, times in by_event}
        return geojson_bytes(events, starts)
    return workbook_bytes(_sheets(events, dates))


def _sheets(
    events: gpd.GeoDataFrame, dates: gpd.GeoDataFrame | None
) -> dict[str, tuple[Sequence[str], Sequence[Sequence[Cell]]]]:
    """Return the sheets of a workbook: the register, with a point for every place, and the dates of the month."""
    points = events.geometry.representative_point().to_crs(4326)
    table = events.drop(columns="geometry").reset_index()
    table["recurs"] = [said(rule) if isinstance(rule, str) else None for rule in table["rrule"]]
    table["longitude"], table["latitude"] = points.x.to_numpy(), points.y.to_numpy()
    table = table.sort_values(["starts_at", "event_id"])
    sheets: dict[str, tuple[Sequence[str], Sequence[Sequence[Cell]]]] = {"events": _cells(table)}
    if dates is not None:
        sheets["dates"] = _cells(dates.sort_values(["starts_at", "event_id"])[list(_DATE_TITLES)])
    return sheets


def _cells(table: pd.DataFrame) -> tuple[Sequence[str], Sequence[Sequence[Cell]]]:
    return list(table.columns), [[_cell(value) for value in row] for row in table.itertuples(index=False)]


def _cell(value: Any) -> Cell:  # noqa: ANN401
    """Return a value as a workbook holds it: times local and without a zone, dates alone, nothing empty."""
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        local = value.tz_localize(None).to_pydatetime()
        return local if value.tzinfo is not None else local.date()
    result: Cell = value.item() if hasattr(value, "item") else value
    return result
