"""The street-level API: the outline that is asked, splitting, what is kept between runs, the file's shape."""

from __future__ import annotations

import csv
import io
import itertools
import json

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.errors import InputError
from hotspots.intake import police_api
from hotspots.intake.download import Client
from hotspots.intake.police_api import (
    CATEGORIES,
    Row,
    StreetApi,
    asked_outline,
    covers,
    crime_type,
    halves,
    month_csv,
    poly_text,
    polygon_of,
    published_months,
)
from tests.fetch_fixtures import (
    Police,
    Reply,
    Time,
    as_json,
    record,
    services,
)

TO_DEGREES = pyproj.Transformer.from_crs(27700, 4326, always_xy=True)
TITLES = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,"
    "LSOA code,LSOA name,Crime type,Last outcome category,Context"
)
HEADER = TITLES.split(",")
X, Y = 549_000, 176_000
MONTH = "2023-01"
SQUARE = asked_outline(shapely.box(X, Y, X + 3000, Y + 3000), epsg=27700, context_m=100)


def degrees(x, y):
    return TO_DEGREES.transform(x, y)


def scattered(count, month=MONTH, side=3000, **changes):
    """Records at random places of a square."""
    random = np.random.default_rng(1)
    places = [degrees(X + side * a, Y + side * b) for a, b in random.random((count, 2))]
    return [record(number, month, *place, **changes) for number, place in enumerate(places)]


def api(server, tmp_path, outline=None, *, moment=None, **limits):
    moment = moment or Time()
    client = Client(services(server, **limits), sleep=moment.sleep, clock=moment.clock)
    return StreetApi(client, f"{server.url}/api", outline or SQUARE, tmp_path / "cache", "By hand.")


def ids(answer):
    return [int(row.api_id) for row in answer.rows]


def crimes(server):
    return [asked for asked in server.asked if asked.path.endswith("all-crime")]


# ------------------------------------------------------------------------------------------------ the outline


@st.composite
def areas(draw):
    """An area as LSOAs make one: some squares, discs and bars, apart or together, with a hole now and then."""
    parts = []
    for _ in range(draw(st.integers(1, 4))):
        x, y = X + draw(st.integers(-9000, 9000)), Y + draw(st.integers(-9000, 9000))
        size = draw(st.integers(30, 6000))
        kind = draw(st.sampled_from(["box", "disc", "bar", "hole", "comb"]))
        if kind == "box":
            parts.append(shapely.box(x, y, x + size, y + size))
        elif kind == "disc":
            parts.append(shapely.Point(x, y).buffer(size))
        elif kind == "bar":
            parts.append(shapely.LineString([(x, y), (x + size, y + draw(st.integers(-8000, 8000)))]).buffer(15))
        elif kind == "hole":
            parts.append(shapely.Point(x, y).buffer(size).difference(shapely.Point(x, y).buffer(size / 2)))
        else:
            teeth = [shapely.box(x + n * 200, y, x + n * 200 + 90, y + size) for n in range(6)]
            parts.append(shapely.union_all([shapely.box(x, y - 90, x + 1100, y), *teeth]))
    return shapely.union_all(parts)


def boundary_in_degrees(shape):
    """Points along a shape's edges, as an independent eye sees them: each moved by itself."""
    fine = shapely.get_coordinates(shapely.segmentize(shape, 25.0))
    return TO_DEGREES.transform(fine[:, 0], fine[:, 1])


@settings(max_examples=20, deadline=None)
@given(areas(), st.sampled_from([0.0, 50.0, 1000.0, 3000.0]))
def test_what_is_asked_covers_the_buffered_outline(area, context_m):
    parts = asked_outline(area, epsg=27700, context_m=context_m)
    wanted = area.buffer(context_m, quad_segs=64) if context_m else area
    longitude, latitude = boundary_in_degrees(wanted)
    asked = shapely.union_all(list(parts))
    assert shapely.intersects_xy(asked, longitude, latitude).all()
    assert all(part.is_valid and not part.interiors for part in parts)
    assert all(polygon_of(poly_text(part)).equals(part) for part in parts)


@settings(max_examples=15, deadline=None)
@given(areas(), st.lists(st.integers(0, 1), max_size=5))
def test_halves_together_cover_the_whole_and_are_smaller(area, path):
    whole = asked_outline(area, epsg=27700, context_m=200.0)[0]
    longitude, latitude = boundary_in_degrees(area.buffer(200.0))
    mine = shapely.intersects_xy(whole, longitude, latitude)
    pieces = [whole]
    for step in path:
        piece = pieces.pop(step % len(pieces))
        cut = halves(piece)
        pieces += cut
        assert all(part.area < 0.95 * piece.area or piece.area < 1e-6 for part in cut)
    inside = np.zeros(len(longitude), dtype=bool)
    for piece in pieces:
        inside |= shapely.intersects_xy(piece, longitude, latitude)
    assert inside[mine].mean() > 0.999
    # a corner may move by half of the last decimal, which is 6 cm; the outline is wider by metres
    slack = shapely.union_all(pieces).buffer(1e-6)
    assert shapely.intersects_xy(slack, longitude[mine], latitude[mine]).all()


def test_a_borough_needs_few_corners_and_little_more_land():
    disc = shapely.Point(X, Y).buffer(5000)
    (part,) = asked_outline(disc, epsg=27700, context_m=1000)
    back = pyproj.Transformer.from_crs(4326, 27700, always_xy=True)
    land = shapely.transform(part, lambda xy: np.column_stack(back.transform(xy[:, 0], xy[:, 1])))
    assert len(part.exterior.coords) < 40
    assert 1.0 < land.area / disc.buffer(1000).area < 1.06
    assert len(poly_text(part)) < 1000


def test_text_is_latitude_first_and_not_closed():
    part = shapely.Polygon([(0.1, 51.5), (0.2, 51.5), (-0.000001, 51.6)])
    assert poly_text(part) == "51.500000,0.100000:51.500000,0.200000:51.600000,-0.000001"
    assert polygon_of(poly_text(part)).equals(part)


def test_parts_are_asked_apart_and_an_island_in_a_ring_only_once():
    far = shapely.union_all([shapely.Point(X, Y).buffer(900), shapely.Point(X + 9000, Y).buffer(900)])
    assert len(asked_outline(far, epsg=27700, context_m=100)) == 2
    ring = shapely.Point(X, Y).buffer(5000).difference(shapely.Point(X, Y).buffer(4000))
    nest = shapely.union_all([ring, shapely.Point(X, Y).buffer(500)])
    assert len(asked_outline(nest, epsg=27700, context_m=100)) == 1


def test_an_area_of_nothing_is_an_error():
    with pytest.raises(InputError, match="no outline"):
        asked_outline(shapely.Polygon(), epsg=27700, context_m=0)


def test_covers_tells_a_smaller_outline():
    small, large = (shapely.Point(X, Y).buffer(size) for size in (1000, 1500))
    assert covers(asked_outline(large, epsg=27700, context_m=0), small, epsg=27700)
    assert not covers(asked_outline(small, epsg=27700, context_m=0), large, epsg=27700)
    assert not covers([], small, epsg=27700)


# ------------------------------------------------------------------------------------------------ asking


def test_a_month_is_asked_and_sorted_by_the_api_s_key(serve, tmp_path):
    records = scattered(50)
    server = serve(Police(records[::-1]))
    answer = api(server, tmp_path).month(MONTH, lambda _: None)
    assert ids(answer) == sorted(entry["id"] for entry in records)
    assert (answer.pieces, answer.repeated, len(server.asked)) == (1, 0, 1)
    assert server.asked[0].method == "GET"
    assert server.asked[0].fields["date"] == MONTH


def test_an_outline_too_long_for_a_get_is_posted(serve, tmp_path):
    round_one = shapely.Point(*degrees(X + 1500, Y + 1500)).buffer(0.05, quad_segs=70)
    server = serve(Police(scattered(20)))
    answer = api(server, tmp_path, (round_one,)).month(MONTH, lambda _: None)
    assert len(answer.rows) == 20
    assert [asked.method for asked in server.asked] == ["POST"]


def test_no_get_is_longer_than_the_api_takes(serve, tmp_path):
    lengths = set()
    for segments in range(49, 57):
        shape = shapely.Point(*degrees(X, Y)).buffer(0.05, quad_segs=segments)
        server = serve(Police([]))
        api(server, tmp_path / str(segments), (shape,)).month(MONTH, lambda _: None)
        lengths |= {asked.length for asked in server.asked if asked.method == "GET"}
    assert max(lengths) <= 4094 - len("http://127.0.0.1:80")
    assert len(lengths) > 2


@pytest.mark.parametrize("limit", [40, 15, 6])
def test_a_full_polygon_is_cut_and_nothing_is_lost_or_doubled(serve, tmp_path, limit):
    records = scattered(100)
    server = serve(Police(records, limit=limit))
    said: list[int] = []
    answer = api(server, tmp_path).month(MONTH, said.append)
    assert ids(answer) == sorted(entry["id"] for entry in records)
    assert answer.pieces >= 100 / limit
    assert len(said) == answer.pieces
    assert len(server.asked) == 2 * answer.pieces - 1


def test_a_row_on_the_cut_is_counted_once(serve, tmp_path):
    outline = asked_outline(shapely.box(X, Y, X + 4000, Y + 3000), epsg=27700, context_m=100)
    (part,) = outline
    west, _, east, _ = part.bounds
    middle = round((west + east) / 2, 6)
    left, right = halves(part)
    latitude = degrees(X, Y + 1500)[1]
    assert left.covers(shapely.Point(middle, latitude))
    assert right.covers(shapely.Point(middle, latitude))
    records = [*scattered(30), record(999, MONTH, middle, latitude)]
    answer = api(serve(Police(records, limit=25)), tmp_path, outline).month(MONTH, lambda _: None)
    assert len(answer.rows) == 31
    assert answer.repeated >= 1


def test_a_service_that_is_down_is_not_cut_for_ever_and_leaves_no_trace(serve, tmp_path):
    police = Police(scattered(30))
    server = serve(police)
    police.hook = lambda _: Reply(503)
    street = api(server, tmp_path, retries=2)
    with pytest.raises(InputError, match=r"answered 503 Service Unavailable, asked 3 times\. By hand"):
        street.month(MONTH, lambda _: None)
    assert len(server.asked) == police_api.DEEPEST_SPLIT + 3
    police.hook = lambda _: None
    before = len(server.asked)
    assert street.month(MONTH, lambda _: None).pieces == 1
    assert len(server.asked) == before + 1


def test_pieces_that_were_proven_too_full_stay_known_when_the_service_goes_down_later(serve, tmp_path):
    police = Police(scattered(100), limit=60)
    server = serve(police)
    police.hook = lambda _: Reply(500) if len(server.asked) > 2 else None
    street = api(server, tmp_path, retries=0)
    with pytest.raises(InputError, match="500"):
        street.month(MONTH, lambda _: None)
    police.hook = lambda _: None
    before = len(server.asked)
    answer = street.month(MONTH, lambda _: None)
    assert len(answer.rows) == 100
    assert len(server.asked) - before == answer.pieces - 1


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(400), r"400 Bad Request: it cannot use the outline or the month\. By hand"),
        (Reply(404), r"404 Not Found: it holds no such month, or its address has changed"),
        (as_json({"error": "x"}), r"answered 2023-01 with dict, no list"),
        (as_json("hello"), r"with str, no list"),
        (as_json([1]), r"records of another shape"),
        (as_json([None]), r"records of another shape"),
        (as_json([{}]), r"records of another shape \(KeyError"),
        (as_json([{**record(1, MONTH, 0, 51), "id": None}]), r"another shape"),
        (as_json([{**record(1, MONTH, 0, 51), "category": ""}]), r"another shape \(KeyError: 'category'"),
        (as_json([{**record(1, MONTH, 0, 51), "location": "here"}]), r"another shape"),
        (as_json([{**record(1, MONTH, 0, 51), "month": ["2023-01"]}]), r"list where text belongs"),
        (as_json([{**record(1, MONTH, 0, 51), "persistent_id": True}]), r"bool where text belongs"),
        (as_json([record(1, "2023-02", 0, 51)]), r"asked for 2023-01 and answered '2023-02'"),
    ],
    ids=range(13),
)
def test_what_cannot_be_used_is_one_sentence_at_once(serve, tmp_path, reply, said):
    server = serve(lambda _: reply)
    with pytest.raises(InputError, match=said):
        api(server, tmp_path).month(MONTH, lambda _: None)
    assert len(server.asked) == 1
    assert not list((tmp_path / "cache").rglob("*.json"))


# ------------------------------------------------------------------------------------------------ going on


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_stop_at_any_request_costs_that_request_only(serve, tmp_path, when):
    records = scattered(100)
    police = Police(records, limit=45)
    whole = api(serve(police), tmp_path / "whole")
    expected = whole.month(MONTH, lambda _: None)
    n_requests = whole.client.requests
    for stop_at in range(1, n_requests + 1):
        server = serve(police)
        street = api(server, tmp_path / f"{when}{stop_at}")
        real, count = street.client.ask, itertools.count(1)

        def ask(question, parse, real=real, count=count, stop_at=stop_at):
            stop = next(count) == stop_at
            if stop and when == "before":
                raise KeyboardInterrupt
            answer = real(question, parse)
            if stop:
                raise KeyboardInterrupt
            return answer

        street.client.ask = ask
        with pytest.raises(KeyboardInterrupt):
            street.month(MONTH, lambda _: None)
        again = api(server, tmp_path / f"{when}{stop_at}")
        assert again.month(MONTH, lambda _: None) == expected
        assert len(server.asked) == n_requests + (when == "after")


@pytest.mark.parametrize("damage", [b"", b"null", b"[1]", b'[["a"]]', b"\xff", b'{"a": 1}', b'["too many"]', b"7"])
def test_a_damaged_answer_in_the_cache_is_asked_again(serve, tmp_path, damage):
    server = serve(Police(scattered(10)))
    street = api(server, tmp_path)
    expected = street.month(MONTH, lambda _: None)
    (kept,) = (tmp_path / "cache").rglob("*.json")
    kept.write_bytes(damage)
    assert street.month(MONTH, lambda _: None) == expected
    assert len(server.asked) == 2
    assert street.month(MONTH, lambda _: None) == expected
    assert len(server.asked) == 2


def test_answers_for_another_outline_are_not_used(serve, tmp_path):
    server = serve(Police(scattered(40)))
    api(server, tmp_path).month(MONTH, lambda _: None)
    small = asked_outline(shapely.box(X, Y, X + 300, Y + 300), epsg=27700, context_m=0)
    assert len(api(server, tmp_path, small).month(MONTH, lambda _: None).rows) < 40
    assert len(server.asked) == 2


# ------------------------------------------------------------------------------------------------ months


def test_published_months_are_listed(serve):
    server = serve(Police([], months=["2023-01", "2023-02"]))
    client = Client(services(server))
    assert published_months(client, f"{server.url}/api/", "By hand.") == frozenset({"2023-01", "2023-02"})


@pytest.mark.parametrize("reply", [Reply(404), as_json({}), as_json([]), as_json([1, {"date": 5}])], ids=range(4))
def test_where_the_api_does_not_tell_its_months_nothing_is_assumed(serve, reply):
    client = Client(services(serve(lambda _: reply)))
    assert published_months(client, client._services.police_url, "By hand.") is None


# ------------------------------------------------------------------------------------------------ the file


def row(**changes):
    given = dict.fromkeys(Row._fields, "")
    return Row(**{**given, "api_id": "1", "month": MONTH, "category": "drugs", "location": "On or near A", **changes})


def read(data):
    return list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))


def test_the_file_has_the_download_s_header_and_places():
    full = row(
        crime_id="a" * 64,
        longitude="0.1",
        latitude="51.5",
        category="violent-crime",
        outcome="Local resolution",
        context="c",
    )
    lines = read(month_csv([full], ["Metropolitan Police Service"]))
    assert lines[0] == HEADER
    met = "Metropolitan Police Service"
    kind = ["Violence and sexual offences", "Local resolution", "c"]
    assert lines[1] == ["a" * 64, MONTH, met, met, "0.1", "51.5", "On or near A", "", "", *kind]


def test_what_the_transport_police_reported_says_so():
    line = read(month_csv([row(location_type="BTP")], ["Kent Police"]))[1]
    assert line[2:4] == ["British Transport Police", "Kent Police"]


NASTY = st.text(alphabet=st.one_of(st.characters(), st.sampled_from('",\n\r\t\x00=+-@\u2028\ud800')), max_size=20)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(NASTY, NASTY, NASTY), min_size=1, max_size=5))
def test_any_text_of_the_network_comes_back_from_the_file(texts):
    document = [
        {
            **record(number, MONTH, 0.1, 51.5),
            "context": context,
            "persistent_id": identity,
            "location": {"latitude": "1", "longitude": "2", "street": {"name": street}},
        }
        for number, (street, identity, context) in enumerate(texts)
    ]
    rows = police_api._rows(json.loads(json.dumps(document)), MONTH, "")
    lines = read(month_csv(rows, [""] * len(rows)))
    assert len(lines) == len(texts) + 1
    for line, (street, identity, context) in zip(lines[1:], texts, strict=True):
        assert len(line) == len(HEADER)
        cleaned = [police_api._text(text) for text in (identity, street, context)]
        assert [line[0], line[6], line[11]] == [cleaned[0], cleaned[1] or "No Location", cleaned[2]]
        assert "\x00" not in "".join(line)


def test_a_row_without_a_place_is_kept_without_one():
    (only,) = police_api._rows([{**record(1, MONTH, 0, 51), "location": None}], MONTH, "")
    assert (only.location, only.longitude, only.latitude) == ("No Location", "", "")


def test_an_unknown_slug_is_readable_and_kept():
    assert crime_type("violent-crime") == "Violence and sexual offences"
    assert crime_type("cyber-crime") == "Cyber crime"
    assert crime_type("") == ""


@pytest.mark.real
def test_slugs_become_the_names_of_the_downloads(real):
    names = set()
    for path in (real / "police" / "city-of-london").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as stream:
            names |= {line["Crime type"] for line in csv.DictReader(stream)}
    slugs = set()
    for path in (real / "police" / "api-ward-json").glob("*.json"):
        slugs |= {entry["category"] for entry in json.loads(path.read_bytes())}
    assert {crime_type(slug) for slug in slugs} <= names
    assert slugs <= set(CATEGORIES)
    assert names == set(CATEGORIES.values()) - {"Public disorder and weapons"}


@pytest.mark.real
def test_real_answers_are_read_whole(real):
    for path in sorted((real / "police" / "api-ward-json").glob("*.json")):
        document = json.loads(path.read_bytes())
        rows = police_api._rows(document, document[0]["month"], "")
        assert len(rows) == len(document)
        assert {one.crime_id == "" for one in rows if one.category == "anti-social-behaviour"} == {True}
        lines = read(month_csv(rows, ["Metropolitan Police Service"] * len(rows)))
        for line, entry in zip(lines[1:], document, strict=True):
            assert line[4:7] == [
                entry["location"]["longitude"],
                entry["location"]["latitude"],
                entry["location"]["street"]["name"],
            ]
            assert line[10] == ((entry["outcome_status"] or {}).get("category") or "")
