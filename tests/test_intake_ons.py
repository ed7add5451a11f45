"""The ONS portal and Nomis: whose LSOAs are asked, paging, errors sent as 200, and the check of a layer."""

from __future__ import annotations

import csv
import io
import json

import geopandas as gpd
import pyproj
import pytest
import shapely

from hotspots.errors import InputError, SettingsError
from hotspots.intake.boundaries import read_boundaries
from hotspots.intake.download import Client
from hotspots.intake.ons import Lsoa, Ons, check_layer, envelope, geojson
from tests.fetch_fixtures import (
    Portal,
    Reply,
    Time,
    as_json,
    services,
)


def feature(code, name, x=0.0, y=51.0, short="21"):
    shape = shapely.box(x, y, x + 0.01, y + 0.01)
    properties = {f"LSOA{short}CD": code, f"LSOA{short}NM": name}
    return {"type": "Feature", "properties": properties, "geometry": json.loads(shapely.to_geojson(shape))}


def district(name, first, count, short="21"):
    return [
        feature(f"E{first + n:08d}", f"{name} {n // 4 + 1:03d}{'ABCD'[n % 4]}", n * 0.01, short=short)
        for n in range(count)
    ]


PLACES = [
    *district("Bexley", 1_000_000, 20),
    *district("Derby", 2_000_000, 5),
    *district("Derbyshire Dales", 2_100_000, 5),
    *district("King's Lynn and West Norfolk", 3_000_000, 3),
    *district("Bristol, City of", 3_100_000, 2),
    feature("E04000001", "Birmingham 099A"),
    feature("E04000002", "Birmingham 138B"),
    feature("W01000001", "Conwy 001A"),
]


def ons(server, *, vintage=2021, **limits):
    moment = Time()
    return Ons(
        Client(services(server, **limits), sleep=moment.sleep, clock=moment.clock),
        services(server),
        vintage,
        "By hand.",
    )


def names(found):
    return {lsoa.name.rpartition(" ")[0] for lsoa in found.values()}


# ------------------------------------------------------------------------------------------------ who is asked


@pytest.mark.parametrize(
    ("area", "count"),
    [("Bexley", 20), ("Derby", 5), ("Derbyshire Dales", 5), ("King's Lynn and West Norfolk", 3), ("Birmingham", 2)],
)
def test_a_district_is_found_and_no_other_that_begins_like_it(serve, area, count):
    found = ons(serve(Portal(PLACES))).named([area])
    assert len(found) == count
    assert names(found) == {area}


def test_several_districts_are_one_query(serve):
    server = serve(Portal(PLACES))
    found = ons(server).named(["Derby", "Bristol, City of", "Conwy"])
    assert names(found) == {"Derby", "Bristol, City of", "Conwy"}
    assert len(found) == 8
    where = server.asked[0].fields["where"]
    assert where.startswith("LSOA21NM LIKE 'Derby 0%' OR LSOA21NM LIKE 'Derby 1%' OR ")


def test_the_other_vintage_has_its_own_layer_and_columns(serve):
    server = serve(Portal(district("Bexley", 1_000_000, 3, short="11"), short="11"))
    assert len(ons(server, vintage=2011).named(["Bexley"])) == 3
    assert "LSOA_Dec_2011" in server.asked[0].path
    assert server.asked[1].fields["outFields"] == "LSOA11CD,LSOA11NM"


@pytest.mark.parametrize("area", ["", "%", "_exley", "Bexley'; DROP", "E09000004", "a\nb", "1=1", "Bexley%"])
def test_what_is_no_name_is_never_sent(serve, area):
    server = serve(Portal(PLACES))
    with pytest.raises(SettingsError, match="is no name of a district"):
        ons(server).named([area])
    assert server.asked == []


def test_a_district_that_is_not_there_is_named(serve):
    with pytest.raises(InputError, match=r"has no LSOA of 'bexley'; write the district as the ONS does"):
        ons(serve(Portal(PLACES))).named(["Derby", "bexley"])


def test_a_reader_s_apostrophe_can_not_leave_the_quotes(serve):
    server = serve(Portal(PLACES))
    ons(server).named(["King's Lynn and West Norfolk"])
    assert "LIKE 'King''s Lynn and West Norfolk 0%'" in server.asked[0].fields["where"]


# ------------------------------------------------------------------------------------------------ paging


@pytest.mark.parametrize("page", [1, 3, 7, 19, 20, 21, 5000])
def test_every_page_is_turned(serve, page):
    server = serve(Portal(PLACES, page=page))
    assert len(ons(server).named(["Bexley"])) == 20
    assert len(server.asked) == 1 + -(-20 // page)


def test_an_empty_page_that_is_not_the_last_is_passed(serve):
    portal = Portal(PLACES)
    server = serve(portal)

    def hook(asked):
        offset = int(asked.fields.get("resultOffset", -1))
        if offset == 0:
            return as_json({"type": "FeatureCollection", "features": [], "exceededTransferLimit": True})
        if offset > 0:
            return as_json({"type": "FeatureCollection", "features": PLACES[:20]})
        return None

    portal.hook = hook
    assert len(ons(server).named(["Bexley"])) == 20


def test_a_page_lost_in_silence_is_seen(serve):
    portal = Portal(PLACES)
    portal.hook = lambda asked: (
        as_json({"type": "FeatureCollection", "features": PLACES[:7]})
        if asked.fields.get("resultOffset") == "0"
        else None
    )
    with pytest.raises(InputError, match=r"gave 7 of 20 rows for the LSOAs of Bexley; try again"):
        ons(serve(portal)).named(["Bexley"])


def test_a_service_that_never_ends_is_left(serve):
    endless = as_json({"features": [], "exceededTransferLimit": True, "count": 5})
    with pytest.raises(InputError, match=r"gave 0 of 5 rows"):
        ons(serve(lambda _: endless)).named(["Bexley"])


# ------------------------------------------------------------------------------------------------ errors


def test_an_error_of_the_server_sent_as_200_may_pass(serve):
    portal = Portal(PLACES)
    server = serve(portal)
    busy = as_json({"error": {"code": 504, "message": "Your request has timed out.", "details": []}})
    portal.hook = lambda _: busy if len(server.asked) < 3 else None
    assert len(ons(server).named(["Bexley"])) == 20


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (
            as_json({"error": {"code": 400, "message": "Invalid URL"}}),
            r"refused the LSOAs of Bexley \(error 400: Invalid URL\)",
        ),
        (as_json({"error": {"code": 499, "message": "Token\nRequired"}}), r"error 499: Token Required"),
        (as_json({"error": "no"}), r"error None: no"),
        (as_json([]), r"answered list, no object"),
        (as_json({}), r"answered without a list of features"),
        (as_json({"count": 1, "features": [1]}), r"answered without a list of features"),
        (as_json({"count": 1, "features": [{}]}), r"gave a row without the text LSOA21CD"),
        (
            as_json({"count": 1, "features": [{"properties": {"LSOA21CD": "E1", "LSOA21NM": "A 001A"}}]}),
            r"that is no LSOA \('E1'\)",
        ),
        (as_json({"count": 1, "features": [{**PLACES[0], "geometry": None}]}), r"that is no LSOA"),
        (
            as_json(
                {"count": 1, "features": [{**PLACES[0], "geometry": {"type": "Polygon", "coordinates": [[[0, "x"]]]}}]}
            ),
            r"no LSOA",
        ),
        (
            as_json({"count": 1, "features": [{**PLACES[0], "geometry": {"type": "Point", "coordinates": [0, 1]}}]}),
            r"no LSOA",
        ),
        (Reply(404), r"404 Not Found: it has no such layer; service names carry versions"),
        (Reply(400), r"400 Bad Request: it cannot use the query"),
    ],
    ids=range(13),
)
def test_what_cannot_be_used_says_how_to_do_it_by_hand(serve, reply, said):
    with pytest.raises(InputError, match=said) as caught:
        ons(serve(lambda _: reply)).named(["Bexley"])
    assert str(caught.value).endswith("By hand.")


# ------------------------------------------------------------------------------------------------ tables


def read(data):
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


def test_the_lookup_is_asked_in_chunks_and_sorted(serve):
    codes = [f"E{n:08d}" for n in range(250)]
    server = serve(Portal([], page=60))
    lines = read(ons(server).lookup(codes[::-1]))
    assert lines[0] == ["LSOA11CD", "LSOA11NM", "LSOA21CD", "LSOA21NM", "CHGIND"]
    assert [line[2] for line in lines[1:]] == codes
    assert lines[1][1] == "Name, of E00000000"
    assert len(server.asked) == 3 + 2 + 2 + 1


def test_a_code_that_the_lookup_lacks_is_named(serve):
    portal = Portal([])
    rows = [
        {"attributes": dict.fromkeys(("LSOA11CD", "LSOA11NM", "LSOA21CD", "LSOA21NM"), "E00000001") | {"CHGIND": "U"}}
    ]
    portal.hook = lambda _: as_json({"count": 1, "features": rows})
    with pytest.raises(InputError, match=r"LOOKUP gave nothing for 1 of 2 LSOAs \(E00000002\)\. By hand"):
        ons(serve(portal)).lookup(["E00000001", "E00000002"])


def test_residents_are_asked_in_chunks(serve):
    codes = [f"E{n:08d}" for n in range(201)]
    server = serve(Portal([]))
    lines = read(ons(server).residents(codes))
    assert lines[0] == ["GEOGRAPHY_CODE", "GEOGRAPHY_NAME", "OBS_VALUE"]
    assert [line[0] for line in lines[1:]] == codes
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"GEOGRAPHY_CODE,GEOGRAPHY_NAME,OBS_VALUE\nE00000001,a,5\n", r"Nomis gave nothing for 1 of 2"),
        (b"<html>busy</html>", r"no table of residents and begins with '<html>busy"),
        (b"", r"no table of residents"),
        (b"GEOGRAPHY_CODE,GEOGRAPHY_NAME,OBS_VALUE\nE00000001,a,-5\n", r"'-5' is no number of residents"),
        (b"GEOGRAPHY_CODE,GEOGRAPHY_NAME,OBS_VALUE\nE00000001,a,5.5\n", r"'5\.5' is no number of residents"),
        (b"GEOGRAPHY_CODE,GEOGRAPHY_NAME,OBS_VALUE\nE00000001,a,\n", r"could not convert"),
        (b"GEOGRAPHY_CODE,GEOGRAPHY_NAME,OBS_VALUE\nE00000001\n", r"could not convert"),
        (b"GEOGRAPHY_CODE,GEOGRAPHY_NAME,OBS_VALUE\n\xff,a,1\n", r"cannot be read"),
    ],
    ids=range(8),
)
def test_residents_that_are_none_are_refused(serve, body, said):
    with pytest.raises(InputError, match=said):
        ons(serve(lambda _: Reply(200, body))).residents(["E00000001", "E00000002"])


# ------------------------------------------------------------------------------------------------ neighbours


def test_neighbours_are_all_within_the_distance_of_the_envelope(serve):
    to_degrees = pyproj.Transformer.from_crs(27700, 4326, always_xy=True)

    def square(code, name, x, y):
        ring = [to_degrees.transform(*corner) for corner in shapely.box(x, y, x + 500, y + 500).exterior.coords]
        return {**feature(code, name), "geometry": {"type": "Polygon", "coordinates": [[list(at) for at in ring]]}}

    x, y = 549_000, 176_000
    layer = [
        square("E00000001", "Bexley 001A", x, y),
        square("E00000002", "Near 001A", x + 500 + 990, y),
        square("E00000003", "Corner 001A", x - 500 - 990, y - 500 - 990),
        square("E00000004", "Far 001A", x + 500 + 1100, y),
    ]
    asking = ons(serve(Portal(layer)))
    own = asking.named(["Bexley"])
    assert set(asking.around(list(own.values()), epsg=27700, reach_m=1000)) == {"E00000001", "E00000002", "E00000003"}
    west, south, east, north = envelope(list(own.values()), epsg=27700, reach_m=0)
    assert west < to_degrees.transform(x, y)[0] < east
    assert south < to_degrees.transform(x, y)[1] < north


# ------------------------------------------------------------------------------------------------ the check


def layer_of(tmp_path, shapes):
    lsoas = [
        Lsoa(f"E{n:08d}", f"Bexley {n:03d}A", json.loads(shapely.to_geojson(shape)))
        for n, shape in enumerate(gpd.GeoSeries(shapes, crs=27700).to_crs(4326))
    ]
    path = tmp_path / "layer.geojson"
    path.write_bytes(geojson(lsoas, vintage=2021, name="layer"))
    return read_boundaries([path], epsg=27700)


def squares(columns, rows, side=500.0, gap=0.0, x=549_000, y=176_000):
    return [
        shapely.box(
            x + a * (side + gap), y + b * (side + gap), x + a * (side + gap) + side, y + b * (side + gap) + side
        )
        for a in range(columns)
        for b in range(rows)
    ]


def test_a_pavement_passes(tmp_path):
    found = check_layer(layer_of(tmp_path, squares(6, 6)).areas)
    assert found.islands == ()
    assert found.largest_overlap_m2 < 0.01


def test_edges_rounded_apart_still_meet(tmp_path):
    assert check_layer(layer_of(tmp_path, squares(10, 10, gap=0.008)).areas).islands == ()


def test_edges_that_do_not_meet_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"100 of 100 LSOAs touch no other within 1 cm \(E00000000, "):
        check_layer(layer_of(tmp_path, squares(10, 10, gap=0.5)).areas)


@pytest.mark.parametrize(("islands", "passes"), [(1, True), (2, False)])
def test_one_island_is_allowed_and_named(tmp_path, islands, passes):
    shapes = [*squares(5, 5), *squares(1, islands, gap=3000, x=560_000)]
    areas = layer_of(tmp_path, shapes).areas
    if passes:
        assert check_layer(areas).islands == ("E00000025",)
    else:
        with pytest.raises(InputError, match="2 of 27 LSOAs touch no other"):
            check_layer(areas)


def test_a_layer_of_one_lsoa_is_no_island(tmp_path):
    assert check_layer(layer_of(tmp_path, squares(1, 1)).areas).islands == ()


def test_an_overlap_is_refused_by_name(tmp_path):
    shapes = squares(5, 5)
    shapes[7] = shapely.box(*(shapes[7].buffer(5).bounds))
    with pytest.raises(InputError, match=r"pairs of LSOAs overlap by more than 0\.1% \(E00000002 and E00000007"):
        check_layer(layer_of(tmp_path, shapes).areas)


def test_an_lsoa_inside_another_is_an_overlap(tmp_path):
    shapes = [*squares(3, 3), squares(1, 1, side=100, x=549_200, y=176_200)[0]]
    with pytest.raises(InputError, match=r"1 pairs of LSOAs overlap"):
        check_layer(layer_of(tmp_path, shapes).areas)


@pytest.mark.real
@pytest.mark.parametrize("name", ["lsoa2021/london-2021-lsoa-gen20.zip", "lsoa2011/london-2011-lsoa-gen20.zip"])
def test_real_layers_pass(real, name):
    found = check_layer(read_boundaries([real / "boundaries" / name], epsg=27700).areas)
    assert found.islands == ()
    assert found.largest_overlap_m2 < 1


@pytest.mark.real
def test_real_geojson_in_degrees_passes_where_districts_are_whole(real):
    for path in sorted((real / "boundaries" / "lsoa2011").glob("*.json")):
        layer = read_boundaries([path], epsg=27700)
        assert len(check_layer(layer.areas).islands) <= max(1, 0.01 * len(layer.areas)), path.name
