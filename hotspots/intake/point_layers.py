"""Points of any source, such as bus stops, stations and car parks, as named places."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.errors import InputError
from hotspots.intake.located_rows import made_id, read_located, titles_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    from hotspots.intake.files import InputFile
    from hotspots.intake.located_rows import LocatedRows

_COLUMNS = {
    "id": (
        *("site_id", "atcocode", "stop_code_lbsl", "naptan_atco", "osm_id", "full_id", "@id", "stop_id", "ref", "id"),
        "fid",
    ),
    "name": (
        *("name", "stop_name", "commonname", "common_name", "station", "station_name", "site_name", "name1", "name_1"),
        *("title", "label"),
    ),
    "kind": ("kind", "fclass", "amenity", "leisure", "stoptype", "stop_type", "type", "category"),
    "atcocode": ("atcocode",),
    "state": ("status",),
}
"""TfL, NaPTAN, GTFS, OpenStreetMap, Geofabrik, Ordnance Survey, and lists made by hand."""

_MARKS = re.compile(r"<>|>[A-Z]{1,4}<|<[A-Z]{1,4}>|\[[A-Z]{2,4}\]|#(?!\d)|\*{2,}.*?\*{2,}")
"""Signs that TfL sets behind a name for the Underground, the Overground, trams, boats, the DLR and the railway; and
what it writes between asterisks where there is no name."""
_NAPTAN = {
    **dict.fromkeys(("BCT", "BCS", "BCQ", "BCE", "BST"), "bus stop"),
    **dict.fromkeys(("RLY", "RSE", "RPL"), "railway station"),
    **dict.fromkeys(("MET", "TMU", "PLT"), "tram or underground station"),
    **dict.fromkeys(("FER", "FTD", "FBT"), "ferry"),
    **dict.fromkeys(("AIR", "GAT"), "airport"),
    **dict.fromkeys(("TXR", "STR"), "taxi rank"),
}
"""What the letters of its column StopType stand for."""
_SLASH = re.compile(r"\s*/\s+|\s+/\s*")
_IRISH = re.compile(r"^([DO]')([a-z])")
_ACRONYMS = {"DLR", "NHS", "HMP", "YMCA", "RAF", "UK", "II", "III"}
_SMALL = {"of", "the", "and", "at", "in", "on", "by", "upon"}
_SAID_AT_MOST = 10


@dataclass(frozen=True)
class PointLayer:
    """Points of a file, and what became of its rows: read = inside + skipped."""

    points: gpd.GeoDataFrame
    """As of ``read_points``."""
    read: int
    """Rows or features of the file."""
    skipped: dict[str, int]
    """Why a row is not among the points, in words → how many."""
    file: InputFile

    @property
    def inside(self) -> int:
        """Points that were kept."""
        return len(self.points)


def read_points(
    path: Path,
    option: str,
    *,
    epsg: int,
    within: BaseGeometry | None = None,
    name_column: str = "",
    where: Mapping[str, tuple[str, ...]] | None = None,
) -> gpd.GeoDataFrame:
    """Read named points.

    Parameters
    ----------
    path
        Table with coordinates or layer, as of ``hotspots.intake.located_rows.read_located``: bus stops of TfL, NaPTAN,
        stations, an extract of OpenStreetMap, and so on. A line or polygon stands as a point on it.
    option
        The option that named it, for the error sentences.
    epsg
        Projected, metric CRS to bring the points to.
    within
        Ground that points must lie in, its edge included, in that CRS; none: all of them.
    name_column
        Title of the column with the names; empty: the usual one.
    where
        Title → values, one of which a row must have in it, without regard to case.

    Returns
    -------
    GeoDataFrame
        Index ``point_id`` (sorted: ``S-`` and the file's own id, so that no spreadsheet takes it for a number or a
        date; without one, made of name and place), ``name``, ``kind`` (empty where no column tells) and the points.
        Names are tidied: see ``tidy_names``. What has no name is called by its kind.

    Raises
    ------
    InputError
        The file cannot be read, has no such column, or no row fits ``where``.
    """
    return read_point_layer(path, option, epsg=epsg, within=within, name_column=name_column, where=where).points


def read_point_layer(
    path: Path,
    option: str,
    *,
    epsg: int,
    within: BaseGeometry | None = None,
    name_column: str = "",
    where: Mapping[str, tuple[str, ...]] | None = None,
) -> PointLayer:
    """Read named points as ``read_points``, and count the rows that are none of them.

    Parameters
    ----------
    path, option, epsg, within, name_column, where
        As for ``read_points``.

    Returns
    -------
    PointLayer
        The points, how many rows were read, and why the others were skipped.

    Raises
    ------
    InputError
        As of ``read_points``.
    """
    rows = read_located(path, option, epsg=epsg, role="points")
    titles = rows.find(_COLUMNS)
    name_title = _named(rows, name_column, option) if name_column else titles.get("name")
    reasons = pd.Series("", index=rows.cells.index, dtype="str")

    def skip(faulty: pd.Series, why: str) -> None:
        reasons[faulty & (reasons == "")] = why

    skip(~_chosen(rows, where or {}, option), "not among those chosen by column and value")
    if "atcocode" in titles and "state" in titles and titles["state"] not in _titles(rows, where or {}):
        skip(rows.cells[titles["state"]].str.casefold() == "inactive", "no longer in use")
    for reason in sorted({fault.reason for fault in rows.faults.values()}):
        here = [row for row, fault in rows.faults.items() if fault.reason == reason]
        skip(rows.cells.index.to_series().isin(here), _WORDS.get(reason, "without a usable place"))
    kinds = rows.column(titles.get("kind")).replace(_NAPTAN)
    names = tidy_names(rows.column(name_title))
    names = names.where(names != "", kinds.str.replace("_", " ").str.capitalize())
    skip(names == "", "without a name")
    if within is not None:
        shapely.prepare(within)
        skip(~pd.Series(shapely.intersects(within, rows.places.to_numpy()), index=names.index), "outside the area")
    good = reasons == ""
    points = gpd.GeoDataFrame(
        {"name": names[good], "kind": kinds[good].where(kinds[good] != "", None).astype("str")},
        geometry=rows.places[good],
    )
    points.index = _ids(rows.column(titles.get("id"))[good], points)
    counted = Counter(reason for reason in reasons if reason)
    return PointLayer(points.sort_index(), len(rows.cells), dict(sorted(counted.items())), rows.file)


def join_points(points: gpd.GeoDataFrame, apart_m: float) -> gpd.GeoDataFrame:
    """Put points of one name together that lie near each other, such as the stops on both sides of a road.

    Parameters
    ----------
    points
        As of ``read_points``, in metres.
    apart_m
        The first point of a name, by id, takes those within this distance of it; the next that is left takes its own.

    Returns
    -------
    GeoDataFrame
        The points that took others or none, on their ids, with ``joined``: how many others each stands for.
    """
    taken: dict[object, int] = {}
    ordered = points.sort_index()
    for _, group in ordered.groupby(ordered["name"].str.casefold(), sort=False):
        left = group.geometry
        while len(left):
            near = left.distance(left.iloc[0]) <= apart_m
            taken[left.index[0]] = int(near.sum()) - 1
            left = left[~near]
    kept = ordered[ordered.index.isin(list(taken))]
    return kept.assign(joined=pd.Series(taken, dtype="int64").reindex(kept.index))


def tidy_names(names: pd.Series) -> pd.Series:
    """Return names as a person would write them.

    Parameters
    ----------
    names
        Texts, on any index.

    Returns
    -------
    Series
        On the same index: without TfL's signs, blanks single, and where most names of a source are in capitals, in
        small letters after the first of each word.
    """
    plain = names.map(lambda text: " ".join(_SLASH.sub(" / ", _MARKS.sub(" ", text)).split()).strip(" /"))
    letters = plain[plain.str.contains(r"[^\W\d_]")]
    if 2 * sum(text == text.upper() for text in letters) <= len(letters):
        return plain
    return plain.map(_lowered)


_WORDS = {
    "no_location": "without coordinates",
    "zero_coordinates": "with 0, 0 as coordinates",
    "two_places": "with degrees and metres of different places",
    "too_many_cells": "with more cells than there are titles",
}


def _named(rows: LocatedRows, title: str, option: str) -> str:
    """Return a title as the file writes it."""
    found = titles_of(rows.cells.columns, {"it": ("_".join(title.casefold().replace("_", " ").split()),)})
    if not found:
        raise InputError(
            f"{option} {rows.name} has no column {title!r}; it has: {', '.join(rows.cells.columns)[:200]}."
        )
    return found["it"]


def _titles(rows: LocatedRows, where: Iterable[str]) -> set[str]:
    return {_named(rows, title, "") for title in where}


def _chosen(rows: LocatedRows, where: Mapping[str, tuple[str, ...]], option: str) -> pd.Series:
    """Return which rows have the values asked for."""
    chosen = pd.Series(True, index=rows.cells.index)  # noqa: FBT003
    for title, values in where.items():
        texts = rows.column(_named(rows, title, option)).str.casefold()
        fits = texts.isin([" ".join(value.casefold().split()) for value in values])
        if not fits.any():
            there = [word for word, _ in Counter(texts[texts != ""]).most_common(_SAID_AT_MOST)]
            raise InputError(
                f"{option} {rows.name} has no row whose {title} is {' or '.join(values)}; it has mostly: "
                f"{', '.join(there) or 'nothing'}."
            )
        chosen &= fits
    return chosen


def _ids(own: pd.Series, points: gpd.GeoDataFrame) -> pd.Index:
    """Return an id for each point; those that a file gives twice are counted in the order of name and place."""
    made = [
        f"S-{identity}" if identity else made_id("S-", name, point)
        for identity, name, point in zip(own, points["name"], points.geometry, strict=True)
    ]
    order = np.lexsort([points.geometry.y, points.geometry.x, points["name"]])
    seen: Counter[str] = Counter()
    ids = list(made)
    for at in order:
        seen[made[at]] += 1
        if seen[made[at]] > 1:
            ids[at] = f"{made[at]}-{seen[made[at]]}"
    return pd.Index(ids, dtype="str", name="point_id")


def _lowered(text: str) -> str:
    words = text.split()
    return " ".join(_word(word, first=before == "/") for before, word in zip(["/", *words], words, strict=False))


def _word(word: str, *, first: bool) -> str:
    """Return a word in capitals as it stands in a name: ``ST MARY'S-ON-THE-HILL`` is ``St Mary's-on-the-Hill``."""
    if word in _ACRONYMS or "&" in word or re.fullmatch(r"[A-Z]+\d+", word):
        return word
    parts = re.split(r"([-./(])", word.lower())
    return "".join(
        part if part in _SMALL and not (first and at == 0) else _risen(part) for at, part in enumerate(parts)
    )


def _risen(part: str) -> str:
    """Return a word in small letters with a capital at its start, ``o'neill`` with two."""
    return _IRISH.sub(lambda found: found[1] + found[2].upper(), part[:1].upper() + part[1:])
