"""What every job starts from: incidents at their places, in the chosen area, over one window."""

from __future__ import annotations

import dataclasses
import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
import pyproj

from hotspots.errors import InputError, SettingsError
from hotspots.intake.boundaries import Boundaries, read_boundaries
from hotspots.intake.lookups import read_lookup, read_population
from hotspots.intake.street import Intake, read_street
from hotspots.pack.words import month_spans
from hotspots.places.areas import choose_area, with_forces
from hotspots.places.locate import locate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import geopandas as gpd
    from shapely import Point

    from hotspots.intake.files import InputFile
    from hotspots.settings import Settings


_NAMED_AT_MOST = 8


@dataclass(frozen=True, slots=True)
class Inputs:
    """The input options that every command shares."""

    month: str
    """Month of the job, YYYY-MM."""
    incidents: tuple[Path, ...]
    """Street-level CSVs, gzipped or not, folders or zips of them."""
    boundaries: tuple[Path, ...]
    """LSOA layers of one vintage."""
    areas: tuple[str, ...] = ()
    """Boroughs or district codes; none: the whole layer."""
    categories: tuple[str, ...] = ()
    """Crime types in focus as typed; none: those of the settings."""
    lookup: Path | None = None
    """ONS exact-fit lookup from LSOA 2011 to LSOA 2021."""
    population: Path | None = None
    """Residents per LSOA."""


@dataclass(frozen=True)
class Loaded:
    """Checked tables, located and counted; nothing of it is changed by the stages."""

    intake: Intake
    boundaries: Boundaries
    areas: gpd.GeoDataFrame
    """AREAS: the whole layer with zones, forces and residents."""
    located: gpd.GeoDataFrame
    """LOCATED: every accepted row of every month."""
    month: pd.Period
    window: pd.PeriodIndex
    """Months of the window that the files hold for the area's main force, oldest first; the last is ``month``."""
    missing: tuple[pd.Period, ...]
    """Months of the window that no file holds for the area."""
    covered: pd.DataFrame
    """Index of ``areas``: has its force files for the month of the column?"""
    known: pd.Series
    """Index of ``areas``: has its force files for every month of ``window``? Else it is out of every test."""
    categories: tuple[str, ...]
    """Crime types in focus that the data hold."""
    absent: tuple[str, ...]
    """Default crime types that the data do not hold."""
    warnings: tuple[str, ...]
    """What a reader must see first: parts of the area that are no data."""
    notes: tuple[str, ...]
    """What a reader must know of the input, in sentences."""
    files: tuple[InputFile, ...]
    transformation: str
    """How degrees became metres."""


def load(inputs: Inputs, settings: Settings, progress: Callable[[str], None] | None = None) -> Loaded:
    """Read, account for and locate everything a job needs.

    Parameters
    ----------
    inputs, settings
        Files and choices; the window is ``settings.hotspots.window_months``.
    progress
        Called with a few words before each step.

    Returns
    -------
    Loaded
        Tables in the CRS ``settings.areas.analysis_epsg``.

    Raises
    ------
    InputError
        A file is missing or not what it was given as, the month is not in the files, or no crime type
        in focus is.
    SettingsError
        The month is no month, an area or a typed crime type does not exist, or the CRS is not metric.
    """
    say = progress or (lambda _: None)
    month = parse_month(inputs.month)
    epsg = metric_crs(settings.areas.analysis_epsg)
    say("Reading boundaries")
    boundaries = read_boundaries(inputs.boundaries, epsg=epsg)
    areas = choose_area(boundaries.areas, inputs.areas, context_m=settings.areas.context_m)
    intake = read_street(inputs.incidents, analysis_epsg=epsg, progress=lambda name: say(f"Reading {name}"))
    categories, absent = _categories(inputs.categories, settings, sorted(set(intake.incidents["category"])))
    lookup, lookup_files = read_lookup(inputs.lookup) if inputs.lookup is not None else (None, ())
    areas, residents_files, residents_notes = _with_residents(areas, inputs.population)
    say("Joining incidents to LSOAs")
    tolerance_m, context_m = settings.areas.edge_tolerance_m, settings.areas.context_m
    points = intake.incidents.to_crs(epsg)
    located = locate(points, areas, categories=categories, tolerance_m=tolerance_m, context_m=context_m, lookup=lookup)
    areas = with_forces(areas, intake.coverage, settings.areas.forces, _reported(located, intake, areas))
    window, missing, covered = _window(areas, intake.coverage, month, settings.hotspots.window_months)
    loaded = Loaded(
        intake=intake,
        boundaries=boundaries,
        areas=areas,
        located=located,
        month=month,
        window=window,
        missing=missing,
        covered=covered,
        known=covered[list(window)].all(axis=1),
        categories=categories,
        absent=absent,
        warnings=(),
        notes=(*intake.notes, *residents_notes),
        files=(*intake.files, *boundaries.files, *lookup_files, *residents_files),
        transformation=_transformation(epsg, intake.incidents.geometry.iloc[0]),
    )
    own, around = _coverage_notes(loaded)
    if inputs.areas and not (areas["zone"] == "ring").any():
        around.append("The boundary layer ends at the area's own line: no LSOAs around it to compare with.")
    return dataclasses.replace(loaded, warnings=tuple(own), notes=(*loaded.notes, *around))


def parse_month(text: str) -> pd.Period:
    """Return a month from ``YYYY-MM``.

    Raises
    ------
    SettingsError
        The text is no such month.
    """
    if re.fullmatch(r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])", text) is None:
        raise SettingsError(f"--month must be written YYYY-MM, such as 2024-05, not {text!r}.")
    return pd.Period(text, freq="M")


def metric_crs(epsg: int) -> int:
    """Return the code of a projected CRS in metres.

    Raises
    ------
    SettingsError
        The code is unknown, or its CRS is in degrees or feet.
    """
    try:
        crs = pyproj.CRS.from_epsg(epsg)
    except pyproj.exceptions.CRSError as error:
        raise SettingsError(f"[areas] analysis_epsg {epsg} is no known CRS; for Great Britain use 27700.") from error
    if not crs.is_projected or any(axis.unit_conversion_factor != 1.0 for axis in crs.axis_info[:2]):
        raise SettingsError(
            f"[areas] analysis_epsg {epsg} ({crs.name}) is not projected in metres; for Great Britain use 27700."
        )
    return epsg


def _transformation(epsg: int, point: Point) -> str:
    """Return how PROJ brings degrees to the analysis CRS here: the best of what is installed."""
    transformer = pyproj.Transformer.from_crs(4326, epsg, always_xy=True)
    transformer.transform(point.x, point.y)
    return str(transformer.get_last_used_operation().description)


def _categories(
    typed: Sequence[str],
    settings: Settings,
    present: Sequence[str],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the crime types in focus that the data hold, and those wanted by default that it does not."""
    folded = {name.casefold(): name for name in present}
    wanted = typed or settings.focus.categories
    found = tuple(
        dict.fromkeys(folded[name.strip().casefold()] for name in wanted if name.strip().casefold() in folded)
    )
    absent = tuple(name for name in wanted if name.strip().casefold() not in folded)
    if typed and absent:
        close = difflib.get_close_matches(absent[0].casefold(), folded, n=1)
        hint = f"did you mean {folded[close[0]]!r}? " if close else ""
        raise SettingsError(f"--category {absent[0]!r} is not in the data; {hint}It has: {', '.join(present)}.")
    if not found:
        raise InputError(
            f"None of the crime types in focus ({', '.join(wanted)}) is in the data, which have: "
            f"{', '.join(present)}; name one with --category.",
        )
    return found, absent


def _reported(located: gpd.GeoDataFrame, intake: Intake, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return how many located rows each force has in each borough, for districts nobody knows."""
    force = intake.force.reindex(located.index)
    borough = located["lsoa_code"].map(areas["borough"])
    rows = pd.DataFrame({"borough": borough, "force": force}).dropna()
    return rows.groupby(["borough", "force"]).size().rename("rows").reset_index()


def _window(
    areas: gpd.GeoDataFrame,
    coverage: pd.DataFrame,
    month: pd.Period,
    length: int,
) -> tuple[pd.PeriodIndex, tuple[pd.Period, ...], pd.DataFrame]:
    """Return the months that the files hold for the area's main force, those they lack, and who covers what.

    The main force is, of those that hold the month, the one with most LSOAs of the area, of equals with most
    months. A force that lacks a month of this window is no data throughout: a sum over some of its months would
    pass for less crime.
    """
    wanted = pd.period_range(end=month, periods=length, freq="M")
    own = areas.loc[areas["zone"] == "area", "force"].dropna().value_counts()
    held = coverage[coverage["force"].isin(own.index)]
    present = [force for force in own.index if force in set(held.loc[held["month"] == month, "force"])]
    if not present:
        forces = " and ".join(sorted(own.index)) or "the area's force"
        if held.empty:
            others = ", ".join(sorted(set(coverage["force"]) - {""}))
            raise InputError(
                f"No file holds incidents of {forces}, which polices this area; the files are of {others}."
            )
        months = set(held["month"])
        raise InputError(
            f"The files hold no month {month} of {forces}; they run from {min(months)} to {max(months)} "
            f"({len(months)} months). Choose one with --month, or add the missing download.",
        )
    months_of = {force: set(held.loc[held["force"] == force, "month"]) for force in present}
    main = min(present, key=lambda force: (-own[force], -len(months_of[force] & set(wanted)), force))
    months = months_of[main]
    window = pd.PeriodIndex([period for period in wanted if period in months], freq="M")
    missing = tuple(period for period in wanted if period not in months)
    asked = list(dict.fromkeys([*wanted, month - 12, month - 1]))
    by_force = {force: set(group["month"]) for force, group in coverage.groupby("force")}
    covered = pd.DataFrame(
        {period: areas["force"].map({force: period in held for force, held in by_force.items()}) for period in asked},
    )
    return window, missing, covered.fillna(value=False).astype(bool)


def _with_residents(
    areas: gpd.GeoDataFrame,
    path: Path | None,
) -> tuple[gpd.GeoDataFrame, tuple[InputFile, ...], list[str]]:
    """Return the areas with their residents, the file, and what it lacks."""
    if path is None:
        return areas, (), []
    residents, files = read_population(path)
    areas = areas.assign(population=residents.reindex(areas.index))
    return areas, files, _residents_notes(areas, path.name)


def _residents_notes(areas: gpd.GeoDataFrame, name: str) -> list[str]:
    own = areas[areas["zone"] == "area"]
    known = int(own["population"].notna().sum())
    if known == 0:
        vintage = areas["vintage"].iloc[0]
        raise InputError(f"{name} gives residents for none of the {len(own)} LSOAs; the layer has {vintage} codes.")
    if known < len(own):
        return [f"{name} gives no residents for {len(own) - known} of {len(own)} LSOAs: their rate per 1,000 is empty."]
    return []


def _coverage_notes(loaded: Loaded) -> tuple[list[str], list[str]]:
    """Say which LSOAs are no data and of which force they are: of the area itself, and of the ring around it."""
    kept = loaded.areas[loaded.areas["zone"] != "beyond"]
    rows = loaded.located[loaded.located["month"].isin(loaded.window)]
    busy = set(loaded.areas["borough"].reindex(rows["lsoa_code"].dropna().unique()))
    notes: dict[str, list[str]] = {"area": [], "ring": []}
    for (zone, force), group in kept.groupby(["zone", kept["force"].fillna("")]):
        its, names = f"{len(group):,} LSOA{'s' if len(group) > 1 else ''}", sorted(set(group["borough"]))
        boroughs = ", ".join(names) if len(names) <= _NAMED_AT_MOST else f"{len(names)} boroughs"
        lacking = [period for period in loaded.window if not loaded.covered[period][group.index].any()]
        quiet = sorted(set(group["borough"]) - busy)
        if not force:
            said = f"No police force is known for {boroughs} ({its}): no data, not zero; name it under [areas] forces."
        elif len(lacking) == len(loaded.window):
            said = f"No file of the window is from {force}: no data, not zero, in its {its} ({boroughs})."
        elif lacking:
            said = f"{force} lacks {month_spans(lacking)}: its {its} ({boroughs}) are no data, out of every test."
        elif quiet:
            said = f"No row of any crime type lies in {', '.join(quiet)}: are the files a selection?"
        else:
            continue
        notes[str(zone)].append(said)
    return notes["area"], notes["ring"]
