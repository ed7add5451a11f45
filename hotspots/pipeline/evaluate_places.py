"""What an evaluation is asked about: a hotspot of a pack, a layer, a point; and the months on both sides."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from hotspots.analysis.evaluation import Sides
from hotspots.errors import InputError, SettingsError
from hotspots.geo.gridref import from_grid_reference
from hotspots.intake.files import exists
from hotspots.intake.grounds import read_grounds
from hotspots.pack.places import find_place, read_named_places
from hotspots.pack.previous import MANIFEST, read_previous
from hotspots.settings import BRITISH_NATIONAL_GRID_EPSG

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shapely import Polygon
    from shapely.geometry.base import BaseGeometry

MOST_MONTHS = 12
"""A year after the start; a longer one would not be the start's."""

_START = re.compile(r"((?:19|20)\d\d-(?:0[1-9]|1[0-2]))(?:-(\d\d))?")
_METRES = re.compile(r"\s*([0-9]{1,7}(?:[.][0-9]+)?)\s*,\s*([0-9]{1,7}(?:[.][0-9]+)?)\s*")
_LEAST_FIGURES = 6
_LETTERS = 2
_MOST_UNCOVERED = 0.5
_MOST_DEGREES = 180.0


@dataclass(frozen=True)
class Asked:
    """The months that are wanted, before it is known which the files hold."""

    sides: Sides
    begun: pd.Period | None
    """The month that the start lies inside of, in neither side; none: it is the first of a month."""
    cut: bool
    """More months follow the start than are counted."""

    @property
    def start(self) -> pd.Period:
        """Month of the start."""
        first: pd.Period = self.sides.after[0]
        return first if self.begun is None else self.begun


@dataclass(frozen=True)
class Place:
    """A place by its name, in the analysis CRS."""

    name: str
    ground: BaseGeometry
    pack_month: pd.Period | None = None
    """Month of the pack that lists it; none: it is of no pack."""
    listed_for: tuple[str, ...] = ()
    """Theme or crime types of that pack, in order; empty: it is of no pack, or that does not tell."""


@dataclass(frozen=True)
class Lookup:
    """Where places are looked for."""

    within: Polygon
    """Ground that is looked at."""
    epsg: int
    reach_m: float
    pack: Path | None


def asked_months(start: str, last: pd.Period, months_before: int) -> Asked:
    """Choose the months before and after a start.

    Parameters
    ----------
    start
        ``YYYY-MM``, the first of that month, or ``YYYY-MM-DD``. A month that the start lies inside of belongs to
        neither side: street-level data do not know its days.
    last
        Last month that may be counted.
    months_before
        Months before the start; 0: as many as after it.

    Returns
    -------
    Asked
        At most ``MOST_MONTHS`` after the start.

    Raises
    ------
    SettingsError
        The start is no such date, or no whole month follows it.
    """
    match = _START.fullmatch(start)
    try:
        day = pd.Timestamp(f"{match[1]}-{match[2] or '01'}") if match else None
    except ValueError:
        day = None
    if match is None or day is None:
        raise SettingsError(f"--start must be a month or a day, such as 2024-05 or 2024-05-13, not {start!r}.")
    month = pd.Period(match[1], freq="M")
    begun = None if day.day == 1 else month
    first = month if begun is None else month + 1
    if first > last:
        raise SettingsError(
            f"No whole month lies between the start, {start}, and --month {last}; the first that can be counted is "
            f"{first}."
        )
    after = pd.period_range(first, min(last, first + MOST_MONTHS - 1), freq="M")
    before = pd.period_range(end=month - 1, periods=months_before or len(after), freq="M")
    return Asked(Sides(before, after), begun, cut=bool(last > after[-1]))


def find_places(text: str, option: str, where: Lookup) -> list[Place]:
    """Find what an option names.

    Parameters
    ----------
    text
        A hotspot of the pack, easting and northing in the analysis CRS with a comma between them, a National Grid
        reference of six figures or more, a vector file, or one feature of it by its name: ``FILE#name``.
    option
        ``--target`` or ``--control``, for the error sentences.
    where
        Where they are looked for.

    Returns
    -------
    list of Place
        One place; of a file one for each name of its features. Points and lines are widened by ``reach_m``.

    Raises
    ------
    InputError
        It is none of these, or a file or pack cannot be read.
    """
    if not text.strip():
        raise InputError(f"{option} is empty; give a hotspot of --pack, easting and northing, or a layer.")
    if where.pack is not None:
        manifest = read_previous(where.pack)
        month = pd.Period(manifest["month"], freq="M")
        places = read_named_places(where.pack, epsg=where.epsg)
        found = find_place(places, text)
        if found is not None:
            name = printable(str(places.loc[found, "name"])) or found
            return [Place(name, places.geometry[found], month, _focus_of(manifest))]
    point = _point(text, option, where.epsg)
    if point is not None:
        return [
            Place(printable(", ".join(part.strip() for part in text.upper().split(","))), point.buffer(where.reach_m))
        ]
    path, _, feature = (Path(text), "", "") if exists(Path(text)) else _feature(text)
    if exists(path / MANIFEST):
        raise InputError(f"{option} {path} is a pack; give it with --pack, and here one of its hotspots, such as H03.")
    if exists(path):
        return _of_file(path, feature, option, where)
    in_pack = f"no hotspot of {where.pack}" if where.pack is not None else "no hotspot, since no --pack is given"
    raise InputError(
        f"{option} {text!r} is {in_pack}, and neither a file, an easting and northing such as 548200,175300, nor a "
        "grid reference such as TQ 4820 7530."
    )


def printable(text: str) -> str:
    """Return a name on one line, without characters that are none: it is shown, and read back from a register."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def focus_key(theme: str, categories: Iterable[str]) -> tuple[str, ...]:
    """Return what a job is about so that two of them can be compared: the theme, or else the crime types in order."""
    return (theme,) if theme else tuple(sorted(categories))


def _focus_of(manifest: dict[str, Any]) -> tuple[str, ...]:
    """Return what a pack was about; empty: it does not tell."""
    try:
        told = manifest["parameters"]
        return focus_key(str(told["theme"]), [*told["categories"], *told["categories_absent"]])
    except (KeyError, TypeError):
        return ()


def _feature(text: str) -> tuple[Path, str, str]:
    path, mark, feature = text.rpartition("#")
    return Path(path or text), mark, feature


def _point(text: str, option: str, epsg: int) -> shapely.Point | None:
    """Return the point that a text names, of a grid reference the middle of its square; none: it names none."""
    metres = _METRES.fullmatch(text)
    if metres is not None:
        x, y = float(metres[1]), float(metres[2])
        if "." in text and max(x, y) <= _MOST_DEGREES:
            raise InputError(
                f"{option} {text!r} looks like degrees; give easting and northing in metres: 548200,175300."
            )
        return shapely.Point(x, y)
    try:
        corner = from_grid_reference(text) if epsg == BRITISH_NATIONAL_GRID_EPSG else None
    except ValueError:
        corner = None
    if corner is None:
        return None
    figures = len("".join(text.split())) - _LETTERS
    if figures < _LEAST_FIGURES:
        raise InputError(f"{option} {text!r} names a square of a kilometre or more; give six figures or more.")
    half = 10 ** (5 - figures // 2) / 2
    return shapely.Point(corner[0] + half, corner[1] + half)


def _of_file(path: Path, feature: str, option: str, where: Lookup) -> list[Place]:
    grounds = read_grounds(path, option, where.within, epsg=where.epsg, reach_m=where.reach_m)
    if feature:
        folded = {name.casefold(): name for name in grounds.index}
        if feature.casefold() not in folded:
            known = ", ".join(printable(name) for name in grounds.index[:10])
            raise InputError(f"{option} {path.name} holds no feature called {feature!r}; it has: {known}.")
        grounds = grounds.loc[[folded[feature.casefold()]]]
    return [Place(printable(name) or path.stem, ground) for name, ground in grounds.items()]


def one_place(places: list[Place], name: str) -> Place:
    """Return several places as one.

    Parameters
    ----------
    places
        From ``find_places``.
    name
        What it is called; empty: as the first, and how many more there are.

    Returns
    -------
    Place
        Their union.
    """
    first = places[0]
    more = f" and {len(places) - 1} more" if len(places) > 1 else ""
    ground = first.ground if len(places) == 1 else shapely.union_all([place.ground for place in places])
    return Place(printable(name) or first.name + more, ground, first.pack_month, first.listed_for)


def uncovered_share(ground: BaseGeometry, covered: BaseGeometry) -> float:
    """Return the share of a ground's area that lies on no ground with data, 0 to 1."""
    return float(1.0 - shapely.area(shapely.intersection(ground, covered)) / shapely.area(ground))


def uncovered_ring(ground: BaseGeometry, ring_m: float, covered: BaseGeometry) -> float:
    """Return the share of the ring around a ground that lies on no ground with data, 0 to 1; 0 without a ring."""
    ring = shapely.difference(shapely.buffer(ground, ring_m), ground)
    return uncovered_share(ring, covered) if ring_m else 0.0


def check_covered(place: Place, covered: BaseGeometry, option: str) -> float:
    """Return the share of a place that lies on no ground with data.

    Raises
    ------
    InputError
        The place has no area, or most of it lies there: nothing is known of it, and nothing is not zero.
    """
    if not shapely.area(place.ground):
        raise InputError(f"{option} {place.name} covers no ground; give a polygon.")
    share = uncovered_share(place.ground, covered)
    if share > _MOST_UNCOVERED:
        raise InputError(
            f"{option} {place.name} lies mostly outside the area with data ({share:.0%}); check the place, or give a "
            "larger --area or the missing files."
        )
    return share
