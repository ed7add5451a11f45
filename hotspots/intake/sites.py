"""Places the outreach bus may stop at, listed by hand; the stops that are chosen; and services already there."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from hotspots.errors import InputError
from hotspots.intake.event_cells import Fault, parse_people
from hotspots.intake.files import InputFile
from hotspots.intake.located_rows import REASONS as PLACE_REASONS
from hotspots.intake.located_rows import fault_said, made_id, parse_amount, read_located, reject_faults
from hotspots.intake.sheets import cell_words, find_columns, read_sheet
from hotspots.settings.hours import hours_text, read_hours
from hotspots.tables import PROVISION, SITES, check
from hotspots.tables.outreach import SITE_STATUSES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from shapely import Point

    from hotspots.intake.located_rows import LocatedRows

COLUMNS = {
    "site_id": ("site_id", "id", "ref"),
    "name": ("name", "site_name", "site", "stop_name", "title"),
    "status": ("status",),
    "hours": ("hours", "opening_hours"),
    "capacity": ("capacity", "bays", "spaces"),
    "reason": ("reason", "why"),
    "notes": ("notes", "note", "access", "kerb"),
}
"""Our column → the titles that stand for it, the usual one first."""

REASONS = PLACE_REASONS | {
    "no_location": "a stop needs a place",
    "no_name": "a stop needs a name",
    "bad_status": f"this is no status; write one of {', '.join(SITE_STATUSES)}",
    "bad_capacity": "this is no whole number",
    "repeated_id": "another row has this id, or without an id this name and place",
}
"""What is wrong with a row of a site list, in words."""

_PROVISION_COLUMNS = {
    "provision_id": ("provision_id", "id", "ref"),
    "name": ("name", "service", "title"),
    "reach_m": ("reach_m", "reach", "catchment_m"),
    "hours": ("hours", "opening_hours"),
}
_CHOICE = {"site_id": ("site_id", "id", "ref"), "chosen": ("chosen", "fixed")}
_CHOSEN = {
    **dict.fromkeys(("yes", "y", "true", "1", "x", "fixed"), "yes"),
    **dict.fromkeys(("no", "n", "false", "0", "", "candidate"), "no"),
    "never": "never",
}
_NAMED_AT_MOST = 10


@dataclass(frozen=True)
class SitesIntake:
    """What a site list held."""

    sites: gpd.GeoDataFrame
    """SITES in the analysis CRS."""
    rejects: pd.DataFrame
    """REJECTS: of each row that is no site the first reason, a key of ``REASONS``."""
    notes: tuple[str, ...]
    """What a reader must know of the file, in sentences."""
    file: InputFile
    rows: Mapping[str, int]
    """``site_id`` → row as a spreadsheet shows it, or number of the feature."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Stops that a planner has decided on."""

    fixed: tuple[str, ...]
    """Ids of sites that are stops, sorted."""
    barred: tuple[str, ...]
    """Ids of sites that are never stops, sorted."""
    file: InputFile
    option: str
    """What named the file."""


def read_sites(path: Path, *, epsg: int) -> SitesIntake:
    """Read the places the bus may stop at.

    Parameters
    ----------
    path
        Table or layer as of ``hotspots.intake.located_rows.read_located``, with ``name``, and where known any other
        column of ``COLUMNS``: ``status`` candidate (also where empty), fixed or never, ``hours`` as
        ``hotspots.settings.hours`` reads them, ``capacity`` a whole number.
    epsg
        Projected, metric CRS to bring the places to.

    Returns
    -------
    SitesIntake
        Sites, rejects and notes. A row without ``site_id`` has one made of its name and place, so that it is another
        site where it is moved; a row without a name is called by its id. Of rows with one id the first is kept.

    Raises
    ------
    InputError
        The file cannot be read, has neither names nor ids, does not say where things are, or holds no usable site.
    """
    rows = read_located(path, "--sites", epsg=epsg, role="sites")
    titles = rows.find(COLUMNS)
    if not {"site_id", "name"} & set(titles):
        raise InputError(
            f"{rows.name} lacks the column name of a site list; it has: {', '.join(rows.cells.columns)[:200]}."
        )
    texts = {ours: rows.column(titles.get(ours)) for ours in COLUMNS}
    good: dict[str, dict[str, object]] = {}
    numbers: dict[str, int] = {}
    faults: dict[int, Fault] = {}
    for row in rows.cells.index:
        cells = {ours: column[row] for ours, column in texts.items()}
        fault = _fault(rows, row, cells)
        identity = "" if fault is not None else cells["site_id"] or made_id("S-", cells["name"], rows.places[row])
        if fault is None and identity in good:
            fault = Fault("repeated_id", "site_id" if cells["site_id"] else "name", cells["site_id"] or cells["name"])
        if fault is not None:
            faults[row] = fault
            continue
        good[identity] = _site(cells, rows.places[row])
        numbers[identity] = row
    if not good:
        first = fault_said(rows.name, *min(faults.items()), REASONS) if faults else "it has no rows"
        raise InputError(f"{rows.name} has no usable site ({first}); mend it, or make a list with hotspots bus sites.")
    unused = [title for title in rows.cells.columns if title not in {*titles.values(), *rows.place_columns}]
    notes = [f"{rows.name}: not used: {', '.join(unused)}."] if unused else []
    turned = rows.kinds[list(numbers.values())] != "Point"
    if turned.any():
        notes.append(f"{rows.name}: {turned.sum():,} lines or areas stand as a point on them.")
    return SitesIntake(_sites(good, epsg), reject_faults(faults, rows.name), tuple(notes), rows.file, numbers)


def rejects_said(rejects: pd.DataFrame) -> tuple[str, ...]:
    """Return a sentence for each reject of a site list."""
    told = rejects[["source_file", "source_row", "reason", "column", "value"]]
    return tuple(
        f"{fault_said(file, row, Fault(reason, column if isinstance(column, str) else None, value), REASONS)}; "
        "the row is left out."
        for file, row, reason, column, value in told.fillna({"value": ""}).itertuples(index=False)
    )


def read_choice(path: Path, option: str = "--fixed") -> Choice:
    """Read which sites a planner has chosen.

    Parameters
    ----------
    path
        CSV or workbook with ``site_id``, and ``chosen``: ``yes`` for a stop, ``never`` for none, ``no`` or nothing for
        a site that is left to the plan; without that column every site in it is a stop. Other columns are not used.
    option
        The option that named it, for the error sentences.

    Returns
    -------
    Choice
        Ids of stops, and of sites that are never stops.

    Raises
    ------
    InputError
        The file cannot be read, lacks ``site_id``, says something else of a site, or two things.
    """
    sheet = read_sheet(path)
    titles = find_columns(sheet, _CHOICE)
    if "site_id" not in titles:
        raise InputError(
            f"{option} {sheet.name} lacks the column site_id; it has: {', '.join(sheet.columns)[:200]}. Save it from "
            "the plan's page, or list the ids of the stops under that title."
        )
    told: dict[str, str] = {}
    for number, row in zip(sheet.numbers, sheet.rows, strict=True):
        where = f"{option} {sheet.name}, row {number}"
        if number in sheet.faults:
            raise InputError(f"{where}: {REASONS['too_many_cells']}; mend that row.")
        identity = " ".join(cell_words(row[titles["site_id"]]).split())
        said = cell_words(row[titles["chosen"]]).casefold() if "chosen" in titles else "yes"
        if not identity:
            raise InputError(f"{where}: there is no site_id; fill it, or take the row out.")
        if said not in _CHOSEN:
            raise InputError(f"{where}: chosen is {said[:60]!r}; write yes or no, or never for a place to leave out.")
        if told.setdefault(identity, _CHOSEN[said]) != _CHOSEN[said]:
            raise InputError(f"{where}: another row says otherwise of {identity}; leave one of them.")
    fixed, barred = (tuple(sorted(one for one, said in told.items() if said == word)) for word in ("yes", "never"))
    return Choice(fixed, barred, InputFile("choice", sheet.name, sheet.stamp), option)


def check_choice(choice: Choice, sites: gpd.GeoDataFrame) -> None:
    """Make sure that the site list has every site of a choice.

    Parameters
    ----------
    choice
        From ``read_choice``.
    sites
        SITES.

    Raises
    ------
    InputError
        Some ids are not in the list; they are named, and near spellings offered where there is one.
    """
    missing = [one for one in (*choice.fixed, *choice.barred) if one not in sites.index]
    if missing:
        near = difflib.get_close_matches(missing[0], list(sites.index), n=1)
        hint = f"did you mean {near[0]}?" if near else "was it made from another list?"
        more = f" and {len(missing) - _NAMED_AT_MOST} more" if len(missing) > _NAMED_AT_MOST else ""
        raise InputError(
            f"{choice.option} {choice.file.name} names sites that the site list does not have: "
            f"{', '.join(missing[:_NAMED_AT_MOST])}{more}; {hint}"
        )


def read_provision(path: Path, *, epsg: int, reach_m: float) -> tuple[gpd.GeoDataFrame, InputFile, tuple[str, ...]]:
    """Read existing services.

    Parameters
    ----------
    path
        Table or layer as of ``hotspots.intake.located_rows.read_located``, where known with ``name``, ``reach_m`` in
        metres and ``hours`` as ``hotspots.settings.hours`` reads them.
    epsg
        Projected, metric CRS to bring the places to.
    reach_m
        Reach of a service that says none, in metres.

    Returns
    -------
    tuple of GeoDataFrame, InputFile and tuple of str
        PROVISION in the CRS; the file; and sentences on the rows that are left out. A service without a name is called
        by its id, which without one is made of name and place; of rows with one id the first is kept.

    Raises
    ------
    InputError
        The file cannot be read, does not say where things are, or holds no usable service.
    """
    rows = read_located(path, "[bus] provision", epsg=epsg, role="provision")
    titles = rows.find(_PROVISION_COLUMNS)
    texts = {ours: rows.column(titles.get(ours)) for ours in _PROVISION_COLUMNS}
    good: dict[str, tuple[str, float, str | None]] = {}
    points = []
    faults: dict[int, Fault] = {}
    for row in rows.cells.index:
        cells = {ours: column[row] for ours, column in texts.items()}
        reach = parse_amount(cells["reach_m"]) if cells["reach_m"] else reach_m
        hours = _canonical_hours(cells["hours"])
        fault = rows.faults.get(row) or _provision_fault(cells, reach, hours)
        identity = "" if fault else cells["provision_id"] or made_id("V-", cells["name"], rows.places[row])
        if identity in good:
            fault = Fault("repeated_id", "provision_id", cells["provision_id"] or cells["name"])
        if fault is not None or reach is None:
            faults[row] = fault or Fault("bad_distance", "reach_m", cells["reach_m"])
            continue
        good[identity] = (cells["name"] or identity, reach, hours or None)
        points.append(rows.places[row])
    notes = tuple(f"{fault_said(rows.name, row, fault)}; the row is left out." for row, fault in faults.items())
    if not good:
        raise InputError(
            f"[bus] provision {rows.name} has no usable service; {notes[0] if notes else 'it has no rows.'}"
        )
    return _provision(good, points, rows, epsg), rows.file, notes


def _fault(rows: LocatedRows, row: int, cells: Mapping[str, str]) -> Fault | None:
    """Return the first fault of a row: of its cells as such, then of its values, then of its place."""
    fault = rows.faults.get(row)
    if fault is not None and fault.reason == "too_many_cells":
        return fault
    wrong = {
        "name": "" if cells["name"] or cells["site_id"] else "no_name",
        "status": "" if (cells["status"].casefold() or "candidate") in SITE_STATUSES else "bad_status",
        "hours": "" if _canonical_hours(cells["hours"]) is not None else "bad_hours",
        "capacity": "bad_capacity" if cells["capacity"] and parse_people(cells["capacity"]) is None else "",
    }
    return next((Fault(reason, column, cells[column]) for column, reason in wrong.items() if reason), fault)


def _canonical_hours(text: str) -> str | None:
    """Return hours as ``hotspots.settings.hours`` writes them, empty for empty; none where they cannot be read."""
    try:
        return hours_text(read_hours(text))
    except ValueError:
        return None


def _site(cells: Mapping[str, str], point: Point) -> dict[str, object]:
    return {
        "name": cells["name"] or cells["site_id"],
        "status": cells["status"].casefold() or "candidate",
        "hours": _canonical_hours(cells["hours"]) or None,
        "capacity": parse_people(cells["capacity"]),
        "reason": cells["reason"] or None,
        "notes": cells["notes"] or None,
        "geometry": point,
    }


def _sites(good: Mapping[str, Mapping[str, object]], epsg: int) -> gpd.GeoDataFrame:
    index = pd.Index(list(good), dtype="str", name="site_id")
    columns = {
        name: pd.Series([site[name] for site in good.values()], index=index, dtype="str")
        for name in SITES.columns
        if name not in {"capacity", "geometry"}
    }
    columns["capacity"] = pd.Series([site["capacity"] for site in good.values()], index=index, dtype="Int64")
    points = gpd.GeoSeries([site["geometry"] for site in good.values()], index=index, crs=f"EPSG:{epsg}")
    frame = gpd.GeoDataFrame(columns, geometry=points)[list(SITES.columns)]
    return check(SITES, frame.sort_index(), epsg=epsg)


def _provision_fault(cells: dict[str, str], reach: float | None, hours: str | None) -> Fault | None:
    if reach is None:
        return Fault("bad_distance", "reach_m", cells["reach_m"])
    return Fault("bad_hours", "hours", cells["hours"]) if hours is None else None


def _provision(
    good: dict[str, tuple[str, float, str | None]], points: list[object], rows: LocatedRows, epsg: int
) -> gpd.GeoDataFrame:
    index = pd.Index(list(good), dtype="str", name="provision_id")
    names, reaches, hours = zip(*good.values(), strict=True)
    frame = gpd.GeoDataFrame(
        {
            "name": pd.Series(names, index=index, dtype="str"),
            "reach_m": pd.Series(reaches, index=index, dtype=float),
            "hours": pd.Series(hours, index=index, dtype="str"),
        },
        geometry=gpd.GeoSeries(points, index=index, crs=rows.places.crs),
    )
    return check(PROVISION, frame.sort_index(), epsg=epsg)
