"""Sources in somebody else's shape: their columns become ours as ``[[sources]]`` says."""

from __future__ import annotations

import glob
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hotspots.errors import InputError
from hotspots.intake.accept import first_fault, raw_frame
from hotspots.intake.coordinates import Places, place
from hotspots.intake.dates import Times, parse_times
from hotspots.intake.files import InputFile, Packed, exists
from hotspots.intake.police_api import CATEGORIES
from hotspots.intake.postcodes import Postcodes, read_postcodes
from hotspots.intake.tabular import Layout, read_cells
from hotspots.settings import BRITISH_NATIONAL_GRID_EPSG, PLACES

if TYPE_CHECKING:
    from hotspots.settings import Flag, Source

STANDARD = frozenset(CATEGORIES.values())
"""Crime types as police.uk names them."""

UNKNOWN_POSTCODE = "unknown_postcode"
"""Reason of a row whose postcode the directory lacks."""

_YES = ("yes", "y", "true", "t", "1", "x")
_DEGREES_EPSG = 4326
_DATE_PARTS = ("year", "month", "day", "hour", "minute")
_BARE_MONTH = re.compile(r"(?:19|20)[0-9][0-9]-(?:0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Mapped:
    """The rows of one source, and what a reader must know of them."""

    raw: pd.DataFrame
    """Rows for ``accept``."""
    unmapped: dict[str, int]
    """Crime types that are no standard name and that the settings do not mention, with their rows."""
    files: tuple[InputFile, ...]
    """Files beside the incidents: the postcode directory."""
    notes: tuple[str, ...]
    """What a reader must know, in sentences."""


def find_source_files(source: Source) -> list[Packed]:
    """List the files of a source.

    Parameters
    ----------
    source
        Its ``path`` is a file or a pattern; what Excel and macOS lay beside a file is passed over.

    Returns
    -------
    list of Packed
        By name.

    Raises
    ------
    InputError
        There is no such file.
    """
    path = Path(source.path)
    if exists(path) and not path.is_dir():
        return [Packed(path)]
    found = sorted(Path(name) for name in glob.glob(source.path, recursive=True))  # noqa: PTH207 - the pattern may be absolute
    files = [Packed(file) for file in found if file.is_file() and not file.name.startswith((".", "~$"))]
    if not files:
        hint = "; to read all files of a folder write a pattern such as exports/*.csv" if path.is_dir() else ""
        raise InputError(f"Source {source.name!r}: no file {source.path}; check its path{hint}.")
    return files


def read_texts(source: Source, data: bytes, name: str) -> pd.DataFrame:
    """Read the mapped columns of one file; nothing else of it is kept.

    Parameters
    ----------
    source
        What the columns are.
    data
        Bytes of the file, unpacked.
    name
        What messages and ``source_file`` call it.

    Returns
    -------
    DataFrame
        Text by our names, flags as ``flag <name>``, with ``source_file``, ``source_row`` and ``broken``:
        why the row cannot be trusted, in words.

    Raises
    ------
    InputError
        The file is not what the settings say, or lacks a column.
    SettingsError
        The layout of the settings cannot be.
    """
    layout = Layout(source.format, source.encoding, source.delimiter, source.sheet, source.header_row, source.records)
    titles = {**source.columns, **{f"flag {flag}": told.column for flag, told in source.flags.items()}}
    cells = read_cells(data, name, list(dict.fromkeys(titles.values())), layout)
    frame = pd.DataFrame({ours: cells.columns[theirs] for ours, theirs in titles.items()}, dtype="str")
    frame["broken"] = pd.Series([cells.faults.get(row, "") for row in range(len(cells.numbers))], dtype="str")
    frame["source_file"] = pd.Series(name, index=frame.index, dtype="str")
    return frame.assign(source_row=np.asarray(cells.numbers, dtype=np.int64))


def to_raw(source: Source, texts: pd.DataFrame, *, analysis_epsg: int, zone: str) -> Mapped:
    """Bring the rows of a source to our columns and name their faults.

    Parameters
    ----------
    source, texts
        What the columns are, and the rows of ``read_texts`` of all its files on a range index, with
        ``same_as``: an equal file read before, or empty. The order of days and months, and a CRS that is
        not stated, are told from all.
    analysis_epsg
        CRS of the analysis; with the British National Grid a point outside Great Britain is a fault.
    zone
        Time zone of the result.

    Returns
    -------
    Mapped
        Rows for ``accept`` on the same index.

    Raises
    ------
    InputError
        Days and months, or the CRS, cannot be told apart; the postcode file is not one.
    SettingsError
        A CRS or a time zone is unknown.
    """
    start, until = _times(source, texts, zone)
    category, unmapped = _categories(source, texts)
    places, column, files = _places(source, texts, analysis_epsg)
    ends = _shown(source, texts, ("until", "until_time"))
    faults = _faults(source, texts, start, until, category)
    whole = start.month.notna() & (texts["broken"] == "")

    def throughout(text: str) -> pd.Series:
        return pd.Series(text, index=texts.index, dtype="str")

    raw = raw_frame(
        len(texts),
        zone,
        **{name: texts[name] for name in ("street", "lsoa", "offence_code") if name in texts},
        **first_fault(faults, texts.index),
        **_when(start, until),
        id=_ids(source, texts),
        id_column=throughout(_titles(source, ("id",))),
        month=start.month.astype("str").where(whole, ""),
        category=category,
        force=texts["force"] if "force" in texts else throughout(source.force),
        flags=_flags(source, texts),
        source=throughout(source.name),
        source_file=texts["source_file"],
        source_row=texts["source_row"],
        lon=places.lon,
        lat=places.lat,
        place_fault=places.reason,
        place_column=throughout(column),
        place_value=places.value,
    )
    return Mapped(raw, unmapped, files, _notes(source, (ends != "") & until.month.isna() & start.month.notna()))


def _when(start: Times, until: Times) -> dict[str, pd.Series]:
    """Return the columns that tell when: times only where a time of day was given, dates wherever a day was."""
    return {
        "occurred_at": start.at.where(start.known),
        "occurred_until": until.at.where(until.known),
        "occurred_on": start.day,
        "occurred_until_on": until.day,
        "time_known": start.known,
    }


def _notes(source: Source, lost: pd.Series) -> tuple[str, ...]:
    if not lost.any():
        return ()
    return (f"{source.name}: the end of {int(lost.sum()):,} rows is no date; they are kept without it.",)


def _faults(
    source: Source,
    texts: pd.DataFrame,
    start: Times,
    until: Times,
    category: pd.Series,
) -> dict[str, tuple[pd.Series, str, pd.Series]]:
    """Return what is wrong with rows but for their place, worst first."""
    starts = _shown(source, texts, ("date", "time") if "date" in texts else _DATE_PARTS)
    ends = _shown(source, texts, ("until", "until_time"))
    return {
        "repeated_file": (texts["same_as"] != "", "", texts["same_as"]),
        "broken_row": (texts["broken"] != "", "", texts["broken"]),
        "bad_date": (start.month.isna(), _titles(source, ("date", "time", *_DATE_PARTS)), starts),
        "until_before_date": (_ends_early(start, until), _titles(source, ("until", "until_time")), ends),
        "no_category": (category == "", _titles(source, ("category",)), category),
    }


def _ends_early(start: Times, until: Times) -> pd.Series:
    """Return which ranges end before they start; an end without a time of day is the whole of its day."""
    return (until.at < start.at).where(until.known, until.day < start.day)


def _titles(source: Source, ours: tuple[str, ...]) -> str:
    """Return what their file calls some of our columns."""
    return ", ".join(source.columns[name] for name in ours if name in source.columns)


def _shown(source: Source, texts: pd.DataFrame, ours: tuple[str, ...]) -> pd.Series:
    """Return the texts of some columns, joined, as a reject shows them."""
    there = [name for name in ours if name in source.columns]
    return _joined(texts, there) if there else pd.Series("", index=texts.index, dtype="str")


def _joined(texts: pd.DataFrame, columns: list[str]) -> pd.Series:
    joined = texts[columns[0]]
    for name in columns[1:]:
        joined = joined + " " + texts[name]
    return joined.str.strip()


def _times(source: Source, texts: pd.DataFrame, zone: str) -> tuple[Times, Times]:
    """Return start and end of each row."""
    if source.month:
        start = pd.Series(source.month, index=texts.index, dtype="str")
    elif "year" in texts:
        start = _from_parts(texts)
    elif "month" in texts:
        start = texts["month"]
    else:
        start = _moment(texts, "date", "time")
    until = _moment(texts, "until", "until_time") if "until" in texts else start.where(start == "", "")
    # Both ends are read as one column: where the one tells whether days stand first, so it does for the other.
    both = parse_times(
        pd.concat([start, until], ignore_index=True),
        order=source.date_order,
        zone=source.time_zone or zone,
        where=f"source {source.name!r}",
        local=zone,
    )
    parts = slice(None, len(texts)), slice(len(texts), None)
    first, last = (
        Times(*(column.iloc[part].set_axis(texts.index) for column in (both.at, both.day, both.month, both.known)))
        for part in parts
    )
    if "month" in texts and "year" not in texts:
        # A month may be written as its first day, which is no day of an incident.
        never = pd.Series(data=False, index=texts.index)
        first = Times(first.at.where(never), first.day.where(never), first.month, never)
    return first, replace(last, day=_last_days(last))


def _last_days(until: Times) -> pd.Series:
    """Return the last date that each end may be of: an end that is a month alone may be any day of it."""
    months = until.month[until.day.isna()].dropna()
    return until.day.fillna(months.dt.to_timestamp(how="end").dt.normalize().astype(until.day.dtype))


def _moment(texts: pd.DataFrame, date: str, time: str) -> pd.Series:
    """Return date and time of day as one text; a column of its own tells the time, whatever stands with the date."""
    if time not in texts:
        return texts[date]
    day = texts[date].str.replace(r"[T ]0?0:00(?::00(?:\.0+)?)?$", "", regex=True)
    clock = texts[time].str.replace(r"^([0-9]{1,2})([0-9]{2})$", r"\1:\2", regex=True)
    return (day + " " + clock).str.strip().where(day != "", "")


def _from_parts(texts: pd.DataFrame) -> pd.Series:
    """Return a date written from its parts, as far down as all are there."""

    def two(name: str) -> pd.Series:
        return texts[name].str.replace(r"\.0+$", "", regex=True).str.zfill(2)

    written = texts["year"].str.replace(r"\.0+$", "", regex=True) + "-" + two("month")
    if "day" in texts:
        written = written + "-" + two("day")
    if "hour" in texts:
        written = written + " " + two("hour") + ":" + (two("minute") if "minute" in texts else "00")
    return written


def _categories(source: Source, texts: pd.DataFrame) -> tuple[pd.Series, dict[str, int]]:
    """Return the crime types by their standard names, and those that have none."""
    if source.category:
        return pd.Series(source.category, index=texts.index, dtype="str"), {}
    given = {theirs.strip().casefold(): ours for theirs, ours in source.categories.items()}
    standard = {name.casefold(): name for name in STANDARD} | {slug.casefold(): n for slug, n in CATEGORIES.items()}
    names = {text: (standard | given).get(text.casefold(), text) for text in texts["category"].unique()}
    category = texts["category"].map(names).astype("str")
    other = {text for text in names if text and text.casefold() not in given and names[text] not in STANDARD}
    counts = texts["category"][texts["category"].isin(other)].value_counts()
    return category, {str(text): int(rows) for text, rows in counts.sort_index().items()}


def _places(source: Source, texts: pd.DataFrame, analysis_epsg: int) -> tuple[Places, str, tuple[InputFile, ...]]:
    """Return the places, the titles that tell them, and the files that were looked up."""
    way = next(way for way in PLACES if set(way) <= set(source.columns))
    column, where = _titles(source, way), f"source {source.name!r}"
    if "postcode" in way:
        known = read_postcodes(Path(source.postcodes))
        return _by_postcode(known, texts["postcode"], analysis_epsg), column, (known.file,)
    x, y = way
    epsg = {"easting": BRITISH_NATIONAL_GRID_EPSG, "longitude": _DEGREES_EPSG}.get(x, source.epsg)
    return place(texts[x], texts[y], epsg=epsg, analysis_epsg=analysis_epsg, where=where), column, ()


def _by_postcode(known: Postcodes, texts: pd.Series, analysis_epsg: int) -> Places:
    """Return the places of postcodes; one that the directory lacks is named as such."""
    found = known.find(texts)
    written = found.round(2).astype("str").where(found.notna(), "")
    places = place(
        written["easting"], written["northing"], epsg=BRITISH_NATIONAL_GRID_EPSG, analysis_epsg=analysis_epsg
    )
    unknown = (texts != "") & found["easting"].isna()
    return Places(
        places.lon, places.lat, places.reason.mask(unknown, UNKNOWN_POSTCODE), places.value.mask(unknown, texts)
    )


def _ids(source: Source, texts: pd.DataFrame) -> pd.Series:
    """Return ids that no other source can have; rows without one stay without."""
    if "id" not in texts:
        return pd.Series("", index=texts.index, dtype="str")
    return (source.name + ":" + texts["id"]).where(texts["id"] != "", "")


def _flags(source: Source, texts: pd.DataFrame) -> pd.Series:
    """Return the names of the flags that each row carries, parted by blanks."""
    carried = pd.Series("", index=texts.index, dtype="str")
    for name in sorted(source.flags):
        yes = _carries(source.flags[name], texts[f"flag {name}"])
        carried = carried.mask(yes, carried + " " + name)
    return carried.str.strip()


def _carries(flag: Flag, texts: pd.Series) -> pd.Series:
    """Return which rows carry a flag; a limit decides on numbers only."""
    if flag.below is None and flag.at_least is None:
        yes = {value.strip().casefold() for value in flag.any_of or _YES}
        return texts.isin([text for text in texts.unique() if text.casefold() in yes])
    number = pd.to_numeric(texts, errors="coerce")
    low = -np.inf if flag.at_least is None else flag.at_least
    high = np.inf if flag.below is None else flag.below
    return (number >= low) & (number < high)
