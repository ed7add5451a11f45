"""The community tension log as people keep it becomes TENSIONS; rows with faults or personal data become rejects.

Every column is looked through for personal data, unknown ones too, but no reject repeats what was found.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from hotspots.errors import InputError
from hotspots.intake.accept import empty_rejects, number_rejects
from hotspots.intake.dates import parse_times
from hotspots.intake.personal import personal_data, personal_title
from hotspots.intake.sheets import Sheet, cell_words, find_columns, read_sheet
from hotspots.tables import REJECTS, TENSIONS, check
from hotspots.tables.tensions import EEP

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from hotspots.settings import Tensions

_COLUMNS = {
    "tension_id": ("tension_id", "id", "ref", "reference"),
    "reported_on": ("reported_on", "reported", "date_reported", "date"),
    "source": ("source", "agency"),
    "eep": ("eep", "eep_grade", "grade"),
    "level": ("level", "tension_level"),
    "theme": ("theme",),
    "ward": ("ward", "area"),
    "summary": ("summary", "narrative"),
    "response": ("response", "action"),
    "review_on": ("review_on", "review_date", "next_review"),
    "reviewed_on": ("reviewed_on", "last_reviewed"),
    "reviewed_by": ("reviewed_by",),
}
TENSION_COLUMNS = tuple(_COLUMNS)
"""Titles of a new log."""
_DATES = ("reported_on", "review_on", "reviewed_on")
_NEEDED = ("reported_on", "source", "eep", "level", "theme", "ward", "summary")
_LEVEL = re.compile(r"(?:level ?)?([1-6])(?:\.0)?(?: ?[-–:] ?[^\d\s].*)?")


class _Fault(NamedTuple):
    reason: str
    column: str | None
    value: str | None


@dataclass(frozen=True)
class TensionsIntake:
    """What a tension log held."""

    tensions: pd.DataFrame
    """TENSIONS: for partners of the meeting only."""
    rejects: pd.DataFrame
    """REJECTS; of personal data the kind alone, never the text."""
    rows: dict[str, int]
    """``tension_id`` → row as a spreadsheet shows it."""
    columns: dict[str, str]
    """Our name → title in the file, of the columns that are there."""
    sheet: Sheet


def read_tensions(path: Path, settings: Tensions) -> TensionsIntake:
    """Read a tension log.

    Parameters
    ----------
    path
        CSV or workbook, as ``read_sheet`` takes it.
    settings
        Labels of the levels, and names that are no person's.

    Returns
    -------
    TensionsIntake
        As of ``tensions_of``.

    Raises
    ------
    InputError
        The file is missing or no table, or lacks a column.
    """
    return tensions_of(read_sheet(path), settings)


def tensions_of(sheet: Sheet, settings: Tensions) -> TensionsIntake:
    """Turn the rows of a register into TENSIONS.

    Parameters
    ----------
    sheet
        The register. Needed in every row: ``reported_on`` (ISO, or day first), ``source``, ``eep``, ``level`` (1 to 6,
        or its label), ``theme``, ``ward`` and ``summary``; optional: ``tension_id``, ``response``, ``review_on``,
        ``reviewed_on``, ``reviewed_by``. The columns may be called otherwise, as ``Date reported`` or ``Agency``.
    settings
        Labels of the levels, and names that are no person's.

    Returns
    -------
    TensionsIntake
        Accepted rows, rejects, and where each row stands. A row without an id has one made of its date, ward and
        summary; of rows with one id the first is kept.

    Raises
    ------
    InputError
        A needed column is missing.
    """
    columns = find_columns(sheet, _COLUMNS)
    missing = [name for name in _NEEDED if name not in columns]
    if missing:
        raise InputError(
            f"{sheet.name} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)} of a tension log; it has: "
            f"{', '.join(sheet.columns)}."
        )
    texts = {name: [cell_words(row[title]) for row in sheet.rows] for name, title in columns.items()}
    days = {name: _days(texts.get(name, [""] * len(sheet.rows)), f"{sheet.name}, column {name}") for name in _DATES}
    good: list[dict[str, object]] = []
    bad: list[dict[str, object]] = []
    rows: dict[str, int] = {}
    for position, number in enumerate(sheet.numbers):
        row = {name: values[position] for name, values in texts.items()}
        dates = {name: values.iloc[position] for name, values in days.items()}
        level = _level(row["level"], settings.level_labels)
        fault = _fault(sheet, position, columns, settings) or _wrong(row, dates, level)
        identity = row.get("tension_id") or _made_id(row, dates, rows)
        if fault is None and identity in rows:
            fault = _Fault("repeated_id", "tension_id", identity)
        if fault is not None:
            bad.append({"source_file": sheet.name, "source_row": number, **fault._asdict()})
            continue
        rows[identity] = number
        good.append(row | dates | {"tension_id": identity, "level": level, "eep": row["eep"].casefold()})
    rejects = empty_rejects()
    if bad:
        rejects = number_rejects(pd.DataFrame(bad).reindex(columns=rejects.columns)).astype(rejects.dtypes.to_dict())
    return TensionsIntake(_frame(good), check(REJECTS, rejects), rows, columns, sheet)


def _fault(sheet: Sheet, position: int, columns: Mapping[str, str], settings: Tensions) -> _Fault | None:
    """Return why a row may not be kept as it is: cells that cannot be told apart, or personal data."""
    number = sheet.numbers[position]
    ours = {title: name for name, title in columns.items()}
    for title, cell in sheet.rows[position].items():
        text = cell_words(cell)
        name = ours.get(title, title)
        # Who reviewed an entry signs for it.
        found = personal_data(text, allowed=settings.not_personal, names=name != "reviewed_by")
        if text and title not in ours and personal_title(title):
            found = "a column for personal data"
        if found:
            return _Fault("personal_data", title, found)
    return _Fault("too_many_cells", None, sheet.faults[number]) if number in sheet.faults else None


def _wrong(row: Mapping[str, str], dates: Mapping[str, pd.Timestamp], level: int | None) -> _Fault | None:
    """Return the first fault of a row's values."""
    reported = dates["reported_on"]
    faults = {
        **{name: "" if row[name] else "missing" for name in _NEEDED},
        **{f"{name} ": "bad_date" if row.get(name) and pd.isna(dates[name]) else "" for name in _DATES},
        "eep": "missing" if not row["eep"] else "" if row["eep"].casefold() in EEP else "bad_eep",
        "level": "missing" if not row["level"] else "" if level else "bad_level",
        "ward ": "ward_with_number" if any(letter.isdigit() for letter in row["ward"]) else "",
        "review_on": "before_the_report" if dates["review_on"] < reported else "",
        "reviewed_on": "before_the_report" if dates["reviewed_on"] < reported else "",
    }
    found = ((name.strip(), reason) for name, reason in faults.items() if reason)
    return next((_Fault(reason, name, row.get(name, "")) for name, reason in found), None)


def _days(texts: Sequence[str], where: str) -> pd.Series:
    return parse_times(pd.Series(texts, dtype="str"), order="dmy", where=where).day


def _level(text: str, labels: Sequence[str]) -> int | None:
    """Return a level written as a number, as ``Level 3``, with words behind it, or as its label."""
    plain = " ".join(text.casefold().split())
    named = {" ".join(label.casefold().split()): number for number, label in enumerate(labels, 1)}
    if plain in named:
        return named[plain]
    found = _LEVEL.fullmatch(plain)
    return int(found[1]) if found else None


def _made_id(row: Mapping[str, str], dates: Mapping[str, pd.Timestamp], taken: Mapping[str, int]) -> str:
    """Return an id made of what a row says; rows that say the same are numbered."""
    content = f"{dates['reported_on']}\n{row['ward']}\n{row['summary']}"
    base = "T-" + hashlib.sha256(content.encode("utf-8", errors="replace")).hexdigest()[:8]
    return next(
        name for name in (base, *(f"{base}-{count}" for count in range(2, len(taken) + 3))) if name not in taken
    )


def _frame(rows: list[dict[str, object]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=[*TENSION_COLUMNS])
    made: dict[str, pd.Series] = {}
    for name in TENSIONS.columns:
        column = table[name]
        if name in _DATES:
            made[name] = pd.to_datetime(column).astype("datetime64[us]")
        elif name == "level":
            made[name] = column.astype(np.int64)
        else:
            words = column.map(lambda text: " ".join(str(text).split()), na_action="ignore")
            made[name] = words.astype("str").replace("", np.nan)
    index = pd.Index(table["tension_id"], dtype="str", name="tension_id")
    return check(TENSIONS, pd.DataFrame(made).set_axis(index).sort_index())
