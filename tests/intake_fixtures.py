"""Small street-level files, layers and trackers in code, the same in every run."""

from __future__ import annotations

import csv
import gzip
import io
import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
from shapely.geometry import box

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

_ROOT = Path(__file__).resolve().parents[1]
REAL = Path(os.environ.get("HOTSPOTS_REAL_DATA", _ROOT.parent / "shared" / "data"))

TITLES = {
    "id": "Crime ID",
    "month": "Month",
    "reported_by": "Reported by",
    "force": "Falls within",
    "x": "Longitude",
    "y": "Latitude",
    "street": "Location",
    "lsoa": "LSOA code",
    "lsoa_name": "LSOA name",
    "category": "Crime type",
    "outcome": "Last outcome category",
    "context": "Context",
}
HEADER = list(TITLES.values())
MET = "Metropolitan Police Service"
ROBBERY = {
    "id": "a1",
    "month": "2024-01",
    "reported_by": MET,
    "force": MET,
    "x": "0.140000",
    "y": "51.450000",
    "street": "On or near High Street",
    "lsoa": "E01000001",
    "lsoa_name": "Bexley 001A",
    "category": "Robbery",
    "outcome": "Under investigation",
    "context": "",
}

HOSTILE = (
    "</script><img src=x onerror=alert(1)>",
    "${alert(1)}",
    "`",
    "C:\\new\\2019",
    "=1+1",
    "\u202egnp.exe",
    "a\u2028b",
    "🚓",
    "' OR 1=1 --",
)


def row(**changes: str) -> dict[str, str]:
    """Return one located robbery with changes."""
    return ROBBERY | changes


def asb(**changes: str) -> dict[str, str]:
    """Return one anti-social behaviour row, which has no ID and no outcome."""
    return row(**({"id": "", "category": "Anti-social behaviour", "outcome": ""} | changes))


def table(rows: Iterable[Sequence[str]], *, end: str = "\r\n") -> str:
    """Return rows of cells as CSV text."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end).writerows(rows)
    return text.getvalue()


def street_text(rows: Iterable[Mapping[str, str]], *, end: str = "\r\n") -> str:
    """Return rows as the text of a street-level file."""
    return table([HEADER, *([record[key] for key in TITLES] for record in rows)], end=end)


def street_file(folder: Path, rows: Iterable[Mapping[str, str]], name: str = "2024-01-met-street.csv") -> Path:
    """Write a street-level file and return its path."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(street_text(rows).encode())
    return path


def text_file(folder: Path, name: str, text: str | bytes) -> Path:
    """Write a file and return its path."""
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def zipped(path: Path, members: Mapping[str, bytes | str]) -> Path:
    """Write a zip, the same bytes every time, and return its path."""
    path.write_bytes(zip_bytes(members))
    return path


def zip_bytes(members: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return the bytes of a zip."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return data.getvalue()


def gzipped(data: bytes | str) -> bytes:
    """Return gzipped bytes, the same every time."""
    return gzip.compress(data.encode() if isinstance(data, str) else data, mtime=0)


def layer(crs: int = 27700, vintage: str = "21", **columns: list[Any]) -> gpd.GeoDataFrame:
    """Return three LSOA squares beside each other near Bexley."""
    frame = gpd.GeoDataFrame(
        {
            f"LSOA{vintage}CD": ["E01000001", "E01000002", "E01000003"],
            f"LSOA{vintage}NM": ["Bexley 001A", "Bexley 001B", "Barking and Dagenham 002A"],
        }
        | columns,
        geometry=[box(547_000 + 1000 * step, 175_000, 548_000 + 1000 * step, 176_000) for step in range(3)],
        crs=27700,
    )
    return frame.to_crs(crs)


def shapefile_zip(path: Path, frame: gpd.GeoDataFrame, *, folder: str = "", without: str = "") -> Path:
    """Write a shapefile into a zip, in a folder of it, without one of its files."""
    work = path.parent / f"{path.stem}-shp"
    work.mkdir()
    frame.to_file(work / "layer.shp")
    return zipped(
        path,
        {
            folder + part.name: part.read_bytes()
            for part in sorted(work.iterdir())
            if part.suffix != without or not without
        },
    )


def counts(rejects: pd.DataFrame) -> dict[str, int]:
    """Return how many rows were rejected for each reason."""
    return {str(reason): int(number) for reason, number in rejects["reason"].value_counts().items()}
