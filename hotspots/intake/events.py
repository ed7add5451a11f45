"""The events tracker's file becomes EVENTS; a row that cannot be used becomes a reject."""

from __future__ import annotations

import hashlib
import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import pandas as pd

from hotspots.intake.accept import empty_rejects, number_rejects
from hotspots.intake.coordinates import GREAT_BRITAIN
from hotspots.intake.files import InputFile, read_columns, sha256, shown_name, unpack
from hotspots.settings import BRITISH_NATIONAL_GRID_EPSG
from hotspots.tables import EVENTS, REJECTS, check

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_COLUMNS = {
    "id": ("event_id", "id"),
    "title": ("title", "event", "name"),
    "starts_at": ("starts_at", "start", "starts"),
    "ends_at": ("ends_at", "end", "ends"),
    "longitude": ("longitude", "lon", "lng", "long"),
    "latitude": ("latitude", "lat"),
    "easting": ("easting", "eastings"),
    "northing": ("northing", "northings"),
    "kind": ("kind", "type"),
    "risk": ("risk",),
    "status": ("status",),
    "notes": ("notes",),
}
_RISKS = {
    "low": "low",
    "l": "low",
    "medium": "medium",
    "med": "medium",
    "m": "medium",
    "high": "high",
    "h": "high",
}
_ISO = re.compile(r"(?:19|20)\d\d-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?", re.ASCII)
_BRITISH = re.compile(r"(\d\d?)/(\d\d?)/((?:19|20)\d\d)(?: +(\d\d?:\d\d(?::\d\d)?))?", re.ASCII)
_PLACES = (
    ("longitude", "latitude", 4326, (-180.0, -90.0, 180.0, 90.0)),
    ("easting", "northing", BRITISH_NATIONAL_GRID_EPSG, (0.0, 0.0, 700_000.0, 1_300_000.0)),
)
"""Columns of x and y, their CRS, and west, south, east and north of what they can hold."""


_WHOLE_DAY = pd.Timedelta(hours=23, minutes=59)


@dataclass(frozen=True)
class EventsIntake:
    """What the events file held."""

    events: gpd.GeoDataFrame
    """EVENTS in the analysis CRS; an event without coordinates has no geometry."""
    rejects: pd.DataFrame
    """REJECTS."""
    file: InputFile


def read_events(path: Path, *, epsg: int) -> EventsIntake:
    """Read the events tracker.

    Parameters
    ----------
    path
        CSV with ``title`` and ``starts_at``, and where known ``ends_at``, ``longitude`` and ``latitude``
        or ``easting`` and ``northing`` (British National Grid), ``kind``, ``risk`` (low, medium, high)
        and ``notes``. Times are local (Europe/London), ISO or DD/MM/YYYY.
    epsg
        CRS to bring the points to.

    Returns
    -------
    EventsIntake
        EVENTS, rejects, and the file.

    Raises
    ------
    InputError
        The file is missing, is not a CSV, or lacks ``title`` or ``starts_at``.
    """
    data = unpack(path)
    columns, numbers, surplus = read_columns(data, path.name, _COLUMNS, ("title", "starts_at"))
    good: list[dict[str, object]] = []
    bad: list[dict[str, object]] = []
    for position, number in enumerate(numbers):
        row = {name: values[position] for name, values in columns.items()}
        if not any(row.values()):
            continue
        event, fault = _event(row, epsg)
        if position in surplus:
            fault = _Fault("too_many_cells", None, surplus[position])
        if fault is None:
            good.append(event)
        else:
            bad.append({"source_file": shown_name(path), "source_row": number, **fault._asdict()})
    rejects = empty_rejects()
    if bad:
        rejects = number_rejects(pd.DataFrame(bad).reindex(columns=rejects.columns)).astype(rejects.dtypes.to_dict())
    return EventsIntake(
        _frame(good, epsg), check(REJECTS, rejects), InputFile("events", shown_name(path), sha256(data))
    )


class _Fault(NamedTuple):
    reason: str
    column: str | None
    value: str


def _event(row: Mapping[str, str], epsg: int) -> tuple[dict[str, object], _Fault | None]:
    """Return an event and its first fault, if it has one."""
    event: dict[str, object] = {
        "id": row.get("id", ""),
        "title": row["title"],
        "kind": row.get("kind") or "event",
        "status": row.get("status") or "planned",
        "notes": row.get("notes") or None,
    }
    starts, ends = parse_time(row["starts_at"]), parse_time(row.get("ends_at", ""))
    risk = row.get("risk", "").casefold()
    place = _place(row, epsg)
    faults = {
        "title": "" if row["title"] else "no_title",
        "starts_at": "" if starts is not None else "bad_time",
        "ends_at": "bad_time" if ends is None and row.get("ends_at") else "",
        "risk": "bad_risk" if risk and risk not in _RISKS else "",
    }
    if ends is not None and ":" not in row.get("ends_at", ""):
        ends += _WHOLE_DAY  # an end without a clock is the end of that day
    if starts is not None and ends is not None and ends < starts:
        faults["ends_at"] = "ends_before_it_starts"
    found = [_Fault(reason, column, row.get(column, "")) for column, reason in faults.items() if reason]
    if isinstance(place, _Fault):
        found.append(place)
    event |= {"starts_at": starts, "ends_at": ends, "risk": _RISKS.get(risk), "place": place}
    return event, found[0] if found else None


def parse_time(text: str) -> pd.Timestamp | None:
    """Return a local time as Europe/London, or none where the text is no time.

    A time that occurs twice when the clocks go back is its first occurrence; one that the clocks jump
    over is the moment after the jump. A time with an offset is converted.
    """
    british = _BRITISH.fullmatch(text)
    if british is not None:
        day, month, year, clock = british.groups()
        text = f"{year}-{int(month):02d}-{int(day):02d} {clock or '00:00'}"
    elif _ISO.fullmatch(text) is None:
        return None
    try:
        moment = pd.Timestamp(text).as_unit("us")
    except ValueError:
        return None
    if moment.tzinfo is not None:
        return moment.tz_convert("Europe/London")
    return moment.tz_localize("Europe/London", ambiguous=True, nonexistent="shift_forward")


def _place(row: Mapping[str, str], epsg: int) -> tuple[int, float, float] | _Fault | None:
    """Return EPSG code, x and y; none where no coordinates are given; a fault where they are no place."""
    for x_name, y_name, code, limits in _PLACES:
        texts = row.get(x_name, ""), row.get(y_name, "")
        if not any(texts):
            continue
        columns, value = f"{x_name}, {y_name}", ", ".join(texts)
        try:
            x, y = (float(text) for text in texts)
        except ValueError:
            return _Fault("bad_location", columns, value)
        if not _within(x, y, limits) or x == y == 0:
            return _Fault("bad_location", columns, value)
        if code != epsg == BRITISH_NATIONAL_GRID_EPSG and not _within(x, y, GREAT_BRITAIN):
            return _Fault("outside_great_britain", columns, value)
        return code, x, y
    return None


def _within(x: float, y: float, limits: tuple[float, float, float, float]) -> bool:
    west, south, east, north = limits
    return west <= x <= east and south <= y <= north


def _frame(events: list[dict[str, object]], epsg: int) -> gpd.GeoDataFrame:
    table = pd.DataFrame(
        events, columns=["id", "title", "kind", "status", "starts_at", "ends_at", "risk", "place", "notes"]
    )
    geometry = gpd.GeoSeries([None] * len(table), crs=epsg)
    for code in (4326, BRITISH_NATIONAL_GRID_EPSG):
        here = [place[1:] if isinstance(place, tuple) and place[0] == code else None for place in table["place"]]
        rows = [position for position, place in enumerate(here) if place is not None]
        if rows:
            points = gpd.points_from_xy(*zip(*(place for place in here if place is not None), strict=True), crs=code)
            geometry.iloc[rows] = points.to_crs(epsg)
    frame = gpd.GeoDataFrame(
        {
            "event_id": _ids(table),
            **{name: table[name].astype("str") for name in ("title", "kind", "status")},
            **{name: _times(table[name]) for name in ("starts_at", "ends_at")},
            **{name: table[name].astype("str") for name in ("risk", "notes")},
        },
        geometry=geometry,
        crs=f"EPSG:{epsg}",
    )
    frame["event_id"] = frame["event_id"].astype("str")
    return check(EVENTS, frame.set_index("event_id").sort_index(), epsg=epsg)


def _times(column: pd.Series) -> pd.Series:
    return column.astype(pd.DatetimeTZDtype("us", "Europe/London"))


def _ids(table: pd.DataFrame) -> list[str]:
    """Return the ids given, and for events without one an id made from title and start."""
    given = set(table["id"])
    made: list[str] = []
    for row in table.itertuples():
        content = f"{row.title}\n{row.starts_at}"
        base = str(row.id) or "E-" + hashlib.sha256(content.encode()).hexdigest()[:10]
        free = (f"{base}-{count}" for count in itertools.count(2))
        first = base not in made and (bool(row.id) or base not in given)
        made.append(base if first else next(name for name in free if name not in {*made, *given}))
    return made
