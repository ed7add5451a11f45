"""``hotspots basemap build``: from files to one small file, from that file to a map, and as typed."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, Point, box

from hotspots.errors import InputError, OutputError, SettingsError
from hotspots.intake.files import sha256
from hotspots.maps.encode import PER_DEGREE
from hotspots.pipeline import basemap
from hotspots.pipeline.backdrop import backdrop_of
from hotspots.pipeline.basemap import LEVELS, BasemapRequest, build_basemap
from hotspots.settings import Settings, load_settings

# The town's Bexley: 549,000 to 551,000 east, 175,500 to 177,500 north.
WEST, SOUTH, EAST, NORTH = 549_000, 175_500, 551_000, 177_500
CROSSING = LineString([(540_000, 176_000), (560_000, 176_000)])
KINDS = ["Motorway", "A Road", "B Road", "Minor Road", "Local Road"]


def gpkg(path, geometries, **columns):
    gpd.GeoDataFrame(columns, geometry=geometries, crs=27700).to_file(path, driver="GPKG")
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Roads of each class across the town, a lake, a river and a stream, and places."""
    folder = tmp_path_factory.mktemp("layers")
    shapes = [shapely.affinity.translate(CROSSING, 0, 100 * n) for n in range(5)]
    gpkg(folder / "roads.gpkg", shapes, road_function=KINDS, name_1=["" for _ in KINDS])
    lake, pond = Point(550_000, 176_800).buffer(200), Point(549_500, 176_800).buffer(15)
    flows = [shapely.affinity.translate(CROSSING, 0, 300), shapely.affinity.translate(CROSSING, 0, 350)]
    gpkg(folder / "water.gpkg", [lake, pond, *flows], waterway=["dock", "dock", "river", "stream"])
    at = [Point(550_000, 176_000), Point(550_100, 176_000), Point(553_000, 176_000), Point(550_000, 177_000)]
    gpkg(
        folder / "places.gpkg",
        at,
        name=["Erith", "ERITH", "Erith", "<b>Sidcup"],
        place=["town", "village", "village", "city"],
        osm_id=list("1234"),
    )
    return folder


def request(town, files, tmp_path, **changes):
    given = {
        "boundaries": (town.boundaries,),
        "areas": ("Bexley",),
        "today": date(2026, 3, 1),
        "roads": (files / "roads.gpkg",),
        "water": (files / "water.gpkg",),
        "places": (files / "places.gpkg",),
        "out": tmp_path / "b.json",
    }
    return BasemapRequest(**given | changes)


@pytest.fixture(scope="module")
def built(town, files, tmp_path_factory):
    result = build_basemap(request(town, files, tmp_path_factory.mktemp("built")), Settings())
    return result, json.loads(result.path.read_bytes())


def points(steps, document):
    return (np.cumsum(np.array(steps).reshape(-1, 2), axis=0) + np.array(document["origin"])) / PER_DEGREE


def metres(steps, document):
    at = points(steps, document)
    return gpd.GeoSeries(gpd.points_from_xy(at[:, 0], at[:, 1]), crs=4326).to_crs(27700)


def test_each_level_holds_its_classes(built):
    _, document = built
    assert [level["below_zoom"] for level in document["levels"]] == [12, 14, None]
    assert [sorted(level["roads"]) for level in document["levels"]] == [["1", "2"], ["1", "2", "3"], list("12345")]
    assert [len(level["streams"]) for level in document["levels"]] == [1, 1, 2]
    assert [len(level["water"]) for level in document["levels"]] == [1, 1, 2]  # the pond is a speck from afar
    assert document["counts"] == {
        "levels": [
            {
                "roads": {number: len(lines) for number, lines in level["roads"].items()},
                "water": len(level["water"]),
                "streams": len(level["streams"]),
            }
            for level in document["levels"]
        ],
        "places": 3,
    }


def test_tolerances_shrink_as_the_map_comes_closer():
    assert [level.tolerance_m for level in LEVELS] == [40, 12, 3]
    assert [level.last_class for level in LEVELS] == [2, 3, 5]


@pytest.mark.parametrize(("number", "reach"), [("1", 5_000), ("2", 5_000), ("3", 1_000), ("4", 1_000), ("5", 1_000)])
def test_main_roads_reach_farther_than_small_ones(built, number, reach):
    _, document = built
    (line,) = document["levels"][2]["roads"][number]
    ends = metres(line, document)
    assert ends.x.min() == pytest.approx(WEST - reach, abs=3)
    assert ends.x.max() == pytest.approx(EAST + reach, abs=3)
    assert ends.y.tolist() == pytest.approx([176_000 + 100 * (int(number) - 1)] * len(ends), abs=1.5)


def test_where_no_road_is_a_main_road_the_best_of_them_is_drawn_at_every_zoom(town, files, tmp_path):
    roads = gpkg(tmp_path / "any.gpkg", [CROSSING])
    document = json.loads(
        build_basemap(request(town, files, tmp_path, roads=(roads,), sources=("x",)), Settings()).path.read_bytes()
    )
    assert [sorted(level["roads"]) for level in document["levels"]] == [["3"]] * 3
    assert metres(document["levels"][0]["roads"]["3"][0], document).x.min() == pytest.approx(WEST - 5_000, abs=3)


def test_the_ring_of_the_settings_is_how_far_small_roads_reach(town, files, tmp_path):
    settings = Settings(areas=dataclasses.replace(Settings().areas, context_m=300.0))
    document = json.loads(build_basemap(request(town, files, tmp_path), settings).path.read_bytes())
    assert metres(document["levels"][2]["roads"]["5"][0], document).x.min() == pytest.approx(WEST - 300, abs=3)


def test_simplified_lines_stay_within_their_level_s_tolerance(town, files, tmp_path):
    xs = np.linspace(549_000, 551_000, 400)
    wavy = LineString(np.column_stack([xs, 176_500 + 60 * np.sin(xs / 40) + 20 * np.cos(xs / 7)]))
    roads = gpkg(tmp_path / "wavy.gpkg", [wavy], road_function=["Motorway"])
    document = json.loads(build_basemap(request(town, files, tmp_path, roads=(roads,)), Settings()).path.read_bytes())
    counts = []
    for level, said in zip(document["levels"], LEVELS, strict=True):
        (line,) = level["roads"]["1"]
        drawn = LineString(metres(line, document).tolist())
        farthest = max(drawn.distance(Point(point)) for point in wavy.coords)
        assert farthest <= said.tolerance_m + 1.0
        counts.append(len(drawn.coords))
    assert counts[0] < counts[1] < counts[2]


def test_places_keep_rank_and_zoom_and_a_name_near_by_is_said_once(built):
    _, document = built
    places = document["places"]
    assert places["name"] == ["<b>Sidcup", "Erith", "Erith"]
    assert places["rank"] == [1, 2, 4]
    assert places["min_zoom"] == [0.0, 10.0, 12.5]
    assert metres(places["at"], document).x.tolist() == pytest.approx([550_000, 550_000, 553_000], abs=1)


def test_the_file_says_where_it_came_from(built, town, files):
    result, document = built
    assert (document["format"], document["version"], document["area"]) == ("hotspots backdrop", 1, ["Bexley"])
    assert document["licence"] == list(result.licence)
    assert result.licence == (
        "Contains OS data © Crown copyright and database right 2026",
        "© OpenStreetMap contributors, Open Database Licence (ODbL) 1.0",
    )
    inputs = [
        ("boundaries", town.boundaries),
        *((role, files / f"{role}.gpkg") for role in ("roads", "water", "places")),
    ]
    assert document["sources"] == [
        {"role": role, "file": path.name, "sha256": sha256(path.read_bytes())} for role, path in inputs
    ]
    corner = gpd.GeoSeries([box(WEST, SOUTH, EAST, NORTH)], crs=27700).to_crs(4326).total_bounds
    assert document["bounds"] == pytest.approx(list(corner), abs=1e-5)
    assert str(Path.cwd()) not in result.path.read_text()


def test_the_summary_counts_what_the_closest_zoom_holds(built):
    result, _ = built
    kept = {name: (number, round(km, 1)) for name, number, km in result.kept}
    assert kept == {
        "motorways": (1, 12.0),
        "A and trunk roads": (1, 12.0),
        "B and secondary roads": (1, 4.0),
        "minor roads": (1, 4.0),
        "local roads": (1, 4.0),
        "water": (2, 0.0),
        "rivers, canals and streams as lines": (2, 24.0),
        "places": (3, 0.0),
    }
    assert result.size == result.path.stat().st_size
    assert result.notes == ()


def test_the_same_input_gives_the_same_bytes(built, town, files, tmp_path):
    again = build_basemap(request(town, files, tmp_path), Settings())
    assert again.path.read_bytes() == built[0].path.read_bytes()


def test_one_layer_is_enough(town, files, tmp_path):
    for role in ("roads", "water", "places"):
        alone = dict.fromkeys(("roads", "water", "places"), ()) | {
            role: (files / f"{role}.gpkg",),
            "out": tmp_path / f"{role}.json",
        }
        result = build_basemap(request(town, files, tmp_path, **alone), Settings())
        backdrop, _, _ = backdrop_of(result.path, _areas(town))
        assert bool(backdrop.payload["places"]["name"]) is (role == "places")
        assert bool(backdrop.payload["levels"][2]["roads"]) is (role == "roads")
        assert bool(backdrop.payload["levels"][2]["water"]) is (role == "water")


def _areas(town, name="Bexley"):
    frame = gpd.read_file(town.boundaries).to_crs(27700)
    return frame.assign(zone=["area" if said.startswith(name) else "ring" for said in frame["LSOA21NM"]])


def test_what_costs_too_much_is_left_out_the_smallest_roads_first_and_said(town, files, tmp_path, monkeypatch):
    monkeypatch.setattr(basemap, "BUDGET_BYTES", 1)
    result = build_basemap(request(town, files, tmp_path), Settings())
    document = json.loads(result.path.read_bytes())
    assert document["left_out"] == list(result.notes)
    assert [re.sub(r"^Left out to stay within .* MB: | \(1 lines, \d+ kB\)\.$", "", note) for note in result.notes] == [
        "local roads at every zoom",
        "minor roads at every zoom",
        "B and secondary roads below zoom 14",
        "B and secondary roads at every zoom",
    ]
    assert [sorted(level["roads"]) for level in document["levels"]] == [["1", "2"]] * 3
    assert "local roads" not in {name for name, _, _ in result.kept}


def test_a_page_can_hold_the_largest_backdrop(town, files, tmp_path, monkeypatch):
    # What the levels may take is what the rest leaves.
    seen = []

    def watched(_levels, budget):
        seen.append(budget)
        return ()

    monkeypatch.setattr(basemap, "_fit", watched)
    result = build_basemap(request(town, files, tmp_path), Settings())
    document = json.loads(result.path.read_bytes())
    levels = len(json.dumps(document["levels"], separators=(",", ":")))
    assert result.size - levels + seen[0] <= basemap.BUDGET_BYTES == 1_000_000
    assert seen[0] > 950_000


def test_only_as_much_is_left_out_as_needed():
    line = [0, 0, 1, 1] * 50
    levels: list[dict[str, Any]] = [
        {"below_zoom": 12, "roads": {"1": [line]}},
        {"below_zoom": 14, "roads": {"1": [line], "3": [line]}},
        {"below_zoom": None, "roads": {"1": [line], "3": [line], "4": [line], "5": [line]}},
    ]
    size = len(json.dumps(levels, separators=(",", ":")))
    assert basemap._fit(levels, size) == ()
    assert [note.split(": ")[1].split(" (")[0] for note in basemap._fit(levels, size - 1)] == [
        "local roads at every zoom"
    ]
    assert "5" not in levels[2]["roads"]
    assert "4" in levels[2]["roads"]


# ------------------------------------------------------------------------------------------------ licence


def test_a_file_of_an_unknown_publisher_needs_a_line(town, files, tmp_path):
    roads = gpkg(tmp_path / "mine.gpkg", [CROSSING])
    with pytest.raises(
        SettingsError, match=r"The columns of mine\.gpkg do not tell who published it; .* with --source"
    ):
        build_basemap(request(town, files, tmp_path, roads=(roads,)), Settings())
    assert not (tmp_path / "b.json").exists()
    result = build_basemap(
        request(town, files, tmp_path, roads=(roads,), sources=(" Roads:\n mine ", "", "Roads: mine")), Settings()
    )
    assert result.licence == ("Roads: mine", "© OpenStreetMap contributors, Open Database Licence (ODbL) 1.0")


def test_a_line_that_is_given_stands_for_the_one_that_is_known(town, files, tmp_path):
    sources = ("contains os data © Crown copyright and database right 2019", "openstreetmap, ODbL")
    assert build_basemap(request(town, files, tmp_path, sources=sources), Settings()).licence == sources


# ------------------------------------------------------------------------------------------------ sentences


def test_nothing_given_is_refused(town, files, tmp_path):
    with pytest.raises(SettingsError, match="Give at least one of --roads, --water and --places"):
        build_basemap(request(town, files, tmp_path, roads=(), water=(), places=()), Settings())


def test_an_unknown_area_is_refused(town, files, tmp_path):
    with pytest.raises(SettingsError, match="'Bexly' is no borough"):
        build_basemap(request(town, files, tmp_path, areas=("Bexly",)), Settings())


def test_a_file_that_is_there_is_kept_unless_forced(town, files, tmp_path):
    wanted = request(town, files, tmp_path)
    wanted.out.write_text("mine")
    with pytest.raises(OutputError, match=r"b\.json already exists and is kept; add --force to replace it"):
        build_basemap(wanted, Settings())
    assert wanted.out.read_text() == "mine"
    build_basemap(dataclasses.replace(wanted, force=True), Settings())
    assert json.loads(wanted.out.read_bytes())["format"] == "hotspots backdrop"


# ------------------------------------------------------------------------------------------------ for a map


def test_a_map_takes_the_file_it_was_made_for(built, town):
    result, document = built
    backdrop, file, notes = backdrop_of(result.path, _areas(town))
    assert backdrop.payload["levels"] == document["levels"]
    assert backdrop.source.startswith("Backdrop: Contains OS data")
    assert (file.role, file.name, file.sha256) == ("backdrop", "b.json", sha256(result.path.read_bytes()))
    assert notes == ()


def test_a_map_that_shows_more_ground_says_so(built, town):
    areas = _areas(town).assign(zone="area")  # the three boroughs: 5.5 km wide, Bexley 2 km of them
    _, _, notes = backdrop_of(built[0].path, areas)
    assert (
        re.sub(r"3[5-7]", "36", notes[0]) == "The backdrop b.json was made for 36% of the ground that this map shows."
    )


def test_a_map_of_another_place_refuses_it(built, town):
    areas = _areas(town).assign(zone="ring")
    areas.loc[areas["LSOA21NM"].str.startswith("Dartford"), "zone"] = "area"
    far = areas.set_geometry(areas.translate(20_000, 0))
    with pytest.raises(InputError, match="made for Bexley and lies elsewhere"):
        backdrop_of(built[0].path, far)


def test_a_file_that_is_not_there_is_named(town, tmp_path):
    with pytest.raises(InputError, match=r"none\.json does not exist"):
        backdrop_of(tmp_path / "none.json", _areas(town))


def test_the_setting_is_relative_to_the_settings_file(tmp_path):
    path = tmp_path / "hotspots.toml"
    path.write_text('[map]\nbackdrop = "boundaries/b.json"\n')
    assert load_settings(path).map.backdrop == str(tmp_path / "boundaries" / "b.json")
    path.write_text("")
    assert load_settings(path).map.backdrop == ""


# ------------------------------------------------------------------------------------------------ as typed


def typed(town, files, *more):
    words = ["basemap", "build", "--boundaries", town.boundaries, "--area", "Bexley", "--roads", files / "roads.gpkg"]
    return [str(word) for word in (*words, *more)]


def test_the_command_writes_beside_the_boundaries_and_says_what_to_set(town, files, kit, tmp_path):
    said = kit.run_cli(*typed(town, files), cwd=tmp_path)
    assert (said.code, said.err) == (0, "")
    path = tmp_path / "boundaries" / "backdrop-bexley.json"
    assert re.search(r"^motorways +1 +12$", said.out, re.MULTILINE)
    assert f"On every page: Contains OS data © Crown copyright and database right {date.today().year}" in said.out
    assert f"{path.stat().st_size / 1e3:,.0f} kB  boundaries/backdrop-bexley.json" in said.out
    assert said.out.splitlines()[-1] == (
        'Set next:      [map] backdrop = "boundaries/backdrop-bexley.json" in hotspots.toml'
    )
    again = kit.run_cli(*typed(town, files), cwd=tmp_path)
    assert again.code == 1
    assert "already exists and is kept" in again.err
    more = typed(
        town, files, "--water", files / "water.gpkg", "--places", files / "places.gpkg", "--source", "Mine", "--force"
    )
    assert kit.run_cli(*more, cwd=tmp_path).code == 0
    document = json.loads(path.read_bytes())
    assert document["licence"][0] == "Mine"
    assert document["places"]["name"]
    assert document["levels"][0]["water"]


def test_the_command_needs_something_to_draw(town, kit, tmp_path):
    said = kit.run_cli("basemap", "build", "--boundaries", str(town.boundaries), cwd=tmp_path)
    assert said.code == 1
    assert said.sentence == "Give at least one of --roads, --water and --places."


def test_the_help_names_every_option(kit):
    shown = kit.run_cli("basemap", "build", "--help", columns=200).out
    options = {"--roads", "--water", "--places", "--boundaries", "--area", "--out", "--source", "--settings", "--force"}
    assert set(re.findall(r"--[a-z]+", shown)) == options | {"--help"}


@pytest.mark.parametrize(
    ("areas", "name"),
    [
        (("Bexley",), "bexley"),
        (("Kensington & Chelsea", "X"), "kensington-chelsea-x"),
        ((), "area"),
        (("–",), "area"),
        (("a" * 80,), "a" * 60),
    ],
)
def test_the_file_is_called_after_the_area(areas, name):
    assert basemap._slug(areas) == name
