"""The events tracker's file becomes EVENTS; a row that cannot be used becomes a reject."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from hotspots.errors import InputError
from hotspots.intake.accept import empty_rejects, number_rejects
from hotspots.intake.event_cells import (
    COLUMNS,
    REASONS,
    RISK_WORDS,
    STATUS_WORDS,
    TEXTS,
    Fault,
    parse_clock,
    parse_day,
    parse_end,
    parse_exceptions,
    parse_people,
    parse_rule,
    parse_scale,
    parse_time,
)
from hotspots.intake.event_places import Located, Places
from hotspots.intake.files import InputFile
from hotspots.intake.sheets import cell_words, find_columns, read_sheet
from hotspots.settings import BRITISH_NATIONAL_GRID_EPSG, Events
from hotspots.tables import REJECTS, check
from hotspots.tables.events import events_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from hotspots.intake.sheets import Sheet

_REQUIRED = ("title", "starts_at")


class Remark(NamedTuple):
    """What is wrong with a cell of the register."""

    row: int
    """As a spreadsheet shows it."""
    column: str
    """Our name; several that belong together are parted by commas; empty: the whole row."""
    value: str
    reason: str
    rejected: bool
    """The row is no event because of it; otherwise the cell is passed over, or kept, as the reason says."""

    def said(self, file: str) -> str:
        """Return the remark as a sentence about a file of that name."""
        where = f"{file}, row {self.row}" + (f", column {self.column}" if self.column else "")
        value = f" ({self.value[:60]!r})" if self.value else ""
        return f"{where}: {REASONS[self.reason]}{value}{'; the row is left out' if self.rejected else ''}."


@dataclass(frozen=True)
class EventsIntake:
    """What the events file held."""

    events: gpd.GeoDataFrame
    """EVENTS in the analysis CRS; an event without a location has no geometry."""
    rejects: pd.DataFrame
    """REJECTS: of each row that is no event the first reason."""
    file: InputFile
    remarks: tuple[Remark, ...] = ()
    """Everything that is wrong with a cell, by row; also of rows that are events all the same."""
    rows: tuple[tuple[str, int], ...] = ()
    """``event_id`` and row number of every event, in the order of the file."""
    notes: tuple[str, ...] = ()
    """What is wrong with the files of venues and shapes: sentences."""


def read_events(
    path: Path, *, epsg: int, rules: Events | None = None, check_rule: Callable[[str], object] = str
) -> EventsIntake:
    """Read the events tracker.

    Parameters
    ----------
    path
        CSV or workbook with ``title`` and ``starts_at``, and where known any other column of
        ``hotspots.intake.event_cells.COLUMNS``. Times are local (Europe/London), ISO or DD/MM/YYYY.
    epsg
        CRS to bring the geometry to.
    rules
        How likelihood and impact make a risk; none: as settings do by default.
    check_rule
        Raises an InputError where a recurrence that looks like one cannot be used.

    Returns
    -------
    EventsIntake
        EVENTS, rejects, remarks, and the file.

    Raises
    ------
    InputError
        The file is missing, is no table, or lacks ``title`` or ``starts_at``; or its ``venues.csv`` is no table.
    """
    return events_of(read_sheet(path), epsg=epsg, rules=rules, check_rule=check_rule)


def events_of(
    sheet: Sheet, *, epsg: int, rules: Events | None = None, check_rule: Callable[[str], object] = str
) -> EventsIntake:
    """Make EVENTS of a register.

    Parameters
    ----------
    sheet
        The register; venues and shapes are looked for in its folder.
    epsg, rules, check_rule
        As for ``read_events``.

    Returns
    -------
    EventsIntake
        As of ``read_events``.

    Raises
    ------
    InputError
        The register lacks ``title`` or ``starts_at``; or ``venues.csv`` is no table.
    """
    titles = find_columns(sheet, COLUMNS)
    missing = [name for name in _REQUIRED if name not in titles]
    if missing:
        raise InputError(
            f"{sheet.name} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}; it has: "
            f"{_shorten(', '.join(sheet.columns))}. Is it the right file?",
        )
    places = Places(sheet.path.parent, epsg=epsg)
    good: list[dict[str, object]] = []
    numbers: list[int] = []
    remarks: list[Remark] = []
    for number, row in _rows(sheet, titles):
        event, faults, passed = _event(row, places, rules or Events(), check_rule)
        if number in sheet.faults:
            faults = [Fault("too_many_cells", None, sheet.faults[number])]
        if not faults:
            good.append(event)
            numbers.append(number)
        remarks += [Remark(number, fault.column or "", fault.value, fault.reason, True) for fault in faults]  # noqa: FBT003
        remarks += [Remark(number, fault.column or "", fault.value, fault.reason, False) for fault in passed]  # noqa: FBT003
    ids, taken = _ids(good)
    remarks += [Remark(numbers[place], "event_id", str(good[place]["id"]), "repeated_id", False) for place in taken]  # noqa: FBT003
    return EventsIntake(
        _frame(good, ids, epsg),
        _rejects(remarks, sheet.name),
        InputFile("events", sheet.name, sheet.stamp),
        tuple(sorted(remarks, key=lambda remark: remark.row)),
        tuple(zip(ids, numbers, strict=True)),
        tuple(places.notes),
    )


def _rows(sheet: Sheet, titles: Mapping[str, str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield row number, and our column → text, of every row that says anything of an event."""
    for number, cells in zip(sheet.numbers, sheet.rows, strict=True):
        row = {
            ours: cell.strip() if isinstance(cell := cells[title], str) else cell_words(cell)
            for ours, title in titles.items()
        }
        if any(row.values()) or number in sheet.faults:
            yield number, row


def _event(
    row: Mapping[str, str], places: Places, rules: Events, check_rule: Callable[[str], object]
) -> tuple[dict[str, object], list[Fault], list[Fault]]:
    """Return an event, the faults for which it is none, and what else is wrong with it."""
    starts, ends = parse_time(row["starts_at"]), parse_end(row.get("ends_at", ""))
    risk, status = row.get("risk", "").casefold(), row.get("status", "").casefold()
    wrong = {
        "title": "" if row["title"] else "no_title",
        "starts_at": "" if starts is not None else "bad_time",
        "ends_at": "bad_time" if ends is None and row.get("ends_at") else "",
        "risk": "bad_risk" if risk and risk not in RISK_WORDS else "",
        "status": "bad_status" if status and status not in STATUS_WORDS else "",
    }
    if starts is not None and ends is not None and ends < starts:
        wrong["ends_at"] = "ends_before_it_starts"
    faults = [Fault(reason, column, row.get(column, "")) for column, reason in wrong.items() if reason]
    place, fault = places.find(row)
    passed: list[Fault] = []
    if fault is not None:
        (passed if fault.column in {"place", "venue"} else faults).append(fault)
    if faults or starts is None:
        return {}, faults, passed
    event: dict[str, object] = {
        "id": row.get("event_id", ""),
        "title": row["title"],
        "kind": row.get("kind") or "event",
        "status": STATUS_WORDS.get(status, "planned"),
        "starts_at": starts,
        "ends_at": ends,
        "place": place,
        **{name: row.get(name) or None for name in TEXTS},
        **_details(row, starts, check_rule, passed),
    }
    event["risk"] = _risk(RISK_WORDS.get(risk), event, rules, passed)
    return event, [], passed


def _details(
    row: Mapping[str, str], starts: pd.Timestamp, check_rule: Callable[[str], object], passed: list[Fault]
) -> dict[str, object]:
    """Return the columns that are passed over where they cannot be read, and add why to ``passed``."""
    readers: dict[str, tuple[Callable[[str], object | None], str]] = {
        "rrule": (lambda text: parse_rule(text, check_rule), "bad_rule"),
        "except_on": (parse_exceptions, "bad_exception"),
        "likelihood": (parse_scale, "bad_scale"),
        "impact": (parse_scale, "bad_scale"),
        "expected_attendance": (parse_people, "bad_number"),
        "dispersal_at": (lambda text: parse_clock(text, starts), "bad_time"),
        "reviewed_on": (parse_day, "bad_date"),
    }
    found: dict[str, object] = {}
    for name, (read, reason) in readers.items():
        text = row.get(name, "")
        value = read(text) if text else None
        if text and value is None:
            passed.append(Fault(reason, name, text))
        if name == "dispersal_at" and isinstance(value, pd.Timestamp) and value < starts:
            passed.append(Fault("before_it_starts", name, text))
            value = None
        found[name] = value
    return found


def _risk(written: str | None, event: Mapping[str, object], rules: Events, passed: list[Fault]) -> str | None:
    """Return the risk that is written, else the one that likelihood and impact make; a contradiction is noted."""
    made = risk_of(event["likelihood"], event["impact"], rules)
    if written and made and written != made:
        said = f"{written}; {event['likelihood']} × {event['impact']} is {made}"
        passed.append(Fault("risk_contradicts", "risk", said))
    return written or made


def risk_of(likelihood: object, impact: object, rules: Events) -> str | None:
    """Return the risk of a likelihood and an impact from 1 to 5; none where one of them is not given.

    Parameters
    ----------
    likelihood, impact
        Whole numbers, or none.
    rules
        From which product a risk is medium, and from which it is high.
    """
    if not isinstance(likelihood, int) or not isinstance(impact, int):
        return None
    product = likelihood * impact
    if product >= rules.risk_high_from:
        return "high"
    return "medium" if product >= rules.risk_medium_from else "low"


def _ids(events: Sequence[Mapping[str, object]]) -> tuple[list[str], list[int]]:
    """Return the ids given, and for events without one an id made from title and start; and which were given twice."""
    given = {str(event["id"]) for event in events} - {""}
    made: list[str] = []
    taken: set[str] = set()
    twice: list[int] = []
    counts: dict[str, int] = {}
    for place, event in enumerate(events):
        own = str(event["id"])
        content = f"{event['title']}\n{event['starts_at']}"
        name = base = own or "E-" + hashlib.sha256(content.encode()).hexdigest()[:10]
        if base in taken or (not own and base in given):
            free = itertools.count(counts.get(base, 2))
            count = next(count for count in free if f"{base}-{count}" not in taken and f"{base}-{count}" not in given)
            counts[base], name = count + 1, f"{base}-{count}"
            twice += [place] if own else []
        taken.add(name)
        made.append(name)
    return made, twice


def _frame(events: Sequence[Mapping[str, object]], ids: Sequence[str], epsg: int) -> gpd.GeoDataFrame:
    shapes = gpd.GeoSeries([None] * len(events), crs=epsg)
    places = [event["place"] for event in events]
    for code in (4326, BRITISH_NATIONAL_GRID_EPSG):
        here = {at: place.shape for at, place in enumerate(places) if isinstance(place, Located) and place.epsg == code}
        if here:
            pairs = {at: shape for at, shape in here.items() if isinstance(shape, tuple)}
            points = gpd.points_from_xy(*np.array([*pairs.values()]).reshape(-1, 2).T)
            made = dict(zip(pairs, points, strict=True))
            found = gpd.GeoSeries([made.get(at, shape) for at, shape in here.items()], crs=code)
            shapes.iloc[list(here)] = found.to_crs(epsg).to_numpy()
    names = [name for name in (events[0] if events else {}) if name not in {"id", "place"}]
    columns: dict[str, list[object]] = {name: [event[name] for event in events] for name in names}
    return events_table(columns | {"event_id": list(ids), "geometry": list(shapes)}, epsg=epsg)


def _rejects(remarks: Sequence[Remark], file: str) -> pd.DataFrame:
    """Return REJECTS: the first fault of every row that is no event."""
    first: dict[int, Remark] = {}
    for remark in remarks:
        if remark.rejected:
            first.setdefault(remark.row, remark)
    rejects = empty_rejects()
    rows = [
        {
            "source_file": file,
            "source_row": remark.row,
            "reason": remark.reason,
            "column": remark.column or None,
            "value": remark.value,
        }
        for remark in first.values()
    ]
    if rows:
        rejects = number_rejects(pd.DataFrame(rows).reindex(columns=rejects.columns)).astype(rejects.dtypes.to_dict())
    return check(REJECTS, rejects)


def _shorten(text: str, limit: int = 200) -> str:
    printable = "".join(letter if letter.isprintable() else "�" for letter in text)
    return printable if len(printable) <= limit else printable[: limit - 1] + "…"
