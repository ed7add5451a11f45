"""``hotspots bus plan`` and ``hotspots bus sites``, as they are typed."""

from __future__ import annotations

import json
import shutil

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from hotspots.pipeline.bus_write import BUS_FILES
from tests import conftest as kit

SITES = (
    "site_id,name,status,hours,reason,notes,easting,northing\n"
    "a,Old Yard,,,,kerb 12 m,549300,175800\n"
    "b,Green Lane,,Mon-Fri 16:00-23:00,,,550200,176700\n"
    "c,North Gate,,,,,549800,176300\n"
    "d,Far Field,,,,,530000,180000\n"
    "e,Depot,never,,no public,,549500,176000\n"
    "f,Nowhere,,,,,,\n"
)
SETTINGS = f'[bus]\ncrime_types = ["{kit.VIOLENCE}"]\nthemes = []\nalternatives = 1\n'


@pytest.fixture(scope="module")
def desk(pack, tmp_path_factory):
    """A folder with a pack, a list of sites and settings."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(pack.folder, folder / "pack")
    (folder / "sites.csv").write_text(SITES, encoding="utf-8")
    (folder / "hotspots.toml").write_text(SETTINGS, encoding="utf-8")
    return folder


def plan(desk, *more, out="plan"):
    return kit.run_cli(
        *("bus", "plan", "--pack", "pack", "--sites", "sites.csv", "--stops", "2", "--out", out, *more), cwd=desk
    )


@pytest.fixture(scope="module")
def made(desk):
    said = plan(desk)
    assert said.code == 0, said.err
    return said, desk / "plan"


def table(folder, name):
    return pd.read_csv(folder / name, encoding="utf-8-sig")


def test_the_folder_holds_every_file(made):
    _, folder = made
    assert sorted(path.name for path in folder.iterdir()) == sorted(BUS_FILES)


def test_the_summary_says_reach_stops_what_was_left_out_and_what_to_type_next(made):
    said, _ = made
    assert "Two stops have 8.4 of the 10.4 incidents a month in Bexley" in said.out
    assert "it is proven" in said.out
    assert "Left out: Far Field: lies outside Bexley." in said.out
    assert "--fixed choice.csv" in said.out.splitlines()[-1]


def test_tables_and_document_agree(made):
    _, folder = made
    rows, document = table(folder, "plan.csv"), json.loads((folder / "bus.json").read_text(encoding="utf-8"))
    best = next(one for one in document["plans"] if one["alternative"] == 1)
    assert sorted(rows.loc[rows["alternative"] == 1, "site_id"]) == best["site_ids"]
    curve = table(folder, "curve.csv").set_index("stops")
    assert curve.loc[2, "reach"] == pytest.approx(best["reach"])
    assert curve.loc[2, "share"] == pytest.approx(best["reach"] / document["total_need"])
    sites = table(folder, "sites.csv").set_index("site_id")
    assert sites.index[sites["chosen"] == "yes"].tolist() == best["site_ids"]
    assert sites.loc["d", "reason"] == "lies outside Bexley"
    assert [file["role"] for file in document["inputs"]] == ["sites", "settings"]


def test_a_row_without_a_place_is_kept_as_a_reject(made):
    _, folder = made
    rejects = table(folder, "rejects.csv")
    assert rejects["source_row"].tolist() == [7]


def test_the_rota_visits_the_stops_of_the_plan_alone(made):
    _, folder = made
    rota, rows = table(folder, "rota.csv"), table(folder, "plan.csv")
    assert set(rota["site_id"]) == set(rows.loc[rows["alternative"] == 1, "site_id"])
    assert rota["starts_at"].min().startswith("2024-06-04T16:30:00+01:00")  # a Tuesday after the first Monday


def test_the_pages_hold_no_incident_point_and_ask_nobody(made):
    _, folder = made
    for name in ("bus.html", "note.html"):
        page = (folder / name).read_text(encoding="utf-8")
        assert "default-src " in page
        assert "http://" not in page.replace("http://www.w3.org", "")


def test_the_same_input_gives_the_same_bytes(desk, made):
    _, folder = made
    assert plan(desk, out="again").code == 0
    for name in BUS_FILES:
        assert (desk / "again" / name).read_bytes() == (folder / name).read_bytes(), name


def test_without_out_the_plan_lies_in_the_pack_and_is_kept(desk):
    words = ("bus", "plan", "--pack", "pack", "--sites", "sites.csv", "--stops", "1")
    assert kit.run_cli(*words, cwd=desk).code == 0
    assert (desk / "pack" / "bus" / "bus.html").is_file()
    again = kit.run_cli(*words, cwd=desk)
    assert again.code == 1
    assert "already exists and is kept; add --force" in again.sentence
    assert kit.run_cli(*words, "--force", cwd=desk).code == 0
    shutil.rmtree(desk / "pack" / "bus")


def test_a_saved_choice_is_kept_and_the_plan_in_force_is_scored(desk):
    (desk / "choice.csv").write_text(
        "\ufeffsite_id,name,chosen,easting,northing\nc,North Gate,yes,1,1\na,Old Yard,no,1,1\n", encoding="utf-8"
    )
    (desk / "now.csv").write_text("site_id\nb\nc\n", encoding="utf-8")
    said = plan(desk, "--fixed", "choice.csv", "--current", "now.csv", out="chosen")
    assert said.code == 0, said.err
    rows = table(desk / "chosen", "plan.csv")
    assert "c" in set(rows.loc[rows["alternative"] == 1, "site_id"])
    assert sorted(rows.loc[rows["alternative"] == 0, "site_id"]) == ["b", "c"]
    assert "The plan in force, with two stops, reaches" in said.out


def test_the_events_tracker_tells_terms_and_what_is_on(desk):
    (desk / "events.csv").write_text(
        "title,kind,starts_at,ends_at,easting,northing\n"
        "Summer term,school term,2024-04-15,2024-07-19,,\n"
        "Gala,community,2024-06-08T12:00,2024-06-08T18:00,549350,175850\n",
        encoding="utf-8",
    )
    said = plan(desk, "--events", "events.csv", "--first", "2024-06-05", out="terms")
    assert said.code == 0, said.err
    assert set(table(desk / "terms", "rota.csv")["on"]) == {"Summer term"}
    sites = table(desk / "terms", "sites.csv").set_index("site_id")
    assert "Next event within 400 m: Gala, Sat 8 Jun 2024, 12:00." in sites.loc["a", "why"]
    note = (desk / "terms" / "note.html").read_text(encoding="utf-8")
    assert "Holidays and terms: Summer term 5 Jun to 2 Jul." in note


def test_input_options_serve_instead_of_a_pack(desk, town):
    words = ("--month", kit.MONTH, "--incidents", str(town.incidents), "--boundaries", str(town.boundaries))
    said = kit.run_cli(
        *("bus", "plan", *words, "--area", "Bexley", "--sites", "sites.csv", "--stops", "2", "--out", "direct"),
        cwd=desk,
    )
    assert said.code == 0, said.err
    one, other = table(desk / "direct", "plan.csv"), table(desk / "plan", "plan.csv")
    columns = ["alternative", "site_id", "covered", "gain", "n_month"]
    pd.testing.assert_frame_equal(one[columns], other[columns])


FAULTS = [
    (("--pack", "nowhere", "--sites", "sites.csv"), "nowhere is no pack"),
    (("--sites", "sites.csv"), "Give either --pack"),
    (("--month", "2024-05", "--sites", "sites.csv"), "Without --pack give --month and --boundaries"),
    (("--pack", "pack", "--sites", "nothing.csv"), "nothing.csv"),
    (("--pack", "pack", "--sites", "sites.csv", "--stops", "51"), "--stops must lie between 1 and 50"),
    (("--pack", "pack", "--sites", "sites.csv", "--reach-m", "1"), "--reach-m must lie between 10 and 5000"),
    (("--pack", "pack", "--sites", "sites.csv", "--sessions", "Xyz 1-2"), "no day of the week"),
    (("--pack", "pack", "--sites", "sites.csv", "--first", "June"), "--first must be written YYYY-MM-DD"),
    (
        ("--pack", "pack", "--sites", "sites.csv", "--stops", "9"),
        "9 stops are asked for, but only 3 of 5 sites can be used",
    ),
    (
        ("--pack", "pack", "--sites", "sites.csv", "--sessions", "Sun 03:00-04:00", "--fixed", "b.csv"),
        "b) is fixed but is open",
    ),
    (("--pack", "pack", "--sites", "far.csv"), "No site of far.csv can be a stop: each lies outside Bexley (1 site)"),
]


@pytest.mark.parametrize(("words", "sentence"), FAULTS)
def test_a_fault_is_one_sentence(desk, words, sentence):
    (desk / "b.csv").write_text("site_id\nb\n", encoding="utf-8")
    (desk / "far.csv").write_text("name,easting,northing\nFar,530000,180000\n", encoding="utf-8")
    said = kit.run_cli("bus", "plan", *words, "--out", "faulty", cwd=desk)
    assert said.code == 1
    assert sentence in said.sentence
    assert not (desk / "faulty").exists()


def test_sites_come_from_any_points(desk, town, tmp_path):
    (tmp_path / "stops.csv").write_text(
        "Stop_Name,Location_Easting,Location_Northing\nOLD YARD,549300,175800\nOLD YARD,549330,175800\nFAR,1,1\n",
        encoding="utf-8",
    )
    words = ("--from", "stops.csv", "--boundaries", str(town.boundaries), "--within", "Bexley")
    said = kit.run_cli("bus", "sites", *words, cwd=tmp_path)
    assert said.code == 0, said.err
    assert (
        "3 rows read, 2 of them in the area; 1 put together with one of their name nearby, 1 sites written" in said.out
    )
    assert table(tmp_path, "sites.csv")["name"].tolist() == ["Old Yard"]
    assert "hotspots bus plan" in said.out.splitlines()[-1]
    again = kit.run_cli("bus", "sites", *words, cwd=tmp_path)
    assert again.code == 1
    assert "already exists and is kept" in again.sentence


def test_everything_the_settings_can_name_is_read_and_told(desk):
    (desk / "clubs.csv").write_text("name,reach_m,easting,northing\nClub,150,549300,175800\n", encoding="utf-8")
    box = gpd.GeoDataFrame(
        {"name": ["the school gate"]}, geometry=[shapely.box(549750, 176250, 549850, 176350)], crs=27700
    )
    box.to_file(desk / "zones.gpkg")
    east_west = [shapely.LineString([(548000, y), (552000, y)]) for y in range(174000, 179000, 100)]
    # Streets meet where they share a corner.
    grid = [shapely.LineString([(x, y) for y in range(174000, 179000, 100)]) for x in range(548000, 552100, 100)]
    grid += [shapely.LineString([(x, line.coords[0][1]) for x in range(548000, 552100, 100)]) for line in east_west]
    gpd.GeoDataFrame(geometry=grid, crs=27700).to_file(desk / "streets.gpkg")
    files = 'provision = "clubs.csv"\nexclude = "zones.gpkg"\nnetwork = "streets.gpkg"\n'
    (desk / "all.toml").write_text(f"{SETTINGS}{files}distance_decay = true\n", encoding="utf-8")
    said = plan(desk, "--settings", "all.toml", out="all")
    assert said.code == 0, said.err
    document = json.loads((desk / "all" / "bus.json").read_text(encoding="utf-8"))
    roles = [file["role"] for file in document["inputs"]]
    assert roles == ["sites", "exclusion zones", "provision", "streets", "settings"]
    sites = table(desk / "all", "sites.csv").set_index("site_id")
    assert sites.loc["c", "reason"] == "lies in the school gate, where the bus may not stop"
    assert "Services that are there already meet" in sites.loc["a", "why"]
    page = (desk / "all" / "bus.html").read_text(encoding="utf-8")
    assert "along the streets given" in page
    assert "three, two and one quarter" in page
    bare = json.loads((desk / "plan" / "bus.json").read_text(encoding="utf-8"))
    assert document["plans"][0]["reach"] != pytest.approx(bare["plans"][0]["reach"])


def test_own_points_are_need_too(desk):
    (desk / "own.csv").write_text(
        "weight,easting,northing\n7,549800,176300\n2,549300,175800\n5,530000,180000\n", encoding="utf-8"
    )
    (desk / "own.toml").write_text(f'{SETTINGS}demand = "own.csv"\n', encoding="utf-8")
    said = plan(desk, "--settings", "own.toml", "--stops", "1", out="own")
    assert said.code == 0, said.err
    rows = table(desk / "own", "plan.csv")
    assert rows.loc[rows["alternative"] == 1, "site_id"].tolist() == ["c"]
    assert "One stop meets 77.8 % of the need in Bexley." in said.out
    assert "Left out of own.csv: 1 outside Bexley." in said.out


def test_streets_that_hardly_cover_the_sites_are_said(desk):
    line = shapely.LineString([(549290, 175000), (549290, 176000)])
    far = shapely.LineString([(549600, 175900), (550100, 175900)])
    gpd.GeoDataFrame(geometry=[line, far], crs=27700).to_file(desk / "main.gpkg")
    (desk / "main.toml").write_text(
        f'{SETTINGS}network = "main.gpkg"\nsites_source = "Stops: a test."\n', encoding="utf-8"
    )
    said = plan(desk, "--settings", "main.toml", "--stops", "1", out="main")
    assert said.code == 0, said.err
    assert "4 of 5 sites lie over 100 m off the streets given and reach nothing." in said.out
    assert "of the streets given hang together" in said.out
    assert "Stops: a test." in (desk / "main" / "note.html").read_text(encoding="utf-8")
    assert "Stops: a test." in (desk / "main" / "bus.html").read_text(encoding="utf-8")


def test_of_many_bad_rows_a_few_are_said_and_all_are_kept(desk):
    bad = "".join(f"bad {number},,\n" for number in range(9))
    (desk / "bad.csv").write_text(f"name,easting,northing\nGood,549300,175800\n{bad}", encoding="utf-8")
    words = ("bus", "plan", "--pack", "pack", "--sites", "bad.csv", "--stops", "1", "--out", "bad")
    said = kit.run_cli(*words, cwd=desk)
    assert said.code == 0, said.err
    assert said.out.count("the row is left out.") == 5
    assert "4 more rows are left out; all are in rejects.csv." in said.out
    assert len(table(desk / "bad", "rejects.csv")) == 9
