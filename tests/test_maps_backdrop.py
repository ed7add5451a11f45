"""The backdrop's file: what is written can be read again, and nothing else can."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Polygon

from hotspots.errors import InputError
from hotspots.maps import offline
from hotspots.maps.backdrop import VERSION, backdrop_bytes, encode_lines, encode_surfaces, read_backdrop
from hotspots.maps.encode import PER_DEGREE, origin_of

BOUNDS = (0.0, 51.4, 0.2, 51.5)
DOCUMENT: dict[str, Any] = {
    "format": "hotspots backdrop",
    "version": 1,
    "made_by": "hotspots 0",
    "area": ["Bexley"],
    "bounds": [0.0, 51.4, 0.2, 51.5],
    "origin": [0, 5_140_000],
    "levels": [
        {"below_zoom": 12, "roads": {"1": [[0, 0, 5, 5]]}, "water": [], "streams": []},
        {
            "below_zoom": None,
            "roads": {"5": [[0, 0, 5, 5]]},
            "water": [[[[0, 0, 5, 0, 0, 5]]]],
            "streams": [[1, 1, 2, 2]],
        },
    ],
    "places": {"name": ["<img onerror=alert(1)>"], "rank": [2], "min_zoom": [10.0], "at": [3, 4]},
    "licence": ["Contains OS data", "© others"],
}


def read(document, bounds=BOUNDS):
    return read_backdrop(backdrop_bytes(document), "b.json", bounds)


def decoded(steps, origin):
    return np.cumsum(np.array(steps).reshape(-1, 2), axis=0) / PER_DEGREE + np.array(origin) / PER_DEGREE


LINE = st.lists(st.tuples(st.floats(-0.2, 0.4), st.floats(51.2, 51.7)), min_size=2, max_size=8).map(LineString)


@settings(max_examples=60)
@given(st.lists(LINE, max_size=4))
def test_lines_come_back_within_a_quantum(lines):
    origin = origin_of((0.0, 51.4))
    coded = encode_lines(lines, origin)
    json.dumps(coded)
    visible = [line for line in lines if len({(round(x * 1e5), round(y * 1e5)) for x, y in line.coords}) > 1]
    assert len(coded) == len(visible)
    for steps, line in zip(coded, visible, strict=True):
        points = decoded(steps, origin)
        assert (np.diff(points, axis=0) != 0).any(axis=1).all()
        for point in line.coords:
            assert np.abs(points - point).max(axis=1).min() <= 0.5 / PER_DEGREE + 1e-9
        assert np.abs(points[0] - line.coords[0]).max() <= 0.5 / PER_DEGREE + 1e-9
        assert np.abs(points[-1] - line.coords[-1]).max() <= 0.5 / PER_DEGREE + 1e-9


def test_surfaces_come_back():
    shape = Polygon([(0.1, 51.45), (0.11, 51.45), (0.11, 51.46)])
    (((ring,),),) = encode_surfaces([shape], (0, 5_140_000))
    assert np.rint(decoded(ring, (0, 5_140_000)) * 100).tolist() == [[10, 5145], [11, 5145], [11, 5146]]


def test_a_page_gets_what_it_draws_and_the_licence():
    backdrop = read(DOCUMENT)
    assert backdrop.payload == {key: DOCUMENT[key] for key in ("origin", "levels", "places")}
    assert backdrop.source == "Backdrop: Contains OS data · © others"
    assert backdrop.covered == 1.0


def test_a_hostile_name_cannot_end_the_markup_around_it_and_stays_text():
    data = backdrop_bytes(DOCUMENT)
    assert b"<" not in data
    assert data.endswith(b"}\n")
    assert read(DOCUMENT).payload["places"]["name"] == ["<img onerror=alert(1)>"]


@pytest.mark.parametrize(
    ("bounds", "covered"),
    [
        ((0.0, 51.4, 0.2, 51.5), 1),
        ((0.1, 51.4, 0.3, 51.5), 0.5),
        ((-0.2, 51.3, 0.2, 51.5), 0.25),
        ((0.05, 51.42, 0.1, 51.44), 1),
    ],
)
def test_the_share_of_the_map_that_is_covered_is_told(bounds, covered):
    assert read(DOCUMENT, bounds).covered == pytest.approx(covered)


@pytest.mark.parametrize(
    "bounds", [(0.2, 51.4, 0.4, 51.5), (0.0, 51.5, 0.2, 51.6), (-0.3, 51.4, 0.0, 51.5), (0, 51, 0.2, 51.4)]
)
def test_a_backdrop_of_another_place_is_refused(bounds):
    with pytest.raises(
        InputError, match=r"^b\.json was made for Bexley and lies elsewhere than this map; make it again"
    ):
        read(DOCUMENT, bounds)


def test_another_place_without_a_name():
    with pytest.raises(InputError, match="made for another place and lies elsewhere"):
        read(DOCUMENT | {"area": []}, (1, 52, 2, 53))


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe", b"[" * 100_000, b"[]", b"7", b'{"type":"FeatureCollection"}', b'{"format":"x"}']
)
def test_a_file_that_is_not_ours_is_refused(data):
    with pytest.raises(InputError, match=r"^b\.json is no backdrop.*; make it again with hotspots basemap build\.$"):
        read_backdrop(data, "b.json", BOUNDS)


def test_a_later_version_is_refused():
    with pytest.raises(
        InputError, match=rf"later version of hotspots \(format {VERSION + 1}, this one reads {VERSION}\); update"
    ):
        read(DOCUMENT | {"version": VERSION + 1})


@pytest.mark.parametrize("version", [None, "1", True, 0, 1.5])
def test_a_version_that_is_none_is_refused(version):
    with pytest.raises(InputError, match="does not say the version of its format"):
        read(DOCUMENT | {"version": version})


def at(*path):
    """Say where in the document a value is put."""
    return path


DAMAGE = [
    ("area", at("area"), "Bexley"),
    ("area", at("area"), [7]),
    ("licence", at("licence"), []),
    ("licence", at("licence"), [None]),
    ("bounds", at("bounds"), [0, 1, 2]),
    ("bounds", at("bounds"), [0, 1, 2, "3"]),
    ("bounds", at("bounds"), [0, 1, 2, True]),
    ("origin", at("origin"), [0]),
    ("origin", at("origin"), [0, 0, 1, 1]),
    ("origin", at("origin"), [0.5, 1]),
    ("levels", at("levels"), []),
    ("levels", at("levels"), {}),
    ("levels", at("levels", 0), []),
    ("levels", at("levels", 0, "below_zoom"), "12"),
    ("levels", at("levels", 0, "roads"), []),
    ("levels", at("levels", 0, "roads", "6"), []),
    ("levels", at("levels", 0, "roads", "1"), {}),
    ("levels", at("levels", 0, "roads", "1", 0), [0, 0]),
    ("levels", at("levels", 0, "roads", "1", 0), [0, 0, 5]),
    ("levels", at("levels", 0, "roads", "1", 0), [0, 0, 5, 5.5]),
    ("levels", at("levels", 0, "roads", "1", 0), [0, 0, 5, True]),
    ("levels", at("levels", 0, "roads", "1", 0), [0, 0, 5, 36_000_001]),
    ("levels", at("levels", 1, "water"), {}),
    ("levels", at("levels", 1, "water", 0), 5),
    ("levels", at("levels", 1, "water", 0, 0), 5),
    ("levels", at("levels", 1, "water", 0, 0, 0), []),
    ("levels", at("levels", 1, "water", 0, 0, 0), [0, "0"]),
    ("levels", at("levels", 1, "streams"), None),
    ("levels", at("levels", 1, "streams", 0), [0, 0]),
    ("places", at("places"), []),
    ("places", at("places", "name"), [7]),
    ("places", at("places", "rank"), []),
    ("places", at("places", "rank"), [True]),
    ("places", at("places", "rank"), 2),
    ("places", at("places", "min_zoom"), []),
    ("places", at("places", "at"), [3, 4, 5, 6]),
    ("places", at("places", "at"), None),
]


@pytest.mark.parametrize(("part", "where", "value"), DAMAGE)
def test_damage_is_named_by_its_part(part, where, value):
    document = copy.deepcopy(DOCUMENT)
    inner: Any = document
    for key in where[:-1]:
        inner = inner[key]
    inner[where[-1]] = value
    with pytest.raises(
        InputError, match=rf"^b\.json is damaged \({part}\); make it again with hotspots basemap build\.$"
    ):
        read(document)


def test_a_backdrop_without_places_or_with_the_farthest_step_is_sound():
    none: dict[str, list[Any]] = {"name": [], "rank": [], "min_zoom": [], "at": []}
    assert read(DOCUMENT | {"places": none}).payload["places"] == none
    document = copy.deepcopy(DOCUMENT)
    document["levels"][0]["roads"]["1"] = [[0, 0, -36_000_000, 5]]
    read(document)


def test_the_script_writes_text_only_and_asks_for_nothing():
    script = offline.asset("backdrop.js")
    assert offline.inline_script(script) == script
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "document.write",
        "eval(",
        "Function(",
        "fetch(",
        "http:",
        "https:",
    ):
        assert word not in script
    assert not re.search(r"\|\|=|&&=", script)
    assert "url(" not in offline.asset("backdrop.css")


def test_every_look_of_the_script_is_in_the_style_sheet():
    script, css = offline.asset("backdrop.js"), offline.asset("backdrop.css")
    looks = set(re.findall(r'look: "([a-z-]+)"', script)) | set(re.findall(r'\? "([a-z]+)" : "[a-z]+", width', script))
    looks |= set(re.findall(r'\? "[a-z]+" : "([a-z]+)", width', script))
    assert looks == {"water", "stream", "road-edge", "road", "street"}
    dark = css[css.index("prefers-color-scheme") :]
    for look in looks:
        assert f".backdrop-{look}" in css
        assert re.search(rf"--{look}: ", css[: css.index("@media")])
        assert re.search(rf"--{look}: ", dark)
