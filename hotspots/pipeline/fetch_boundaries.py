"""``hotspots fetch boundaries``: a district becomes an LSOA layer, its lookup, its residents and a README entry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hotspots import __version__
from hotspots.errors import SettingsError
from hotspots.files import remove_folder, replace_file
from hotspots.intake.boundaries import read_boundaries
from hotspots.intake.download import Client
from hotspots.intake.files import sha256
from hotspots.intake.ons import Ons, check_layer, geojson
from hotspots.pipeline.fetch import CACHE
from hotspots.pipeline.inputs import metric_crs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from hotspots.intake.boundaries import Boundaries
    from hotspots.intake.ons import LayerCheck
    from hotspots.settings import Settings

_VINTAGES = (2011, 2021)
_GENERALISED = {"BGC": "20 m, clipped to the coast", "BSC": "200 m, clipped to the coast", "BFC": "full resolution"}
_OGL = "[Open Government Licence v3.0](https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/)"
_ONS = "Source: Office for National Statistics licensed under the Open Government Licence v3.0"
_LONGEST_SLUG = 60


@dataclass(frozen=True, slots=True)
class BoundariesRequest:
    """What ``hotspots fetch boundaries`` is asked for."""

    areas: tuple[str, ...]
    """Districts as the ONS names its LSOAs."""
    out: Path
    today: date
    """The date for the README entry."""
    neighbours: bool = False
    """Every LSOA within the context distance of the districts' envelope too."""
    vintage: int = 2021
    """2011 or 2021."""


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """One file in the folder of boundaries."""

    path: Path
    rows: int


@dataclass(frozen=True)
class BoundariesResult:
    """What was written."""

    files: tuple[FetchedFile, ...]
    """The layer first."""
    requests: int
    notes: tuple[str, ...]


def fetch_boundaries(
    request: BoundariesRequest,
    settings: Settings,
    progress: Callable[[str], None] | None = None,
    client: Client | None = None,
) -> BoundariesResult:
    """Fetch an LSOA layer, the exact-fit lookup and the residents; check them, write them, and say where from.

    Parameters
    ----------
    request, settings
        Districts, vintage and folder; services and the width of the ring.
    progress
        Called with a few words before each step.
    client
        Who asks; none: one as the settings say.

    Returns
    -------
    BoundariesResult
        Files written, and what was found in them. Nothing is written before all of it is there and checked.

    Raises
    ------
    InputError
        A service fails or refuses, or the layer does not pass: no LSOA of a district, polygons that overlap,
        edges that do not meet.
    SettingsError
        A district's name or the vintage cannot be used, or the CRS is not metric.
    OutputError
        A file cannot be written.
    """
    say = progress or (lambda _: None)
    if not request.areas or request.vintage not in _VINTAGES:
        raise SettingsError("Give at least one --area, and --vintage 2011 or 2021.")
    client = client or Client(settings.services, say=say)
    otherwise = (
        "By hand: download it from https://geoportal.statistics.gov.uk (residents: Census 2021 table TS001 from "
        f"https://www.nomisweb.co.uk), put the file into {request.out} and give its path to hotspots run."
    )
    ons = Ons(client, settings.services, request.vintage, otherwise)
    files, entries, notes, n_lsoas = _collect(request, settings, ons, say)
    for file, data in files.items():
        replace_file(request.out / file, data)
    readme = request.out / "README.md"
    before = readme.read_bytes().decode("utf-8", "surrogateescape") if readme.exists() else "# Boundaries\n"
    replace_file(readme, _with_entries(before, entries).encode("utf-8", "surrogateescape"))
    rows = {file: data.count(b"\n") - 1 if file.endswith(".csv") else n_lsoas for file, data in files.items()}
    written = tuple(FetchedFile(request.out / file, rows[file]) for file in files)
    return BoundariesResult(written, client.requests, notes)


def _collect(
    request: BoundariesRequest, settings: Settings, ons: Ons, say: Callable[[str], None]
) -> tuple[dict[str, bytes], dict[str, list[tuple[str, str]]], tuple[str, ...], int]:
    """Ask for all files and check the layer; return files, README entries, notes and the number of LSOAs."""
    epsg = metric_crs(settings.areas.analysis_epsg)
    areas = [" ".join(name.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split()) for name in request.areas]
    say(f"Asking the ONS portal for {', '.join(areas)}")
    lsoas = ons.named(areas)
    own = len(lsoas)
    if request.neighbours:
        say(f"{own} LSOAs; asking for their neighbours")
        lsoas |= ons.around(list(lsoas.values()), epsg=epsg, reach_m=settings.areas.context_m)
    stem = _stem(areas, neighbours=request.neighbours, vintage=request.vintage)
    kind = next((short for short in _GENERALISED if re.search(rf"(?<![A-Z]){short}(?![A-Z])", ons.layer)), "")
    name = f"{stem}{f'-{kind.lower()}' if kind else ''}.geojson"
    layer = geojson(list(lsoas.values()), vintage=request.vintage, name=name.removesuffix(".geojson"))
    say(f"Checking {len(lsoas)} polygons")
    found = _found(*_checked(request.out / CACHE / "boundaries" / name, layer, epsg))
    codes = sorted(lsoas)
    say("Asking for the exact-fit lookup")
    files = {name: layer, f"{stem}-exact-fit-lookup.csv": ons.lookup(codes)}
    if request.vintage == max(_VINTAGES):
        say("Asking Nomis for the residents")
        files[f"{stem}-census2021-residents.csv"] = ons.residents(codes)
    else:
        found.append("Census 2021 counts residents by LSOA 2021 only: none are fetched for the vintage 2011.")
    what = f"{own} LSOAs of {', '.join(areas)}" + (f" and {len(codes) - own} around them" if len(codes) > own else "")
    return files, _entries(files, ons, what, found, request.today), (f"{what}.", *found), len(codes)


def _checked(candidate: Path, layer: bytes, epsg: int) -> tuple[Boundaries, LayerCheck]:
    """Read a layer as a run would, from a place that nobody uses, and check it."""
    try:
        replace_file(candidate, layer)
        boundaries = read_boundaries([candidate], epsg=epsg)
        return boundaries, check_layer(boundaries.areas)
    finally:
        remove_folder(candidate.parent)


def _found(boundaries: Boundaries, check: LayerCheck) -> list[str]:
    """Say what the check of a layer found."""
    repaired, islands = boundaries.repaired, check.islands
    return [
        f"{len(repaired)} polygons are invalid as published and repaired on reading: {', '.join(repaired)}."
        if repaired
        else "Every polygon is valid.",
        f"No overlaps (the largest is {check.largest_overlap_m2:.2f} m²).",
        f"{len(islands)} LSOAs have no neighbour: {', '.join(islands)}." if islands else "Every LSOA has a neighbour.",
    ]


def _stem(areas: Sequence[str], *, neighbours: bool, vintage: int) -> str:
    """Return the beginning of the files' names: districts and vintage."""
    slug = "-".join(re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") for name in areas)[:_LONGEST_SLUG].rstrip("-")
    return f"{slug or 'area'}{'-and-neighbours' if neighbours else ''}-lsoa{vintage}"


def _entries(
    files: Mapping[str, bytes], ons: Ons, what: str, found: Sequence[str], today: date
) -> dict[str, list[tuple[str, str]]]:
    """Return the README table of each file."""
    portal = f"ONS Open Geography Portal, ArcGIS service `{{}}` at {ons.services.arcgis_url}"
    generalised = next((f", generalised: {said}" for short, said in _GENERALISED.items() if short in ons.layer), "")
    layer, lookup, *residents = files
    licence = [("Licence", _OGL), ("Attribution", _ONS)]
    fetched = ("Fetched", f"{today.isoformat()} by hotspots {__version__}, `hotspots fetch boundaries`")
    rights = ("", f"Contains OS data © Crown copyright and database right {today.year}")
    about = {
        layer: [
            ("Source", portal.format(ons.layer)),
            ("Edition", f"LSOA (December {ons.vintage}) boundaries{generalised}; edition as the service's name says"),
            ("Holds", what),
            *licence,
            rights,
            fetched,
            ("CRS", "EPSG:4326, longitude before latitude, as GeoJSON's standard lays down: hence no CRS member"),
            (
                "How it was made",
                "features sorted by code, one to a line; two columns; coordinates as the portal gave them",
            ),
            ("Checked", " ".join(found)),
        ],
        lookup: [
            ("Source", portal.format(ons.services.lookup_layer)),
            ("Edition", "LSOA (2011) to LSOA (2021) exact fit lookup for England and Wales"),
            ("Holds", f"the rows that name the LSOAs of `{layer}`"),
            *licence,
            fetched,
        ],
    } | {
        name: [
            ("Source", f"Nomis, {ons.services.residents_url}"),
            ("Edition", "Census 2021, table TS001, all usual residents"),
            ("Holds", f"the LSOAs of `{layer}`"),
            *licence,
            fetched,
        ]
        for name in residents
    }
    return {name: [*rows, ("sha256", f"`{sha256(files[name])}`")] for name, rows in about.items()}


def _with_entries(text: str, entries: Mapping[str, Sequence[tuple[str, str]]]) -> str:
    """Return a README with an entry for each file: in the place of an older one, else at the end."""
    for name, rows in entries.items():
        first, last = f"<!-- fetched: {name} -->", f"<!-- end of {name} -->"
        lines = [f"| {title} | {said.replace('|', '/')} |" for title, said in rows]
        entry = "\n".join([first, f"## `{name}`", "", "| | |", "|---|---|", *lines, last])
        start, stop = text.find(first), text.find(last)
        there = 0 <= start < stop
        text = f"{text[:start]}{entry}{text[stop + len(last) :]}" if there else f"{text.rstrip()}\n\n{entry}\n"
    return text
