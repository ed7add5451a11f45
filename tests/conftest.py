"""Shared by the tests of the pipeline, the pack and the command line: a small town made in code.

The town is a lattice of square LSOAs near 549000, 175500: Greenwich in the west, Bexley in the middle, Dartford in the
east, whose force is in no file. Fourteen months to 2024-05 of street-level rows, in the shape of data.police.uk.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import sys
import time
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import geopandas as gpd
import pandas as pd
import pyogrio
import pyproj
import pytest
import shapely
from hypothesis import settings

from tests.browser_fixtures import open_content
from tests.fetch_fixtures import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

# How long an example takes says more of the machine than of the code.
settings.register_profile("hotspots", deadline=None)
settings.load_profile("hotspots")

ROOT = Path(__file__).resolve().parents[1]
REAL = Path(os.environ.get("HOTSPOTS_REAL_DATA") or ROOT.parent / "shared" / "data")

MONTHS = [str(month) for month in pd.period_range("2023-04", "2024-05", freq="M")]
MONTH = MONTHS[-1]
WINDOW = MONTHS[2:]
WEST, SOUTH, SIDE = 547_000, 175_500, 500
ROWS = 4
BOROUGHS = {"Greenwich": ("E09000011", 4), "Bexley": ("E09000004", 4), "Dartford": ("E07000107", 3)}
HEADER = [
    "Crime ID",
    "Month",
    "Reported by",
    "Falls within",
    "Longitude",
    "Latitude",
    "Location",
    "LSOA code",
    "LSOA name",
    "Crime type",
    "Last outcome category",
    "Context",
]
MET = "Metropolitan Police Service"
VIOLENCE, ROBBERY, BURGLARY, ASB = (
    "Violence and sexual offences",
    "Robbery",
    "Burglary",
    "Anti-social behaviour",
)
PLACES = {
    "High Street": (549_260, 175_760),
    "Station Road": (550_240, 176_770),
    "Border Road": (550_900, 177_240),
    "Westgate": (548_740, 176_260),
    "Old Yard": (549_750, 177_250),
    "Garage Row": (550_250, 175_750),
    "Far Lane": (547_250, 175_750),
    "North Field": (549_750, 177_900),
    "Nowhere": (549_750, 183_000),
}
"""Name → easting and northing. North Field and Nowhere lie in no LSOA, Far Lane beyond the ring."""

_TO_DEGREES = pyproj.Transformer.from_crs(27700, 4326, always_xy=True)


@dataclass
class Town:
    """Files of the town on disk, and how to make others."""

    folder: Path
    rows: list[dict[str, str]]
    incidents: Path = field(init=False)
    boundaries: Path = field(init=False)

    def __post_init__(self) -> None:
        self.incidents = write_street(self.folder / "download", self.rows)
        self.boundaries = self.folder / "lsoa.geojson"
        lattice().to_crs(4326).to_file(self.boundaries, driver="GeoJSON")

    def options(self, out: Path, /, **changes: Any) -> list[str]:
        """Words of a ``hotspots run``; a list repeats its option, none leaves it out."""
        given = {
            "month": MONTH,
            "incidents": self.incidents,
            "boundaries": self.boundaries,
            "area": "Bexley",
            "out": out,
        }
        words = ["run"]
        for name, value in (given | changes).items():
            option = f"--{name.replace('_', '-')}"
            if value is True:
                words.append(option)
            elif value is not None:
                for one in value if isinstance(value, list) else [value]:
                    words += [option, str(one)]
        return words

    def run(self, out: Path, /, **changes: Any) -> PackRead:
        """Run the command in this process, expect success, and read the pack."""
        said = run_cli(*self.options(out, **changes))
        assert said.code == 0, said.err
        return PackRead(Path(changes.get("out", out)) / changes.get("month", MONTH), said)


@dataclass
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The one line on standard error, without its ``Error: ``."""
        assert self.out == ""
        assert self.err.startswith("Error: ")
        assert self.err.count("\n") == 1
        assert self.err.endswith("\n")
        assert "Traceback" not in self.err
        return self.err.removeprefix("Error: ").rstrip("\n")


class PackRead:
    """A pack, read back as a person's programs would."""

    def __init__(self, folder: Path, said: Said | None = None) -> None:
        self.folder, self.said = folder, said

    def csv(self, name: str) -> pd.DataFrame:
        return pd.read_csv(self.folder / f"{name}.csv", encoding="utf-8-sig", index_col=0)

    def layer(self, name: str) -> gpd.GeoDataFrame:
        return pyogrio.read_dataframe(self.folder / "month.gpkg", layer=name)

    @property
    def manifest(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))
        return document

    @property
    def page(self) -> str:
        return (self.folder / "map.html").read_text(encoding="utf-8")

    @property
    def hashes(self) -> dict[str, str]:
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(self.folder.iterdir())}


def names_in(folder: Path) -> list[str]:
    """Names of everything in a folder, hidden or not."""
    return sorted(path.name for path in folder.iterdir())


def run_cli(*words: str, cwd: Path | None = None, columns: int | None = None) -> Said:
    """Run ``hotspots.cli.main`` as the installed script does, in this process."""
    from hotspots.cli import main  # noqa: PLC0415 - the tests of --help look at what is loaded

    out, err = io.StringIO(), io.StringIO()
    environment = {"COLUMNS": str(columns)} if columns else {}
    code: object = None
    with (
        mock.patch.object(sys, "argv", ["hotspots", *words]),
        mock.patch.dict(os.environ, environment),
        chdir(cwd or Path.cwd()),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        if not columns:
            os.environ.pop("COLUMNS", None)
        try:
            main()
        except SystemExit as stop:
            code = stop.code
    return Said(0 if code is None else int(str(code)), out.getvalue(), err.getvalue())


def lattice() -> gpd.GeoDataFrame:
    """The LSOAs of the three boroughs in EPSG:27700, with the columns of an ONS layer."""
    records: list[dict[str, str]] = []
    shapes, first = [], 0
    for borough, (district, columns) in BOROUGHS.items():
        for row in range(ROWS):
            for column in range(columns):
                x, y = WEST + (first + column) * SIDE, SOUTH + row * SIDE
                number = 1 + len(records)
                records.append(
                    {
                        "LSOA21CD": f"E010{number:05d}",
                        "LSOA21NM": f"{borough} {row + 1:03d}{'ABCD'[column]}",
                        "LAD22CD": district,
                    }
                )
                shapes.append(shapely.box(x, y, x + SIDE, y + SIDE))
        first += columns
    return gpd.GeoDataFrame(records, geometry=shapes, crs=27700)


def row(month: str, street: str, category: str, **changes: str) -> dict[str, str]:
    """One street-level row at one of PLACES; ``changes`` replace columns by their names."""
    x, y = PLACES[street]
    longitude, latitude = _TO_DEGREES.transform(x, y)
    layer = lattice_at(x, y)
    return {
        "Crime ID": "",
        "Month": month,
        "Reported by": MET,
        "Falls within": MET,
        "Longitude": f"{longitude:.6f}",
        "Latitude": f"{latitude:.6f}",
        "Location": f"On or near {street}",
        "LSOA code": layer[0],
        "LSOA name": layer[1],
        "Crime type": category,
        "Last outcome category": "Under investigation",
        "Context": "",
        **changes,
    }


def lattice_at(x: float, y: float) -> tuple[str, str]:
    """Code and name of the LSOA at a place; empty outside."""
    layer = _LATTICE[_LATTICE.contains(shapely.Point(x, y))]
    return (layer["LSOA21CD"].iloc[0], layer["LSOA21NM"].iloc[0]) if len(layer) else ("", "")


_LATTICE = lattice()


def town_rows() -> list[dict[str, str]]:
    """Fourteen months of the town."""
    rows: list[dict[str, str]] = []

    def add(month: str, street: str, category: str, count: int, **changes: str) -> None:
        for _ in range(count):
            identity = "" if category == ASB else f"{len(rows):064x}"
            rows.append(row(month, street, category, **{"Crime ID": identity, **changes}))

    for position, month in enumerate(MONTHS):
        add(month, "High Street", VIOLENCE, 20 if month == MONTH else 4)
        add(month, "High Street", ROBBERY, 1)
        add(month, "High Street", ASB, 3)
        add(month, "Station Road", VIOLENCE, 3)
        add(month, "Border Road", VIOLENCE, 2)
        add(month, "Westgate", VIOLENCE, 2)
        add(month, "Far Lane", VIOLENCE, 1)
        add(month, "North Field", VIOLENCE, 1)
        add(month, "Nowhere", VIOLENCE, 1)
        add(month, "Garage Row", BURGLARY, 6)
        gone = {"Longitude": "", "Latitude": "", "Location": "No Location", "LSOA code": "", "LSOA name": ""}
        add(month, "High Street", VIOLENCE, 1, **gone)
        if position < 2:
            add(month, "Old Yard", VIOLENCE, 30)
    # The same ID twice, at two places: the smaller longitude is kept, in Bexley and not at the border.
    twice = {"Crime ID": "f" * 64}
    add(MONTH, "Border Road", VIOLENCE, 1, **twice)
    add(MONTH, "Station Road", VIOLENCE, 1, **twice)
    return rows


def write_street(folder: Path, rows: list[dict[str, str]]) -> Path:
    """Write rows as a download unpacks: one folder and file a month."""
    by_month: dict[str, list[dict[str, str]]] = {}
    for one in rows:
        by_month.setdefault(one["Month"], []).append(one)
    for month, some in by_month.items():
        write_table(folder / month / f"{month}-metropolitan-street.csv", some)
    return folder


def write_table(path: Path, rows: list[dict[str, str]], header: list[str] | None = None) -> Path:
    """Write rows as one CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, header or HEADER, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="session")
def town(tmp_path_factory):
    return Town(tmp_path_factory.mktemp("town"), town_rows())


@pytest.fixture(scope="session")
def kit():
    """This module: the town's names and builders, for tests that make their own files."""
    return sys.modules[__name__]


@pytest.fixture(scope="session")
def pack(town, tmp_path_factory):
    """The pack of Bexley's month, with events."""
    return town.run(tmp_path_factory.mktemp("packs"), events=write_events(town.folder / "events.csv"))


@pytest.fixture(scope="session")
def whole(town, tmp_path_factory):
    """The pack of the whole layer."""
    return town.run(tmp_path_factory.mktemp("whole"), area=None)


def write_events(path: Path) -> Path:
    """Five events: before the month, over its start, in it, in the next one, after that."""
    lines = [
        "title,starts_at,ends_at,easting,northing,kind,risk,notes",
        "Spring Fair,2024-04-20T12:00,2024-04-20T18:00,549300,175800,community,low,over by then",
        "Long Festival,2024-04-29T12:00,2024-05-01T00:30,549300,175800,music,medium,runs into May",
        "Derby,2024-05-11T15:00,2024-05-11T17:00,550200,176700,football,high,",
        "Street Party,2024-06-30T23:00,,,,community,,no place yet",
        "July Market,2024-07-01T00:00,2024-07-01T10:00,549300,175800,market,low,too late",
        "Broken,31/02/2024,,,,,,",
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@dataclass
class Demo:
    """The demonstration, run twice into the same folder."""

    out: Path
    pack: PackRead
    first: dict[str, str]
    seconds: float


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    out = tmp_path_factory.mktemp("demonstration") / "demo out"
    hashes: list[dict[str, str]] = []
    started = time.monotonic()
    for _ in range(2):
        said = run_cli("demo", "--out", str(out))
        assert said.code == 0, said.err
        hashes.append(PackRead(out / "2021-12").hashes)
    seconds = (time.monotonic() - started) / 2
    return Demo(out, PackRead(out / "2021-12", said), hashes[0], seconds)


@pytest.fixture(scope="session")
def real():
    """The folder of real public data; a test that wants it is skipped where there is none."""
    if not (REAL / "police").is_dir():
        pytest.skip(f"the public data are not in {REAL}; set HOTSPOTS_REAL_DATA")
    return REAL


@pytest.fixture
def serve(monkeypatch):
    """Start servers on this machine that answer as the given function does; no proxy stands between."""
    monkeypatch.setenv("no_proxy", "*")
    running: list[Server] = []

    def start(answer):
        running.append(Server(answer))
        return running[-1]

    yield start
    for server in running:
        server.close()


BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Return the installed Chromium, started once: its driver bears no second one beside it."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip(f"none of {', '.join(BROWSERS)} is installed")
    with sync_api.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser: Any, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Any:
    """Return a function that opens a content in a fresh, offline context."""
    folder = tmp_path_factory.mktemp("page")
    return partial(open_content, browser, folder, request.node.name[:80])
