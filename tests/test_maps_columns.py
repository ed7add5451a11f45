"""Columns as short text: what goes in comes out, in Python and in the browser, and the shortest way is taken."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.errors import TableError
from hotspots.maps import offline
from hotspots.maps.columns import encode_column, encode_labels, encode_places
from hotspots.maps.encode import PER_DEGREE, origin_of
from tests.columns_fixtures import read_column

LIMIT = 2**30 - 1
whole = st.one_of(
    st.integers(-LIMIT, LIMIT), st.integers(-1, 3), st.sampled_from([-LIMIT, LIMIT, 127, 128, 255, 256, 16_383, 16_384])
)
columns = st.lists(whole, max_size=40)


@given(columns)
def test_a_column_comes_back(values):
    coded = encode_column(values)
    assert coded["n"] == len(values)
    assert read_column(coded) == values


@given(columns)
def test_sorted_values_come_back(values):
    assert read_column(encode_column(sorted(values))) == sorted(values)


@pytest.mark.parametrize(
    ("values", "steps", "width", "size"),
    [
        ([], 0, 0, 0),
        ([7] * 100, 0, 0, 0),
        ([0, 255], 0, 1, 2),
        ([0, 256, 65_535], 0, 2, 6),
        ([100, 65_635, 40_000, 20_000], 0, 2, 8),
        ([0, 2**24 - 1, 2**23, 2**24 - 2], 0, 3, 12),
        ([-LIMIT, LIMIT, 0, LIMIT - 1, 9], 0, 4, 20),
        ([0, 200, 1, 2, 3, 200, 0, 1, 2, 300], 0, None, 13),
        ([0, 127, 128, 16_383, 16_384, 0, 0, 0, 0], 0, None, 13),
        (list(range(0, 30_000, 60)), 1, 1, 500),
        ([1000, 999, 1001, *range(1002, 1300)], 1, 1, 301),
        ([*range(60), 60_000, *range(60_001, 60_060)], 1, None, 122),
        ([2**21 - 1, 0, 2**21, 0, 2**28 - 1, 0, 2**28, *[0] * 30], 0, None, 49),
    ],
)
def test_the_shortest_way_is_taken(values, steps, width, size):
    coded = encode_column(values)
    assert (coded["steps"], coded["bytes"]) == (steps, width)
    assert len(coded["b64"]) == 4 * -(-size // 3)
    assert read_column(coded) == values


def test_the_description_is_kept_to_the_letter():
    assert encode_column([3, 1, 2]) == {"n": 3, "from": 1, "steps": 0, "bytes": 1, "b64": "AgAB"}
    assert encode_column([0, 300, 2]) == {"n": 3, "from": 0, "steps": 0, "bytes": None, "b64": "AKwCAg=="}
    far = list(range(0, 5000, 50))
    assert encode_column(far)["b64"].startswith("AGRk")
    assert encode_column([-value for value in far])["b64"].startswith("AGNj")
    assert encode_column([0, 258, 258]) == {"n": 3, "from": 0, "steps": 1, "bytes": None, "b64": "AIQEAA=="}
    assert encode_column([0, 60_001, 50_002])["b64"] == "AABh6lLD"


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([2, None, 5], dtype="Int64", index=[9, 8, 7]),
        pd.Series([2, np.nan, 5]),
        np.array([2.0, np.nan, 5.0]),
        pd.array([2, None, 5], dtype="Int16"),
        [2, None, 5],
    ],
)
def test_missing_values_are_minus_one(values):
    assert read_column(encode_column(values)) == [2, -1, 5]


@pytest.mark.parametrize(
    "values", [np.array([1, 0, 255], np.uint8), np.array([1, 0, 255], np.int32), pd.Series([1, 0, 255]), (1, 0, 255)]
)
def test_any_type_of_whole_numbers_is_taken_and_not_changed(values):
    before = list(values)
    assert read_column(encode_column(values)) == [1, 0, 255]
    assert list(values) == before


@pytest.mark.parametrize("value", [1.5, 2**30, -(2**30), float("inf")])
def test_what_is_not_whole_or_too_large_is_refused(value):
    with pytest.raises(TableError, match=r"Row 2 of a column of the page is \S+; it must be whole and below 2\^30\."):
        encode_column([0, 1, value])


def test_words_are_refused():
    with pytest.raises(TableError, match="holds something that is no number"):
        encode_column(["High Street"])


def test_labels_are_words_and_a_column():
    coded = encode_labels(["a", None, "b", "a"])
    assert coded["words"] == ["a", "b"]
    assert read_column(coded["rows"]) == [0, -1, 1, 0]
    assert read_column(encode_labels([])["rows"]) == []


degrees = st.floats(-3, 3, allow_nan=False, width=64)


@given(st.lists(st.tuples(degrees, degrees), max_size=20))
def test_places_come_back_within_half_a_step(points):
    at = np.array(points, dtype=float).reshape(-1, 2)
    origin = origin_of((-1.5, 0.5))
    coded = encode_places(at, origin)
    back = np.column_stack([read_column(coded["x"]), read_column(coded["y"])]).reshape(-1, 2)
    assert np.all(np.abs((back + origin) / PER_DEGREE - at) <= 0.5 / PER_DEGREE + 1e-12)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_place_without_coordinates_is_refused(value):
    with pytest.raises(TableError, match="a coordinate that is not finite"):
        encode_places(np.array([[0.0, 51.0], [0.1, value]]), (0, 0))


@pytest.fixture(scope="module")
def scripted(browser):
    """A blank page with the decoder in it."""
    context = browser.new_context()
    context.set_offline(True)
    page = context.new_page()
    page.add_script_tag(content=offline.inline_script(offline.asset("decode.js")))
    yield page
    context.close()


def many_columns():
    random = np.random.default_rng(5)
    made = [[], [7] * 9, [-LIMIT, LIMIT, -LIMIT], [LIMIT, -LIMIT, *[-LIMIT] * 40], list(range(0, 30_000, 60))]
    for top in (2, 200, 256, 300, 65_000, 70_000, 2**24 + 5, LIMIT):
        for some in (random.integers(-1, top, 60), random.integers(0, top, 60) ** random.uniform(0, 1, 60)):
            numbers = np.floor(some).astype(np.int64)
            made += [numbers.tolist(), np.sort(numbers).tolist(), np.concatenate([numbers, [0] * 300]).tolist()]
    return made


@pytest.mark.browser
def test_the_browser_reads_columns_as_python_does(scripted):
    made = many_columns()
    coded = [encode_column(values) for values in made]
    assert {(one["steps"], one["bytes"]) for one in coded} >= {
        *((0, width) for width in (0, 1, 2, 3, 4, None)),
        *((1, width) for width in (1, None)),
    }
    read = scripted.evaluate("(all) => all.map((c) => Array.from(hotspotsDecode.column(c)))", coded)
    assert read == made


@pytest.mark.browser
def test_the_browser_reads_labels_and_places(scripted):
    labels = scripted.evaluate(
        "(l) => { const { words, rows } = hotspotsDecode.labels(l); return [words, Array.from(rows)]; }",
        encode_labels(["ä", None, "b", "ä"]),
    )
    assert labels == [["ä", "b"], [0, -1, 1, 0]]
    points = np.random.default_rng(2).uniform([-0.2, 51.2], [0.4, 51.6], (50, 2))
    origin = origin_of((0.0, 51.3))
    lon, lat = scripted.evaluate(
        "([p, o]) => { const { lon, lat } = hotspotsDecode.places(p, o); return [Array.from(lon), Array.from(lat)]; }",
        [encode_places(points, origin), list(origin)],
    )
    assert np.array_equal(np.column_stack([lon, lat]), np.rint(points * PER_DEGREE) / PER_DEGREE)
