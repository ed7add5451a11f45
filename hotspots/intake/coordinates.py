"""Coordinate texts of any source become degrees; a row without a usable place says what is wrong with it.

Numbers may carry blanks around them, a sign, thousands separators (``549,210.5``) and a decimal comma
(``51,4567``). A single comma before three digits could be either. In a projected CRS it parts thousands, for
no source writes metres to the millimetre; in degrees it is the decimal comma wherever that gives a longitude
or latitude at all, for degrees have no thousands, and only else it parts the thousands of metres that were
declared to be degrees.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyproj
import shapely

from hotspots.errors import InputError, SettingsError
from hotspots.settings import BRITISH_NATIONAL_GRID_EPSG

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    _Floats = npt.NDArray[np.float64]
    _Bools = npt.NDArray[np.bool_]
    _Texts = npt.NDArray[np.object_]
    _Test = Callable[[_Floats, _Floats], _Bools]

REASONS = (
    "no_location",
    "bad_coordinates",
    "zero_coordinates",
    "wrong_unit",
    "swapped_axes",
    "outside_great_britain",
)

GREAT_BRITAIN = (-9.5, 49.5, 2.5, 61.5)
"""West, south, east, north in degrees: a box around the outline, for what may lie at sea."""

OUTLINE_KM = (
    (66, 18), (66, -7), (172, -8), (455, 60), (565, 79), (627, 104), (656, 142), (672, 290), (668, 328), (615, 368),
    (562, 410), (546, 480), (460, 555), (441, 645), (396, 765), (434, 842), (416, 884), (352, 960), (430, 1052),
    (487, 1172), (478, 1230), (448, 1238), (372, 1130), (319, 1056), (298, 998), (150, 983), (48, 958), (-20, 897),
    (40, 770), (82, 730), (100, 668), (102, 646), (119, 630), (140, 632), (149, 636), (152, 623), (148, 608),
    (153, 600), (173, 593), (183, 600), (193, 592), (191, 577), (189, 566), (194, 552), (203, 531), (211, 522),
    (250, 519), (280, 510), (300, 462), (297, 404), (222, 410), (203, 390), (194, 315), (150, 232), (148, 194),
    (196, 178), (158, 73), (120, 44),
)  # fmt: skip
"""Great Britain and its islands, drawn by hand in kilometres on EPSG:27700, from Scilly eastwards.

It keeps about ten kilometres off the coast or more, but only six off the Rhins of Galloway, where swapped
eastings and northings of London fall. Ireland and the Isle of Man are outside."""

_DEGREES_EPSG = 4326
_MAX_LONGITUDE, _MAX_LATITUDE = 180.0, 90.0
_ZERO_DEGREES, _ZERO_UNITS = 1e-6, 1.0
_NEVER_DEGREES = 1000.0
_LOST_UNITS = 1000.0
"""Two transformations between the same datums differ by less, even where they are rough."""

_DOUBT_PER_100 = 1
"""Without a stated CRS, this many of a hundred rows may be no degrees."""

_SCALES = ((1000.0, "kilometres"), (0.01, "centimetres"), (0.001, "millimetres"))
_VALUE_LENGTH = 100

_PLAIN = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]*)?")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")


@dataclass(frozen=True)
class Places:
    """Where the rows are, on the index of the texts."""

    lon: pd.Series
    """Degrees in EPSG:4326; NaN where there is a fault."""
    lat: pd.Series
    """Degrees in EPSG:4326; NaN where there is a fault."""
    reason: pd.Series
    """Empty, or one of ``REASONS``."""
    value: pd.Series
    """For a fault, what the file said and how it looks, at most 100 characters; empty for an empty place."""


def place(
    x: pd.Series,
    y: pd.Series,
    *,
    epsg: int | None,
    analysis_epsg: int = BRITISH_NATIONAL_GRID_EPSG,
    where: str = "the file",
) -> Places:
    """Turn coordinate texts into degrees, and name the first fault of each row.

    With the British National Grid as CRS of the analysis a place must lie in Great Britain (``OUTLINE_KM``),
    and one that does not is tried as degrees, as kilometres, centimetres and millimetres, and with its axes
    swapped. Elsewhere a place must be one that both CRS can show. While the CRS of the source is stated,
    the rows are judged one by one, whatever the others say.

    Parameters
    ----------
    x, y
        Texts of longitude or easting, and of latitude or northing (in this order for every CRS), on the same
        index; empty where the file says nothing.
    epsg
        CRS of the texts, in degrees or projected. None: they are taken as degrees if 99 of 100 rows with
        numbers other than 0, 0 can be degrees.
    analysis_epsg
        CRS of the analysis.
    where
        What an error calls the source.

    Returns
    -------
    Places
        Longitude and latitude in EPSG:4326, or a reason and what the file said.

    Raises
    ------
    InputError
        No CRS is stated and the numbers are not degrees.
    SettingsError
        A CRS is unknown, or neither projected nor in degrees.
    """
    source = _crs(_DEGREES_EPSG if epsg is None else epsg, f"epsg {epsg} of {where}")
    _crs(analysis_epsg, f"analysis_epsg {analysis_epsg}")
    pairs = _pairs(x, y, source)
    if epsg is None:
        _refuse_doubt(pairs, where)
    verdict = _Verdict(len(pairs.x))
    verdict.mark((pairs.x_text == "") & (pairs.y_text == ""), "no_location")
    verdict.mark(~(np.isfinite(pairs.x) & np.isfinite(pairs.y)), "bad_coordinates", "not two numbers")
    verdict.mark(_largest(pairs) < (_ZERO_DEGREES if source.degrees else _ZERO_UNITS), "zero_coordinates")
    at_home = analysis_epsg == BRITISH_NATIONAL_GRID_EPSG
    if source.degrees:
        _judge_range(verdict, pairs, at_home=at_home)
    if at_home:
        _judge_at_home(verdict, pairs, source)
    else:
        _judge_elsewhere(verdict, pairs, source, analysis_epsg)
    return _by_row(verdict, pairs, source, x.index)


# --- texts and numbers ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Source:
    """What must be known of the CRS of the texts."""

    epsg: int
    degrees: bool
    unit: str
    """In the plural."""


def _crs(epsg: int, what: str) -> _Source:
    """Look a CRS up; ``what`` is what an error calls it."""
    try:
        crs = pyproj.CRS.from_epsg(epsg)
    except pyproj.exceptions.CRSError as error:
        raise SettingsError(
            f"{what} is no known CRS; longitude and latitude are 4326, the British National Grid is 27700."
        ) from error
    unit = crs.axis_info[0].unit_name
    if not (crs.is_projected or (crs.is_geographic and unit == "degree")):
        raise SettingsError(
            f"{what} ({crs.name}) is neither a projected CRS nor one in degrees; longitude and latitude are 4326, "
            "the British National Grid is 27700."
        )
    return _Source(epsg, not crs.is_projected, unit.replace("foot", "feet").replace("metre", "metres"))


@dataclass(frozen=True)
class _Pairs:
    """Each pair of texts that occurs, once, in order of appearance: street-level rows share few places."""

    x_text: _Texts
    y_text: _Texts
    x: _Floats
    """NaN where the text is no number."""
    y: _Floats
    of_row: npt.NDArray[np.intp]
    """For each row the position of its pair."""


def _pairs(x: pd.Series, y: pd.Series, source: _Source) -> _Pairs:
    x_of_row, x_text, x_number = _distinct(x, _MAX_LONGITUDE if source.degrees else None)
    y_of_row, y_text, y_number = _distinct(y, _MAX_LATITUDE if source.degrees else None)
    of_row, both = pd.factorize(x_of_row * len(y_text) + y_of_row)
    x_of, y_of = np.divmod(both, len(y_text))
    return _Pairs(x_text[x_of], y_text[y_of], x_number[x_of], y_number[y_of], of_row)


def _distinct(texts: pd.Series, limit: float | None) -> tuple[npt.NDArray[np.int64], _Texts, _Floats]:
    """Return for each row the position of its text, and the distinct texts with their numbers."""
    of_row, found = pd.factorize(texts.fillna(""))
    stripped = [text.strip() for text in found.tolist()]
    numbers = np.fromiter((_number(text, limit) for text in stripped), dtype=np.float64, count=len(stripped))
    return of_row.astype(np.int64), np.array(stripped, dtype=object), numbers


def _number(text: str, limit: float | None) -> float:
    """Return the number a text writes, or NaN; ``limit`` is the largest of an axis in degrees."""
    if _PLAIN.fullmatch(text):
        return float(text)
    grouped = float(text.replace(",", "")) if _THOUSANDS.fullmatch(text) else math.nan
    if _DECIMAL_COMMA.fullmatch(text):
        decimal = float(text.replace(",", "."))
        if math.isnan(grouped) or (limit is not None and abs(decimal) <= limit):
            return decimal
    return grouped


def _largest(pairs: _Pairs) -> _Floats:
    return np.maximum(np.abs(pairs.x), np.abs(pairs.y))


def _can_be_degrees(x: _Floats, y: _Floats) -> _Bools:
    return (np.abs(x) <= _MAX_LONGITUDE) & (np.abs(y) <= _MAX_LATITUDE)


def _refuse_doubt(pairs: _Pairs, where: str) -> None:
    """Raise unless nearly all numbers of a source without a stated CRS can be degrees."""
    rows = np.bincount(pairs.of_row, minlength=len(pairs.x))
    largest = _largest(pairs)
    told = np.isfinite(largest) & (largest >= _ZERO_DEGREES)
    strange = told & ~_can_be_degrees(pairs.x, pairs.y)
    n_told, n_strange = int(rows[told].sum()), int(rows[strange].sum())
    if 100 * n_strange <= _DOUBT_PER_100 * n_told:
        return
    first = int(strange.argmax())
    on_the_grid = int(rows[strange][_in_outline(pairs.x[strange], pairs.y[strange])].sum())
    raise InputError(
        f"Of the {n_told:,} coordinates of {where}, {n_strange:,} are not degrees (the first: "
        f"{_said(pairs.x_text[first], pairs.y_text[first])}), and no CRS is stated; "
        + (
            "they lie in Great Britain as metres on its National Grid: set epsg = 27700 for this source."
            if 2 * on_the_grid > n_strange
            else "set epsg for this source: 27700 if they are metres on the British National Grid, else the EPSG code "
            "that their publisher names."
        )
    )


# --- places -----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def _transformer(source: int, target: int) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def _transformed(rows: _Bools, source: int, target: int, x: _Floats, y: _Floats) -> tuple[_Floats, _Floats]:
    """Return some pairs in another CRS, infinite where it cannot show them; NaN for the other pairs."""
    out_x, out_y = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    out_x[rows], out_y[rows] = x[rows], y[rows]
    if source != target:
        out_x[rows], out_y[rows] = _transformer(source, target).transform(out_x[rows], out_y[rows])
    return out_x, out_y


def _to_degrees(rows: _Bools, epsg: int, x: _Floats, y: _Floats) -> tuple[_Floats, _Floats]:
    """Return some pairs in degrees; NaN for the other pairs, and where the CRS cannot show them.

    Far from the area it is made for, the inverse of a projection repeats itself or returns anything: a place
    must lead back to where it came from.
    """
    lon, lat = _transformed(rows, epsg, _DEGREES_EPSG, x, y)
    back_x, back_y = _transformed(rows, _DEGREES_EPSG, epsg, lon, lat)
    with np.errstate(over="ignore", invalid="ignore"):
        lost = ~(np.maximum(np.abs(back_x - x), np.abs(back_y - y)) < _LOST_UNITS)
    lon[lost] = lat[lost] = np.nan
    return lon, lat


def _in_outline(easting: _Floats, northing: _Floats) -> _Bools:
    outline = shapely.Polygon(OUTLINE_KM)
    shapely.prepare(outline)
    return np.asarray(shapely.contains_xy(outline, easting / 1000, northing / 1000), dtype=np.bool_)


def _home_test(epsg: int) -> _Test:
    """Return the test whether pairs in a CRS lie in Great Britain."""
    if epsg == BRITISH_NATIONAL_GRID_EPSG:
        return _in_outline

    def inside(x: _Floats, y: _Floats) -> _Bools:
        lon, lat = _to_degrees(np.ones(len(x), dtype=np.bool_), epsg, x, y)
        known = np.isfinite(lon)
        return _in_outline(*_transformed(known, _DEGREES_EPSG, BRITISH_NATIONAL_GRID_EPSG, lon, lat))

    return inside


class _Verdict:
    """The fault of each pair: the first that applies."""

    def __init__(self, number: int) -> None:
        self.reason: _Texts = np.full(number, "", dtype=object)
        self.words: _Texts = np.full(number, "", dtype=object)

    @property
    def open(self) -> _Bools:
        """True for pairs without a fault so far."""
        return np.asarray(self.reason == "", dtype=np.bool_)

    def mark(self, fault: _Bools, reason: str, words: str = "") -> None:
        """Give the still open pairs with a fault their reason, and words for what they look like."""
        hit = self.open & fault
        self.reason[hit] = reason
        self.words[hit] = words and f" ({words})"


def _among(rows: _Bools, test: _Test, x: _Floats, y: _Floats) -> _Bools:
    """Return which of some pairs pass a test; the others are not tried."""
    passed = np.zeros(len(rows), dtype=np.bool_)
    passed[rows] = test(x[rows], y[rows])
    return passed


def _judge_range(verdict: _Verdict, pairs: _Pairs, *, at_home: bool) -> None:
    """Mark the pairs of a source in degrees that are none."""
    x, y = pairs.x, pairs.y
    off = verdict.open & ~_can_be_degrees(x, y)
    if at_home:
        verdict.mark(_among(off, _in_outline, x, y), "wrong_unit", "metres where degrees were expected")
    else:
        verdict.mark(off & _can_be_degrees(y, x), "swapped_axes", "longitude and latitude look swapped")
    verdict.mark(off & (_largest(pairs) > _NEVER_DEGREES), "wrong_unit", "too large for degrees")
    verdict.mark(off, "bad_coordinates", "out of the range of degrees")


def _judge_at_home(verdict: _Verdict, pairs: _Pairs, source: _Source) -> None:
    """Mark the pairs that are not in Great Britain, by what would bring them there."""
    x, y = pairs.x, pairs.y
    inside = _home_test(source.epsg)
    away = verdict.open & ~_among(verdict.open, inside, x, y)
    if not source.degrees:
        for scale, unit in _SCALES if source.unit == "metres" else ():
            with np.errstate(over="ignore"):
                scaled_x, scaled_y = scale * x, scale * y
            verdict.mark(_among(away, inside, scaled_x, scaled_y), "wrong_unit", f"{unit} where metres were expected")
        # The first 180 metres from the origin of a projection are no likelier than degrees.
        verdict.mark(away & _can_be_degrees(x, y), "wrong_unit", f"degrees where {source.unit} were expected")
    axes = "longitude and latitude" if source.degrees else "easting and northing"
    verdict.mark(_among(away, inside, y, x), "swapped_axes", f"{axes} look swapped")
    verdict.mark(away, "outside_great_britain")


def _judge_elsewhere(verdict: _Verdict, pairs: _Pairs, source: _Source, analysis_epsg: int) -> None:
    """Mark the pairs that are no place on earth, or none that the CRS of the analysis can show."""
    if not source.degrees:
        plain = _can_be_degrees(pairs.x, pairs.y)
        verdict.mark(plain, "wrong_unit", f"degrees where {source.unit} were expected")
    lon, lat = _to_degrees(verdict.open, source.epsg, pairs.x, pairs.y)
    verdict.mark(np.isnan(lon), "bad_coordinates", f"not on the map of EPSG:{source.epsg}")
    x, y = _transformed(verdict.open, _DEGREES_EPSG, analysis_epsg, lon, lat)
    verdict.mark(~(np.isfinite(x) & np.isfinite(y)), "bad_coordinates", f"not on the map of EPSG:{analysis_epsg}")


# --- rows and words ---------------------------------------------------------------------------------------------------


def _by_row(verdict: _Verdict, pairs: _Pairs, source: _Source, index: pd.Index) -> Places:
    """Return the places of the rows from those of the pairs."""
    lon, lat = _transformed(verdict.open, source.epsg, _DEGREES_EPSG, pairs.x, pairs.y)
    text = pd.StringDtype("python", na_value=np.nan)  # unlike pyarrow's, it holds any text a file can
    return Places(
        lon=pd.Series(lon[pairs.of_row], index=index),
        lat=pd.Series(lat[pairs.of_row], index=index),
        reason=pd.Series(verdict.reason[pairs.of_row], index=index, dtype=text),
        value=pd.Series(_values(verdict, pairs)[pairs.of_row], index=index, dtype=text),
    )


def _values(verdict: _Verdict, pairs: _Pairs) -> _Texts:
    """Return what the faulty pairs said."""
    values = np.full(len(pairs.x), "", dtype=object)
    for place_no in np.flatnonzero(~verdict.open & (verdict.reason != "no_location")):
        values[place_no] = _said(pairs.x_text[place_no], pairs.y_text[place_no], verdict.words[place_no])
    return values


def _said(x_text: str, y_text: str, words: str = "") -> str:
    """Return two texts and words for them, in no more than 100 characters: the texts are cut, not the words."""
    texts, room = f"{x_text}, {y_text}", _VALUE_LENGTH - len(words)
    return (texts if len(texts) <= room else f"{texts[: room - 1]}…") + words
