"""Geometry and words as whole numbers: what goes in comes out, within a metre."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Polygon, box

from hotspots.maps.encode import PER_DEGREE, encode_points, encode_shape, encode_words, origin_of, safe_json
from tests import page_fixtures as fixtures

degrees = st.floats(-3, 3, allow_nan=False, width=64)


def decode(numbers, origin):
    """Decode as ``map.js`` does."""
    return (np.cumsum(np.array(numbers).reshape(-1, 2), axis=0) + np.array(origin)) / PER_DEGREE


@given(st.lists(st.tuples(degrees, degrees), max_size=40))
def test_points_come_back_within_a_metre(points):
    at = np.array(points, dtype=float).reshape(-1, 2)
    origin = origin_of((-3.0, 50.0))
    back = decode(encode_points(at, origin), origin)
    assert back.shape == at.shape
    assert np.all(np.abs(back - at) <= 1e-5)


@given(degrees, degrees, st.lists(st.floats(0.0005, 0.5), min_size=3, max_size=30))
def test_a_ring_comes_back_within_a_metre(x, y, radii):
    angles = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    polygon = Polygon(np.column_stack([x + radii * np.cos(angles), y + radii * np.sin(angles)]))
    origin = origin_of(polygon.bounds)
    [[numbers]] = encode_shape(polygon, origin)
    back = decode(numbers, origin)
    corners = np.array(polygon.exterior.coords)[:-1]
    for corner in corners:
        assert np.abs(back - corner).max(axis=1).min() <= 1e-5
    for point in back:
        assert np.abs(corners - point).max(axis=1).min() <= 1e-5
    assert not np.array_equal(back[0], back[-1])


def test_the_first_step_is_from_the_origin_and_the_last_point_is_not_repeated():
    origin = origin_of((0.1, 51.4))
    assert origin == (10_000, 5_140_000)
    [[numbers]] = encode_shape(box(0.1, 51.4, 0.1001, 51.4002), origin)
    assert numbers == [10, 0, 0, 20, -10, 0, 0, -20]


def test_holes_and_parts_are_kept_and_a_hole_too_small_to_show_is_not():
    holed = Polygon(
        box(0, 0, 1, 1).exterior.coords,
        [box(0.2, 0.2, 0.4, 0.4).exterior.coords, box(0.6, 0.6, 0.600001, 0.600001).exterior.coords],
    )
    shape = encode_shape(MultiPolygon([holed, box(2, 2, 3, 3)]), (0, 0))
    assert [len(polygon) for polygon in shape] == [2, 1]


def test_an_outer_ring_is_never_dropped_however_small():
    [[numbers]] = encode_shape(box(0.1, 51.4, 0.1 + 1e-9, 51.4 + 1e-9), (10_000, 5_140_000))
    assert numbers == [0, 0]


def test_words_are_said_once():
    assert encode_words(["a", None, "b", "a"]) == {"words": ["a", "b"], "rows": [0, -1, 1, 0]}


@pytest.mark.parametrize("text", fixtures.HOSTILE)
def test_json_cannot_end_the_markup_around_it(text):
    written = safe_json({text: [text]})
    assert not set(written) & set("<>&\u2028\u2029")
    assert json.loads(written) == {text: [text]}


def test_json_has_no_word_for_what_is_not_a_number():
    with pytest.raises(ValueError, match="not JSON compliant"):
        safe_json({"n": float("nan")})
