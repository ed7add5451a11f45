"""Street-level crime files in the shape of data.police.uk."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from hotspots.intake.accept import STREET_LEVEL, first_fault, raw_frame
from hotspots.intake.coordinates import place
from hotspots.intake.tabular import Layout, first_titles, read_cells

COLUMNS = {
    "id": "Crime ID",
    "month": "Month",
    "reported_by": "Reported by",
    "force": "Falls within",
    "longitude": "Longitude",
    "latitude": "Latitude",
    "street": "Location",
    "lsoa": "LSOA code",
    "category": "Crime type",
    "outcome": "Last outcome category",
}
REQUIRED = ("id", "month", "longitude", "latitude", "street", "lsoa", "category")

_LAYOUT = Layout(format="csv", delimiter=",")
_MONTH = re.compile(r"(?:19|20)[0-9][0-9]-(?:0[1-9]|1[0-2])")


def read_texts(data: bytes, name: str) -> pd.DataFrame:
    """Read the columns of one street-level file.

    Parameters
    ----------
    data
        Bytes of the file, unpacked.
    name
        What messages and ``source_file`` call it.

    Returns
    -------
    DataFrame
        Text by our names, with ``source_file``, ``source_row`` and ``broken``: why the row cannot be trusted.

    Raises
    ------
    InputError
        The file is not a street-level CSV.
    """
    there = {title.casefold() for title in first_titles(data, name, _LAYOUT)}
    titles = {ours: title for ours, title in COLUMNS.items() if ours in REQUIRED or title.casefold() in there}
    cells = read_cells(data, name, list(titles.values()), _LAYOUT)
    rows = len(cells.numbers)
    blank = [""] * rows
    frame = pd.DataFrame({ours: cells.columns.get(title, blank) for ours, title in COLUMNS.items()}, dtype="str")
    frame["broken"] = pd.Series([cells.faults.get(row, "") for row in range(rows)], dtype="str")
    frame["force"] = frame["force"].where(frame["force"] != "", frame.pop("reported_by"))
    frame["source_file"] = pd.Series(name, index=frame.index, dtype="str")
    return frame.assign(source_row=np.asarray(cells.numbers, dtype=np.int64))


def to_raw(texts: pd.DataFrame, *, analysis_epsg: int, zone: str) -> pd.DataFrame:
    """Name the faults of rows read from street-level files.

    Parameters
    ----------
    texts
        Rows of ``read_texts`` on a range index, with ``same_as``: an equal file read before, or empty.
    analysis_epsg
        CRS of the analysis; with the British National Grid a point outside Great Britain is a fault.
    zone
        Time zone of the (empty) times.

    Returns
    -------
    DataFrame
        Rows for ``accept``, on the same index.

    Raises
    ------
    SettingsError
        The CRS is unknown.
    """
    good_month = texts["month"].isin([month for month in texts["month"].unique() if _MONTH.fullmatch(month)])
    broken = texts["broken"] != ""
    faults = {
        "repeated_file": (texts["same_as"] != "", "", texts["same_as"]),
        "broken_row": (broken, "", texts["broken"]),
        "bad_month": (~good_month, COLUMNS["month"], texts["month"]),
        "no_category": (texts["category"] == "", COLUMNS["category"], texts["category"]),
    }
    places = place(texts["longitude"], texts["latitude"], epsg=4326, analysis_epsg=analysis_epsg)
    return raw_frame(
        len(texts),
        zone,
        **{name: texts[name] for name in ("id", "category", "force", "street", "lsoa", "outcome")},
        month=texts["month"].where(good_month & ~broken, ""),
        source=pd.Series(STREET_LEVEL, index=texts.index, dtype="str"),
        id_column=pd.Series(COLUMNS["id"], index=texts.index, dtype="str"),
        source_file=texts["source_file"],
        source_row=texts["source_row"],
        lon=places.lon,
        lat=places.lat,
        **first_fault(faults, texts.index),
        place_fault=places.reason,
        place_column=pd.Series("Longitude, Latitude", index=texts.index, dtype="str"),
        place_value=places.value,
    )
