"""The tension log kept: an entry added, one reviewed, all listed.

Partner tier and above only.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import difflib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from hotspots.errors import InputError, OutputError
from hotspots.events.tensions import due_on, states, tension_months, ward_key, ward_tensions
from hotspots.intake.files import exists
from hotspots.intake.lookups import read_wards
from hotspots.intake.sheets import new_sheet, with_cells, with_row
from hotspots.intake.tensions import TENSION_COLUMNS, TensionsIntake, read_tensions, tensions_of
from hotspots.pipeline.keeping import edit_sheet, register_at, save_sheet
from hotspots.pipeline.tension_findings import by_tension, tension_sentences
from hotspots.tables.tensions import PARTNERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hotspots.intake.sheets import Cell, Sheet
    from hotspots.settings import Tensions

NAME = "tensions"
"""Name of the log without its ending."""
MONTHS_SHOWN = 12
_CLOSE = 0.8
"""Two names of wards are so alike that one may be a slip of the other."""

_REASONS = {
    "personal_data": "holds {value}; nothing of a person belongs into the log",
    "too_many_cells": "has more cells than there are titles, or fewer",
    "missing": "is empty",
    "bad_date": "is no date: write 2024-05-13 or 13/05/2024",
    "bad_eep": "must be experienced, evidenced or potential",
    "bad_level": "must be a level from 1 to 6, or its label",
    "ward_with_number": "must be a ward or an area, without a number",
    "before_the_report": "is before the day of the report",
    "repeated_id": "has an id that another row has",
}


@dataclass(frozen=True)
class TensionList:
    """What is known of the tensions on a day."""

    path: Path
    today: pd.Timestamp
    entries: pd.DataFrame
    """TENSIONS asked for, with ``state`` and ``due_on``; the last report first. One closed on the day is closed here,
    though it counts in the levels of that day."""
    wards: pd.DataFrame
    """WARD_TENSIONS asked for, the most tense first."""
    months: pd.DataFrame
    """TENSION_MONTHS of those wards, a year to this month."""
    refused: tuple[str, ...]
    """A sentence for each row that was not used."""
    sentences: tuple[str, ...]
    rejects: pd.DataFrame
    """REJECTS of the log; values of personal data are not in it, other values are."""


def find_log(given: Path | None, folder: Path, *, make: bool = False) -> Path:
    """Return the tension log to use: the one given, else ``tensions.csv`` or ``tensions.xlsx`` of a folder.

    Parameters
    ----------
    given
        Path that was asked for.
    folder
        Where to look.
    make
        Where there is none, the path of a new one.

    Raises
    ------
    InputError
        There is none and none may be made, or there are both.
    """
    if given is not None or any(exists(folder / f"{NAME}{ending}") for ending in (".csv", ".xlsx")):
        return register_at(given, NAME, folder)
    if make:
        return folder / f"{NAME}.csv"
    raise InputError(
        "There is no tensions.csv or tensions.xlsx here; hotspots tension add makes one, or give --tensions."
    )


def list_tensions(
    path: Path, settings: Tensions, today: dt.date, *, ward: str = "", only_open: bool = False
) -> TensionList:
    """Read the log and say what it says today.

    Parameters
    ----------
    path
        The log.
    settings
        ``[tensions]``.
    today
        The day.
    ward
        Only this ward or area, however it is spelled (``ward_key``); empty: all.
    only_open
        Leave out closed entries.

    Raises
    ------
    InputError
        The log cannot be read, or names no such ward.
    """
    intake = read_tensions(path, settings)
    day = pd.Timestamp(today)
    tensions, how = intake.tensions, {"review_after_days": settings.review_after_days}
    wards = ward_tensions(tensions, day, level_1_is_worst=settings.level_1_is_worst, **how)
    # A report of a later day must not decide how the ward of the others is spelled.
    months = tension_months(
        tensions[tensions["reported_on"] <= day],
        pd.period_range(end=day.to_period("M"), periods=MONTHS_SHOWN, freq="M"),
        level_1_is_worst=settings.level_1_is_worst,
    )
    entries = tensions.assign(state=states(tensions, day, **how), due_on=due_on(tensions, **how))
    entries["state"] = entries["state"].mask(entries["due_on"].isna() & (entries["reviewed_on"] == day), "closed")
    if ward:
        key = ward_key(ward)
        if key not in set(tensions["ward"].map(ward_key)):
            spelled = {ward_key(name): name for name in tensions.sort_values(["reported_on", "ward"])["ward"]}
            named = ", ".join(sorted(spelled.values())) or "none"
            raise InputError(f"{intake.sheet.name} has no entry of {ward}; the wards in it: {named}.")
        entries = entries[entries["ward"].map(ward_key) == key]
        wards = wards[wards.index.map(ward_key) == key]
        months = months[months["ward"].map(ward_key) == key]
    if only_open:
        entries = entries[entries["state"] != "closed"]
    order = by_tension(wards["level"], settings).sort_values(ascending=False, kind="stable").index
    wards = wards.loc[order]
    return TensionList(
        path,
        day,
        entries.sort_values("reported_on", ascending=False, kind="stable"),
        wards,
        months,
        refused_rows(intake),
        tension_sentences(wards, settings, day),
        intake.rejects,
    )


def due_for_review(path: Path, settings: Tensions, today: dt.date) -> TensionList:
    """Return the entries whose review is due, the most tense first, and of one level the longest due first.

    Parameters
    ----------
    path
        The log.
    settings
        ``[tensions]``.
    today
        The day.

    Raises
    ------
    InputError
        The log cannot be read.
    """
    found = list_tensions(path, settings, today, only_open=True)
    due = found.entries[found.entries["due_on"] <= found.today]
    due = due.assign(tense=by_tension(due["level"], settings)).sort_values(
        ["tense", "due_on"], ascending=[False, True], kind="stable"
    )
    return dataclasses.replace(found, entries=due.drop(columns="tense"))


def add_tension(path: Path, entry: Mapping[str, str], settings: Tensions, today: dt.date) -> str:
    """Add an entry to the log, which is made where there is none.

    Parameters
    ----------
    path
        The log, .csv or .xlsx.
    entry
        Columns of TENSIONS → text; without ``reported_on`` it is today's, and empty ones are left out.
    settings
        ``[tensions]``.
    today
        The day.

    Returns
    -------
    str
        Its id, such as ``T2024-017``: the year of the report and a running number.

    Raises
    ------
    InputError
        A value is missing or wrong, or holds personal data; nothing is written.
    OutputError
        The log cannot be written.
    """
    given: dict[str, Cell] = {"reported_on": today}
    given |= {name: text for name, text in entry.items() if text.strip()}
    # The entry is looked through before a new log appears; then dates and the level are no text any more.
    new = _accepted(with_row(new_sheet(path, TENSION_COLUMNS), given), settings, today)
    given |= {name: new[name].date() for name in ("reported_on", "review_on") if name in given}
    given["level"] = int(new["level"])
    made: list[str] = []

    def add(sheet: Sheet) -> Sheet:
        intake = tensions_of(sheet, settings)
        identity = _next_id(_taken(intake), f"T{new['reported_on']:%Y}")
        made.append(identity)
        cells = {intake.columns.get(name, name): cell for name, cell in ({"tension_id": identity} | given).items()}
        grown = with_row(sheet, cells)
        _accepted(grown, settings, today)
        return grown

    if not exists(path):
        try:
            save_sheet(new_sheet(path, TENSION_COLUMNS), today)
        except OutputError:  # another run made it at this moment
            if not exists(path):
                raise
    edit_sheet(path, add, today)
    return made[-1]


def ward_meant(ward: str, wards: str) -> str:
    """Return the ward that somebody may have meant; empty where the name is that of a ward, or close to none.

    Parameters
    ----------
    ward
        Ward or area as it was typed; an estate is allowed, and close to no ward.
    wards
        Path of ``[areas] wards``; empty: no ward is known. A file that cannot be read names none: the log does not
        need it.

    Returns
    -------
    str
        As the file spells it.
    """
    try:
        names = read_wards(Path(wards))[0] if wards else pd.Series(dtype="str")
    except InputError:
        return ""
    known = {ward_key(str(name)): str(name) for name in sorted(names.unique())}
    near = difflib.get_close_matches(ward_key(ward), list(known), n=1, cutoff=_CLOSE)
    return known[near[0]] if near and ward_key(ward) not in known else ""


def review_tension(
    path: Path, identity: str, review: Mapping[str, str], settings: Tensions, today: dt.date
) -> dict[str, Any]:
    """Write down that an entry was looked at today.

    Parameters
    ----------
    path
        The log.
    identity
        ``tension_id``.
    review
        ``reviewed_by``; ``review_on``, the day of the next review, ``closed`` where there is none, or nothing for the
        usual time; ``response``, which is added to the one that is there.
    settings
        ``[tensions]``.
    today
        The day.

    Returns
    -------
    dict
        The entry as it is now: column → value.

    Raises
    ------
    InputError
        There is no such entry, the next review is not after today, or a value holds personal data.
    OutputError
        The log cannot be written.
    """
    after = _next_review(review.get("review_on", ""), settings, today)

    def look(sheet: Sheet) -> Sheet:
        intake = tensions_of(sheet, settings)
        if identity not in intake.rows:
            raise InputError(f"{sheet.name} has no entry {identity!r}.{_meant(identity, intake)}")
        said: Any = intake.tensions.loc[identity, "response"]
        cells: dict[str, Cell] = {"tension_id": identity, "reviewed_on": today, "review_on": after}
        if review.get("reviewed_by"):
            cells["reviewed_by"] = review["reviewed_by"]
        if review.get("response"):
            before = "" if pd.isna(said) else f"{said}; "
            cells["response"] = f"{before}{today}: {review['response']}"
        number = intake.rows[identity]
        changed = with_cells(sheet, number, {intake.columns.get(name, name): cell for name, cell in cells.items()})
        _refuse(tensions_of(changed, settings), number)
        return changed

    written = edit_sheet(path, look, today)
    return dict(tensions_of(written, settings).tensions.loc[identity])


def refused_rows(intake: TensionsIntake) -> tuple[str, ...]:
    """Say of each row of a log that was not used why, without repeating personal data."""
    rows = intake.rejects.to_dict("records")
    return tuple(f"Row {row['source_row']}{_said(row)}; the row is not used." for row in rows)


def tensions_json(found: TensionList) -> str:
    """Return a list of tensions as JSON: entries, wards, months, refused rows, sentences."""
    document = {
        "today": f"{found.today:%Y-%m-%d}",
        "handling": PARTNERS,
        "entries": _records(found.entries),
        "wards": _records(found.wards),
        "months": _records(found.months),
        "refused": list(found.refused),
        "sentences": list(found.sentences),
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    def plain(value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, pd.Timestamp):
            return f"{value:%Y-%m-%d}"
        if isinstance(value, pd.Period):
            return str(value)
        return None if pd.isna(value) else value.item() if hasattr(value, "item") else value

    rows = frame.reset_index().astype(object).to_dict("records")
    return [{str(name): plain(value) for name, value in row.items()} for row in rows]


def _accepted(sheet: Sheet, settings: Tensions, today: dt.date) -> dict[str, Any]:
    """Return the entry of a register's last row; refuse it where it is none, or one of the future."""
    number = sheet.numbers[-1]
    intake = tensions_of(sheet, settings)
    _refuse(intake, number)
    new = dict(intake.tensions.loc[{row: identity for identity, row in intake.rows.items()}[number]])
    if new["reported_on"] > pd.Timestamp(today):
        raise InputError("The entry, column reported_on, is after today; nothing was written.")
    return new


def _refuse(intake: TensionsIntake, number: int) -> None:
    """Raise where a row of the register is refused."""
    bad = intake.rejects[intake.rejects["source_row"] == number].to_dict("records")
    if bad:
        raise InputError(f"The entry{_said(bad[0])}; nothing was written.")


def _said(reject: Mapping[Any, Any]) -> str:
    column = "" if pd.isna(reject["column"]) else f", column {reject['column']},"
    return f"{column} {_REASONS[reject['reason']].format(value=reject['value'])}"


def _taken(intake: TensionsIntake) -> set[str]:
    """Return every id that stands in the log, also of rows that were refused."""
    title = intake.columns.get("tension_id")
    written = {str(row[title]) for row in intake.sheet.rows if row[title] is not None} if title else set()
    return written | set(intake.rows)


def _next_id(taken: set[str], start: str) -> str:
    rests = [name.removeprefix(f"{start}-") for name in taken if name.startswith(f"{start}-")]
    return f"{start}-{max([int(rest) for rest in rests if rest.isdecimal()], default=0) + 1:03d}"


def _next_review(text: str, settings: Tensions, today: dt.date) -> dt.date | None:
    if text == "closed":
        return None
    if not text:
        return today + dt.timedelta(days=settings.review_after_days)
    try:
        day = dt.date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"The next review {text!r} is no date; write it YYYY-MM-DD, such as 2024-05-13.") from error
    if day <= today:
        raise InputError(f"The next review {day} is not after today, {today}; give a later day, or --close.")
    return day


def _meant(identity: str, intake: TensionsIntake) -> str:
    close = difflib.get_close_matches(identity, list(intake.rows), n=1)
    return f" Is {close[0]!r} meant?" if close else " hotspots tension list shows the ids."
