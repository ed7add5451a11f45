"""Whatever bytes a file holds, a reader answers with a table or with one of our errors, never with another."""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotspots.errors import HotspotsError
from hotspots.intake.boundaries import read_boundaries
from hotspots.intake.events import read_events
from hotspots.intake.incidents import read_incidents
from hotspots.intake.lookups import read_lookup, read_population
from tests import intake_fixtures as fixtures
from tests.intake_fixtures import asb, gzipped, layer, row, street_text, zip_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

MANY = int(os.environ.get("HOTSPOTS_FUZZ", "15"))
"""Examples of each case; a long night may ask for more."""

STREET = street_text(
    [row(), asb(), asb(), row(x="0.2"), row(id="b", month="x"), row(id="c", context='a "quoted"\nline')]
)
EVENTS = fixtures.table(
    [
        ("id", "title", "starts_at", "ends_at", "longitude", "latitude", "easting", "northing", "risk"),
        ("", "Fair", "2024-05-04T10:00+01:00", "04/05/2024 18:00", "0.14", "51.45", "", "", "high"),
        ("E1", "Show", "2024-10-27 01:30", "", "", "", "549000", "175500", ""),
    ],
)
LOOKUP = "LSOA11CD,LSOA21CD,CHGIND\nE1,E1,U\nE2,E3,S\n"
PEOPLE = 'lsoa_code,residents\nE1,"1,234"\nE2,5\n'


def _street(path: Path) -> None:
    intake = read_incidents([path])
    assert len(intake.incidents) + len(intake.rejects) == intake.accounts["read"].sum()


READERS: dict[str, Callable[[Path], object]] = {
    "street": _street,
    "events": lambda path: read_events(path, epsg=27700),
    "lookup": read_lookup,
    "population": read_population,
    "boundaries": lambda path: read_boundaries([path], epsg=27700),
}


@cache
def layer_bytes(suffix: str) -> bytes:
    """Return a small valid layer in the format of a suffix."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"x{suffix}"
        if suffix == ".zip":
            fixtures.shapefile_zip(path, layer())
        else:
            layer(4326).to_file(path, driver="GeoJSON" if "json" in suffix else None)
        return path.read_bytes()


@cache
def valid(reader: str, suffix: str) -> bytes:
    if reader == "boundaries":
        return layer_bytes(suffix)
    text: bytes = {"street": STREET, "events": EVENTS, "lookup": LOOKUP, "population": PEOPLE}[reader].encode()
    return packed(suffix, text)


def packed(suffix: str, data: bytes) -> bytes:
    """Return a text table in the package that a suffix names."""
    package: bytes = data
    if suffix == ".zip":
        package = zip_bytes({"a/x-street.csv": data})
    elif suffix == ".gz":
        package = gzipped(data)
    return package


def check(reader: str, suffix: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"x{suffix}"
        path.write_bytes(data)
        try:
            READERS[reader](path)
        except HotspotsError as error:
            assert "breaks its contract" not in str(error)  # noqa: PT017
            str(error).encode()


@st.composite
def mutated(draw: st.DrawFn, data: bytes) -> bytes:
    """Return the bytes with a few changes, each of a kind that real damage has."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        stop = min(len(data), start + draw(st.integers(0, 40)))
        kind = draw(st.sampled_from(["cut", "truncate", "insert", "overwrite", "double", "token"]))
        if kind == "cut":
            data = data[:start] + data[stop:]
        elif kind == "truncate":
            data = data[:start]
        elif kind == "double":
            data = data[:stop] + data[start:]
        elif kind == "token":
            data = data[:start] + draw(st.sampled_from(TOKENS)) + data[stop:]
        else:
            fresh = draw(st.binary(max_size=8))
            data = data[:start] + fresh + data[start if kind == "insert" else start + len(fresh) :]
    return data


TOKENS = (
    *(b",", b'"', b"\n", b"\r", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"{", b"[", b"null", b"-"),
    *(b"1e400", b"nan", b"inf", b"9" * 400, b"0x10", b"1_0", b"true", b"-0.0", "٣".encode(), "\u2028".encode()),
    *(
        b"9999-12-31T23:59-14:00",
        b"0000-00-00",
        b"24:00",
        b"E01000001",
        b"[[0.1,51.4],[0.1,51.4]]",
        b"Polygon",
        b"Point",
    ),
)

CASES = [
    *(("street", suffix) for suffix in (".csv", ".gz", ".zip")),
    *(("events", suffix) for suffix in (".csv", ".gz")),
    ("lookup", ".csv"),
    ("population", ".csv"),
    *(("boundaries", suffix) for suffix in (".geojson", ".gpkg", ".zip", ".fgb", ".kml")),
]
QUIET = settings(max_examples=MANY, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize(("reader", "suffix"), [case for case in CASES if case[1] != ".kml"])
def test_the_undamaged_file_is_read(reader, suffix):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"x{suffix}"
        path.write_bytes(valid(reader, suffix))
        READERS[reader](path)


@pytest.mark.parametrize(("reader", "suffix"), CASES)
@QUIET
@given(data=st.data())
def test_a_damaged_file_is_a_table_or_our_error(reader, suffix, data):
    source = valid(reader, ".geojson" if suffix == ".kml" else suffix)
    check(reader, suffix, data.draw(mutated(source)))


@pytest.mark.parametrize(
    ("reader", "suffix"), [case for case in CASES if case[1] in {".gz", ".zip"} and case[0] != "boundaries"]
)
@QUIET
@given(data=st.data())
def test_a_damaged_file_in_a_sound_package_is_a_table_or_our_error(reader, suffix, data):
    inner = data.draw(mutated(valid(reader, ".csv")))
    check(reader, suffix, packed(suffix, inner))


@pytest.mark.parametrize("suffix", [".csv", ".gz", ".zip", ".geojson", ".gpkg", ".shp", ".json", "", ".xlsx"])
@QUIET
@given(
    content=st.one_of(st.binary(max_size=200), st.text(max_size=100).map(lambda text: text.encode("utf-8", "replace")))
)
def test_any_bytes_under_any_name_are_a_table_or_our_error(suffix, content):
    for reader in READERS:
        check(reader, suffix, content)


CELL = st.one_of(st.sampled_from([token.decode("utf-8", "replace") for token in TOKENS]), st.text(max_size=5))


@QUIET
@given(
    rows=st.lists(
        st.fixed_dictionaries({key: st.one_of(st.just(value), CELL) for key, value in fixtures.ROBBERY.items()})
    )
)
def test_any_cells_in_a_street_file_are_accounted_for(rows):
    check("street", ".csv", street_text(rows).encode("utf-8", "replace"))


@QUIET
@given(rows=st.lists(st.tuples(*[CELL] * 6), max_size=5))
def test_any_cells_in_a_tracker_are_an_event_or_a_reject(rows):
    titles = ("title", "starts_at", "ends_at", "longitude", "latitude", "risk")
    check("events", ".csv", fixtures.table([titles, *rows]).encode("utf-8", "replace"))
