"""Where a postcode lies: the ONS Postcode Directory, OS Code-Point Open, and tables like them."""

from __future__ import annotations

import csv
import gzip
import hashlib
import math
import re
import zlib
from dataclasses import dataclass
from itertools import chain
from typing import IO, TYPE_CHECKING

import numpy as np
import pandas as pd
import pyproj

from hotspots.errors import InputError
from hotspots.geo.gridref import EAST_LIMIT_M, NORTH_LIMIT_M
from hotspots.intake.files import InputFile, exists, shown_name
from hotspots.settings import BRITISH_NATIONAL_GRID_EPSG

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

_POSTCODE = ("pcds", "pcd", "pcd2", "pcd7", "pcd8", "postcode", "post code")
_METRES = (("oseast1m", "osnrth1m"), ("east1m", "north1m"), ("easting", "northing"), ("eastings", "northings"))
_DEGREES = (("long", "lat"), ("longitude", "latitude"), ("lng", "lat"), ("lon", "lat"))
"""Spellings of x and y in headers; metres before degrees."""

_CODE_POINT = (0, 2, 3)
"""Where Code-Point Open, which has no header, keeps postcode, easting and northing."""
_LOOKS = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}")

_IRISH = "BT"
"""Postcodes of Northern Ireland: the directory gives them on the Irish Grid, which is not the British one."""

_NORTHERNMOST = 90.0
"""The directory writes latitude 99.999999 where it knows no place."""


@dataclass(frozen=True)
class Postcodes:
    """The places of postcodes."""

    places: pd.DataFrame
    """Columns ``easting`` and ``northing`` in metres, EPSG:27700; index ``postcode``: upper case, without blanks."""
    ambiguous: int
    """Postcodes that the file puts in several places; they are not in ``places``."""
    file: InputFile

    def find(self, texts: pd.Series) -> pd.DataFrame:
        """Return the places of some postcodes.

        Parameters
        ----------
        texts
            Postcodes as people write them: case and blanks do not matter; empty ones may be among them.

        Returns
        -------
        DataFrame
            Columns ``easting`` and ``northing`` in metres, EPSG:27700, on the index of ``texts``; empty where the
            postcode is not known.
        """
        codes, said = pd.factorize(texts)
        rows = self.places.index.get_indexer(pd.Index([compared(str(text)) for text in said], dtype="object"))
        found = np.append(rows, -1)[codes]  # an empty text has the code -1
        return pd.DataFrame(
            {
                name: np.append(self.places[name].to_numpy(dtype=float), np.nan)[found]
                for name in ("easting", "northing")
            },
            index=texts.index,
        )


def compared(text: str) -> str:
    """Return a postcode as postcodes are compared: upper case, without blanks."""
    return "".join(text.split()).upper()


def read_postcodes(path: Path) -> Postcodes:
    """Read the places of postcodes; only postcode and coordinates are kept.

    Parameters
    ----------
    path
        CSV or gzipped CSV: the ONS Postcode Directory, OS Code-Point Open (which has no header), or any table with a
        column of postcodes and columns of eastings and northings or of longitude and latitude.

    Returns
    -------
    Postcodes
        Places, the number of postcodes with several, and the file. A row without coordinates says nothing: they are
        empty or 0, off the National Grid, or the postcode lies in Northern Ireland and they are on the Irish Grid.

    Raises
    ------
    InputError
        The file is missing, unreadable, has no such columns, or holds not one place.
    """
    if not exists(path):
        raise InputError(f"The file {path} does not exist; check the path.")
    digest = hashlib.sha256()
    codes: list[str] = []
    x: list[float] = []
    y: list[float] = []
    try:
        with _open(path) as stream:
            reader = csv.reader(_lines(stream, digest), strict=True)
            first = next(reader, [])
            (code_at, x_at, y_at), degrees = _columns(first, path.name)
            irish = "" if degrees else _IRISH
            rows = chain([first], reader) if _is_postcode(first) else reader
            needed = max(code_at, x_at, y_at)
            for row in rows:
                if len(row) > needed and (code := compared(row[code_at])):
                    if irish and code.startswith(irish):
                        continue
                    codes.append(code)
                    x.append(_number(row[x_at]))
                    y.append(_number(row[y_at]))
    except csv.Error as error:
        raise InputError(f"{path.name}, line {reader.line_num}: not readable as CSV ({error}).") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path.name} is not a whole gzip file ({error}); download it again.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); is it a file, and yours to read?") from error
    places, ambiguous = _places(codes, np.array(x, dtype=float), np.array(y, dtype=float), degrees=degrees)
    if places.empty and not ambiguous:
        raise InputError(f"{path.name} holds no postcode with a place; is it the ONS Postcode Directory, unpacked?")
    return Postcodes(places, ambiguous, InputFile("postcodes", shown_name(path), digest.hexdigest()))


def _open(path: Path) -> IO[bytes] | gzip.GzipFile:
    if path.name.casefold().endswith(".gz"):
        return gzip.open(path, "rb")
    return path.open("rb")


def _lines(stream: Iterable[bytes], digest: hashlib._Hash) -> Iterator[str]:
    """Yield the lines of a file that is too large to be held, and hash them."""
    mark = "\ufeff"
    for line in stream:
        digest.update(line)
        yield line.decode("utf-8", errors="replace").removeprefix(mark).replace("\x00", "\ufffd")
        mark = ""


def _is_postcode(row: Sequence[str]) -> bool:
    return bool(row) and _LOOKS.fullmatch(compared(row[0])) is not None


def _columns(first: Sequence[str], name: str) -> tuple[tuple[int, int, int], bool]:
    """Return where postcode, x and y stand, and whether x and y are degrees."""
    if _is_postcode(first) and len(first) > max(_CODE_POINT):
        return _CODE_POINT, False
    titles = {title.strip().casefold(): place for place, title in reversed(list(enumerate(first)))}
    code = next((titles[title] for title in _POSTCODE if title in titles), None)
    for pairs, degrees in ((_METRES, False), (_DEGREES, True)):
        for x, y in pairs:
            if code is not None and x in titles and y in titles:
                return (code, titles[x], titles[y]), degrees
    said = ", ".join(title.strip() for title in first)[:200]
    printable = "".join(letter if letter.isprintable() else "\ufffd" for letter in said)
    raise InputError(
        f"{name} lacks {'a column pcds' if code is None else 'columns oseast1m and osnrth1m'}; it has: "
        f"{printable or 'nothing'}. Give the ONS Postcode Directory or Code-Point Open as CSV.",
    )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _places(codes: list[str], x: np.ndarray, y: np.ndarray, *, degrees: bool) -> tuple[pd.DataFrame, int]:
    """Return one place per postcode, and how many have several."""
    if degrees:
        unknown = ~((np.abs(y) < _NORTHERNMOST) & (np.abs(x) <= 180.0) & ((x != 0) | (y != 0)))  # noqa: PLR2004
        transformer = pyproj.Transformer.from_crs(4326, BRITISH_NATIONAL_GRID_EPSG, always_xy=True)
        x, y = transformer.transform(np.where(unknown, np.nan, x), np.where(unknown, np.nan, y))
    known = (x > 0) & (x <= EAST_LIMIT_M) & (y > 0) & (y <= NORTH_LIMIT_M)
    index = pd.Index(np.array(codes, dtype="object")[known], dtype="str", name="postcode")
    places = pd.DataFrame({"easting": x[known], "northing": y[known]}, index=index)
    places = places.reset_index().drop_duplicates().set_index("postcode")
    several = places.index.duplicated(keep=False)
    return places[~several].sort_index(), int(places.index[several].nunique())
