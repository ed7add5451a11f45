"""The main job by its options: area, focus, window, residents, lookup, events, settings; and text that attacks."""

from __future__ import annotations

import csv
import dataclasses
import gzip
import hashlib
import html
import json
import re
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal

from hotspots.errors import InputError, OutputError, SettingsError
from hotspots.intake.events import read_events
from hotspots.pipeline import coming as coming_module
from hotspots.pipeline.inputs import Inputs, load, metric_crs, parse_month
from hotspots.pipeline.month import MonthRequest, run_month
from hotspots.settings import Report, Settings, with_hotspots
from tests import conftest as kit
from tests.test_pipeline_inputs import kent_rows

HOSTILE = [
    "</script><img src=x onerror=alert(1)>",
    "${alert(1)}",
    "`",
    "C:\\new\\2019",
]
FORMULAS = ['=HYPERLINK("http://x.example","y")', "@x", "-1+1"]


@pytest.fixture
def inputs(town):
    return Inputs(kit.MONTH, (town.incidents,), (town.boundaries,), areas=("Bexley",))


def names(read):
    """Streets in the order of ranks; the number in front of each is its rank."""
    table = read.csv("hotspots")
    assert list(table["name"].str[:4]) == [f"H{rank:02d} " for rank in table["rank"]]
    return list(table["name"].str[4:].str.partition(",")[0])


# ------------------------------------------------------------------------------------------------ area


def test_two_areas_are_one_area(town, tmp_path):
    read = town.run(tmp_path, area=["Bexley", "greenwich"])
    areas = read.csv("areas")
    assert set(areas.loc[areas["zone"] == "area", "borough"]) == {"Bexley", "Greenwich"}
    assert set(areas.loc[areas["zone"] == "ring", "borough"]) == {"Dartford"}
    assert read.manifest["parameters"]["areas"] == ["Bexley", "greenwich"]
    assert names(read) == ["High Street", "Station Road", "Westgate", "Border Road", "Far Lane"]
    assert read.said.out.startswith("Serious violence · Bexley and Greenwich · 2024-05\n")


def test_a_district_code_is_the_same_area_as_its_name(town, pack, tmp_path):
    read = town.run(tmp_path, area="E09000004", events=town.folder / "events.csv")
    for name in ("hotspots.csv", "areas.csv", "rejects.csv", "month.gpkg", "map.html"):
        assert read.hashes[name] == pack.hashes[name]


def test_the_whole_layer_has_no_ring(whole):
    assert set(whole.csv("areas")["zone"]) == {"area"}
    assert set(whole.layer("incidents")["zone"]) == {"area", "ring"}, "points in no LSOA but near stay context"
    assert names(whole)[:3] == ["High Street", "Station Road", "Westgate"]


def test_the_ring_is_context_and_not_counted_as_the_area(pack):
    hotspots = pack.csv("hotspots")
    assert "Westgate" not in names(pack)
    assert hotspots["share_of_n"].sum() == pytest.approx(1)
    # Cells are not cut at the border; what lies across it is no part of the area's shares.
    across = hotspots.set_index("name")["cross_border"]
    assert [name[4:].partition(",")[0] for name in across.index[across]] == ["Border Road"]


# ------------------------------------------------------------------------------------------------ focus, window


def test_a_typed_category_alone_is_in_focus(town, tmp_path):
    read = town.run(tmp_path, category="burglary")
    assert names(read) == ["Garage Row"]
    hotspot = read.csv("hotspots").iloc[0]
    assert (hotspot["n"], hotspot["n_month"], hotspot["top_category"]) == (72, 6, kit.BURGLARY)
    assert read.csv("areas")["n"].sum() == 72
    assert read.manifest["parameters"]["categories"] == [kit.BURGLARY]
    assert read.said.out.startswith("Burglary · Bexley · 2024-05\n")
    assert "Not in the data" not in read.said.out


def test_several_categories_may_be_typed(town, tmp_path):
    read = town.run(tmp_path, category=[kit.ROBBERY, kit.BURGLARY])
    assert read.csv("areas")["n"].sum() == 72 + 12


def test_a_category_that_only_other_months_hold_is_no_hotspot_and_no_error(town, tmp_path):
    rows = [*town.rows, kit.row(kit.MONTHS[0], "Station Road", "Drugs", **{"Crime ID": "d" * 64})]
    read = town.run(tmp_path / "out", incidents=kit.write_street(tmp_path / "in", rows), category="Drugs")
    assert read.csv("hotspots").empty
    assert (read.csv("areas")["n"].dropna() == 0).all()
    assert "to be called a hotspot" in read.said.out
    assert len(read.layer("hotspots")) == 0
    header = next(csv.reader([(read.folder / "hotspots.csv").read_text(encoding="utf-8-sig")]))
    assert header[:3] == ["hotspot_id", "rank", "name"]


def test_the_window_ends_with_the_month_and_older_months_do_not_enter(town, tmp_path):
    read = town.run(tmp_path, window_months=6)
    assert read.manifest["parameters"]["months_used"] == kit.MONTHS[-6:]
    hotspot = read.csv("hotspots").iloc[0]
    assert (hotspot["n"], hotspot["n_month"]) == (5 * 5 + 21, 21)
    assert set(read.layer("incidents")["month"]) == set(kit.MONTHS[-6:])
    assert "Old Yard" not in names(read)


def test_a_longer_window_takes_them_in(town, tmp_path):
    read = town.run(tmp_path, window_months=14)
    assert names(read)[:2] == ["High Street", "Old Yard"]
    assert read.csv("hotspots")["n"].iloc[1] == 60


def test_an_earlier_month_sees_nothing_of_the_later_ones(town, tmp_path):
    read = town.run(tmp_path, month="2024-04", window_months=12)
    assert read.manifest["parameters"]["months_used"] == kit.MONTHS[1:13]
    assert list(read.csv("hotspots").loc[lambda t: t["name"].str.startswith("H01 High"), "n"]) == [60]
    assert "2024-05" not in set(read.layer("incidents")["month"])


def test_a_missing_month_is_named_and_is_no_zero(town, pack, tmp_path):
    gone = ["2023-09", "2023-12", "2024-01"]
    rows = [row for row in town.rows if row["Month"] not in gone]
    read = town.run(tmp_path / "out", incidents=kit.write_street(tmp_path / "in", rows))
    parameters = read.manifest["parameters"]
    assert parameters["months_missing"] == gone
    assert parameters["months_used"] == [month for month in kit.WINDOW if month not in gone]
    assert "Missing from the files, not counted as zero: 2023-09 and 2023-12 to 2024-01." in read.said.out
    hotspots = read.csv("hotspots")
    assert list(hotspots["n"]) == [8 * 5 + 21, 8 * 3 + 4, 9 * 2]
    # Nine months are tested, not twelve: a zero in the gaps would pull the usual range down.
    assert (hotspots["usual_high"].to_numpy() >= pack.csv("hotspots")["usual_high"].to_numpy()).all()
    assert (hotspots["usual_low"].to_numpy() <= pack.csv("hotspots")["usual_low"].to_numpy()).all()
    assert set(read.csv("areas")["months_covered"]) == {0, 9}
    assert "9 months" in read.said.out


def test_the_month_before_is_empty_where_no_file_holds_it(town, tmp_path):
    rows = [row for row in town.rows if row["Month"] not in {"2024-04", "2023-05"}]
    read = town.run(tmp_path / "out", incidents=kit.write_street(tmp_path / "in", rows))
    areas = read.csv("areas")
    assert areas[["n_previous", "n_last_year"]].isna().all().all()
    assert areas.loc[areas["borough"] == "Bexley", "n_month"].sum() == 27


def test_one_month_alone_is_mapped_and_tests_nothing(town, tmp_path):
    rows = [row for row in town.rows if row["Month"] == kit.MONTH]
    read = town.run(tmp_path / "out", incidents=kit.write_street(tmp_path / "in", rows))
    hotspots = read.csv("hotspots")
    assert set(hotspots["change"]) == {"untested"}
    assert hotspots[["usual_low", "usual_high", "change_p"]].isna().all().all()
    assert "of the month" in read.said.out
    assert "there are too few months to say what is usual" in read.said.out
    assert "1 months" not in read.said.out + read.page
    assert re.search(r"Rows read +\d+ +1 file *\n", read.said.out)


# ------------------------------------------------------------------------------------------------ residents, lookup, events


def test_residents_give_a_rate(town, tmp_path):
    codes = kit.lattice()["LSOA21CD"]
    lines = [f"{code},{1000 + position}" for position, code in enumerate(codes) if code != "E01000018"]
    table = tmp_path / "people.csv"
    table.write_text("LSOA21CD,Total\n" + "\n".join(lines) + "\n")
    read = town.run(tmp_path / "out", population=table)
    areas = read.csv("areas")
    assert areas.loc["E01000017", "population"] == 1016
    assert areas.loc["E01000017", "rate_per_1000"] == pytest.approx(1000 * 76 / 1016)
    assert pd.isna(areas.loc["E01000018", "rate_per_1000"])
    assert areas.loc["E01000018", "n"] == 0
    breaks = read.manifest["parameters"]["class_breaks"]["rate_per_1000"]
    known = areas["rate_per_1000"].notna()
    classes = np.searchsorted(breaks, areas.loc[known, "rate_per_1000"], side="right") + 1
    assert list(areas.loc[known, "map_class_per_1000"]) == list(classes)
    assert areas.loc[~known, "map_class_per_1000"].isna().all()
    assert len(set(classes)) > 1
    assert areas.loc[areas["borough"] == "Dartford", "rate_per_1000"].isna().all()
    assert "people.csv gives no residents for 1 of 16 LSOAs" in read.said.out
    assert ("population", "people.csv") in {(file["role"], file["name"]) for file in read.manifest["inputs"]}
    assert "per 1,000 residents" in read.page


def test_the_lookup_brings_old_codes_to_the_layer(town, tmp_path):
    layer = kit.lattice()
    old = {code: f"E0109{code[-4:]}" for code in layer["LSOA21CD"]}
    rows = [row | {"LSOA code": old.get(row["LSOA code"], "")} for row in town.rows]
    # A point 5 m across the edge keeps the LSOA its publisher named.
    longitude, latitude = kit._TO_DEGREES.transform(549_505, 175_760)
    for row in rows:
        if row["Location"].endswith("High Street"):
            row |= {"Longitude": f"{longitude:.6f}", "Latitude": f"{latitude:.6f}"}
    incidents = kit.write_street(tmp_path / "in", rows)
    table = tmp_path / "lookup.csv"
    table.write_text("LSOA11CD,LSOA21CD,CHGIND\n" + "".join(f"{was},{code},U\n" for code, was in old.items()))
    plain = town.run(tmp_path / "plain", incidents=incidents)
    read = town.run(tmp_path / "out", incidents=incidents, lookup=table)
    assert plain.csv("areas").loc["E01000018", "n"] == 76
    assert read.csv("areas").loc[["E01000017", "E01000018"], "n"].tolist() == [76, 0]
    assert read.manifest["located_by"]["edge_published"] == 14 * 8 + 16
    assert plain.manifest["published_code_kept"]["kept"] == 0
    kept = read.manifest["published_code_kept"]
    assert kept["kept"] == kept["named"] == 385
    assert "lookup" in [file["role"] for file in read.manifest["inputs"]]


def test_events_of_the_month_and_the_next_are_in_and_no_others(pack):
    events = pack.layer("events").set_index("title")
    assert set(events.index) == {"Long Festival", "Derby", "Street Party"}
    assert events.geometry["Street Party"] is None
    assert events.loc["Derby", "starts_at"] == "2024-05-11T15:00:00+01:00"
    assert events.loc["Derby", "risk"] == "high"
    assert (events.geometry["Derby"].x, events.geometry["Derby"].y) == pytest.approx((550_200, 176_700))
    assert "Spring Fair" not in pack.page
    assert "Long Festival" in pack.page


def test_the_edges_of_the_period_of_events(town):
    events = read_events(kit.write_events(town.folder / "events.csv"), epsg=27700)
    coming = {
        month: set(coming_module._of_both(events.events, pd.Period(month, "M"))[0]["title"])
        for month in ("2024-03", "2024-06", "2024-08")
    }
    assert coming["2024-03"] == {"Spring Fair", "Long Festival"}
    assert coming["2024-06"] == {"Street Party", "July Market"}
    assert coming["2024-08"] == set()


def test_without_events_the_layer_is_there_and_empty(whole):
    assert len(whole.layer("events")) == 0
    assert "Events in period" not in whole.said.out


# ------------------------------------------------------------------------------------------------ settings


def test_a_settings_file_is_read_and_hashed(town, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        '[hotspots]\nwindow_months = 6\nmax_number = 1\n[report]\ntitle = "Tasking"\nmarking = "OFFICIAL"\n'
    )
    read = town.run(tmp_path / "out", settings=path)
    assert read.manifest["parameters"]["months_used"] == kit.MONTHS[-6:]
    assert len(read.csv("hotspots")) == 1
    assert "<title>Tasking" in read.page
    assert "OFFICIAL" in read.page
    listed = [file for file in read.manifest["inputs"] if file["role"] == "settings"]
    assert listed == [
        {"role": "settings", "name": "mine.toml", "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    ]


def test_hotspots_toml_of_the_working_folder_is_picked_up_and_options_win(town, tmp_path):
    (tmp_path / "hotspots.toml").write_text("[hotspots]\nwindow_months = 6\nmax_number = 1\n")
    said = kit.run_cli(*town.options(tmp_path / "a"), cwd=tmp_path)
    assert said.code == 0, said.err
    first = kit.PackRead(tmp_path / "a" / kit.MONTH)
    assert len(first.csv("hotspots")) == 1
    assert first.manifest["parameters"]["months_used"] == kit.MONTHS[-6:]
    assert [file["name"] for file in first.manifest["inputs"] if file["role"] == "settings"] == ["hotspots.toml"]
    said = kit.run_cli(*town.options(tmp_path / "b", window_months=12), cwd=tmp_path)
    assert said.code == 0, said.err
    assert kit.PackRead(tmp_path / "b" / kit.MONTH).manifest["parameters"]["months_used"] == kit.WINDOW


def test_the_default_folder_is_packs(town, tmp_path):
    said = kit.run_cli(*town.options(None, out=None), cwd=tmp_path)
    assert said.code == 0, said.err
    assert (tmp_path / "packs" / kit.MONTH / "map.html").is_file()


def test_tiles_are_a_choice_that_the_manifest_and_the_page_name(town, whole, tmp_path):
    url = "https://tiles.example.org/{z}/{x}/{y}.png"
    read = town.run(tmp_path, tiles=url)
    assert read.manifest["parameters"]["tiles"] == url
    assert "tiles.example.org" in read.page
    assert whole.manifest["parameters"]["tiles"] is None
    assert "example.org" not in whole.page
    assert re.search(r"img-src data:;", whole.page)
    assert re.search(r"img-src data: https://tiles\.example\.org", read.page)


# ------------------------------------------------------------------------------------------------ inputs of other kinds


def test_a_zip_a_gz_and_a_folder_hold_the_same_rows(town, pack, tmp_path):
    shutil.make_archive(str(tmp_path / "download"), "zip", town.incidents)
    packed = town.run(tmp_path / "zip", incidents=tmp_path / "download.zip", events=town.folder / "events.csv")
    same = packed.hashes.keys() - {"manifest.json"}
    assert {name: packed.hashes[name] for name in same} == {name: pack.hashes[name] for name in same}
    named = [file for file in packed.manifest["inputs"] if file["role"] == "incidents"]
    whole = hashlib.sha256((tmp_path / "download.zip").read_bytes()).hexdigest()
    assert named == [{"role": "incidents", "name": "download.zip", "sha256": whole}]
    assert packed.manifest["by_file"] == pack.manifest["by_file"]
    single = kit.write_table(tmp_path / "all-street.csv", town.rows)
    squeezed = tmp_path / "all-street.csv.gz"
    squeezed.write_bytes(gzip.compress(single.read_bytes(), mtime=0))
    again = town.run(tmp_path / "gz", incidents=squeezed)
    assert again.manifest["counts"] == pack.manifest["counts"]
    assert again.hashes["hotspots.csv"] == pack.hashes["hotspots.csv"]
    assert again.hashes["areas.csv"] == pack.hashes["areas.csv"]


@pytest.mark.parametrize("name", ["lsoa.gpkg", "lsoa.zip"])
def test_other_formats_and_crs_of_boundaries_give_the_same_areas(town, pack, tmp_path, name):
    folder = tmp_path / "layer"
    folder.mkdir()
    path = folder / name.replace(".zip", ".shp")
    kit.lattice().to_file(path)
    if name.endswith(".zip"):
        path = Path(shutil.make_archive(str(tmp_path / "lsoa"), "zip", folder))
    read = town.run(tmp_path / "out", boundaries=path)
    columns = ["zone", "n", "n_month", "force"]
    # In exact metres the next column of LSOAs touches the ring's edge; through degrees it misses by a hair.
    wanted = pack.csv("areas")[columns]
    pd.testing.assert_frame_equal(read.csv("areas")[columns].loc[wanted.index], wanted)
    assert read.manifest["parameters"]["boundaries_crs"] == "EPSG:27700"


# ------------------------------------------------------------------------------------------------ text that attacks


@pytest.fixture(scope="module")
def attacked(town, tmp_path_factory):
    """A month in which every text that can come from files is hostile."""
    folder = tmp_path_factory.mktemp("attack")
    texts = [*HOSTILE, *FORMULAS]
    rows = list(town.rows)
    for number in range(60 * len(texts)):
        text = texts[number % len(texts)]
        rows.append(kit.row(kit.MONTH, "Station Road", kit.VIOLENCE, **{"Crime ID": f"x{number}", "Location": text}))
    for number, text in enumerate(texts):
        rows.append(kit.row(kit.MONTH, "High Street", text, **{"Crime ID": text, "Location": text}))
        gone = {"Longitude": "", "Crime ID": text, "Latitude": text}
        rows.append(kit.row(kit.MONTHS[number], "High Street", kit.VIOLENCE, **gone))
    # one text rules a place of its own, so that it becomes the name of a hotspot
    for number in range(40):
        rows.append(kit.row(kit.MONTH, "Old Yard", kit.VIOLENCE, **{"Crime ID": f"y{number}", "Location": HOSTILE[0]}))
        rows.append(
            kit.row(kit.MONTH, "Garage Row", kit.VIOLENCE, **{"Crime ID": f"z{number}", "Location": FORMULAS[0]})
        )
    events = folder / "events.csv"
    with events.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "title", "starts_at", "easting", "northing", "kind", "notes"])
        writer.writerows([[f"e{n}", text, "2024-05-11", 549300, 175800, text, text] for n, text in enumerate(texts)])
    return town.run(folder / "out", incidents=kit.write_street(folder / "in", rows), events=events)


def test_hostile_text_is_never_markup_on_the_page(attacked):
    page = attacked.page
    assert "<img" not in page
    assert "onerror=alert(1)>" not in page
    assert len(re.findall(r"<script[ >]", page)) == page.count("</script>")
    assert html.escape(HOSTILE[0]) in page, "the name of a hotspot stands in the table, escaped"


def test_hostile_text_survives_in_the_layers(attacked):
    incidents, events = attacked.layer("incidents"), attacked.layer("events")
    texts = {*HOSTILE, *FORMULAS}
    assert texts <= set(incidents["street"])
    assert texts <= set(incidents["category"])
    assert texts == set(events["title"]) == set(events["notes"]) == set(events["kind"])
    assert any(name[4:].startswith(HOSTILE[0]) for name in attacked.layer("hotspots")["name"])


def test_no_text_of_the_csvs_runs_as_a_formula(attacked):
    seen = 0
    for name in ("hotspots", "areas", "rejects"):
        with (attacked.folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as stream:
            for record in csv.reader(stream):
                for cell in record:
                    assert cell[:1] not in {*"=+-@\t\r"} or is_number(cell), (name, cell)
                    seen += cell.startswith("'")
    assert seen >= len(FORMULAS)
    assert attacked.csv("hotspots")["name"].str[4:].str.startswith("=HYPERLINK(").any()


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def test_a_hostile_category_can_be_typed(town, tmp_path):
    rows = [*town.rows, *[kit.row(kit.MONTH, "Old Yard", HOSTILE[0], **{"Crime ID": f"h{n}"}) for n in range(30)]]
    read = town.run(tmp_path / "out", incidents=kit.write_street(tmp_path / "in", rows), category=HOSTILE[0])
    assert "<img" not in read.page
    assert list(read.csv("hotspots")["top_category"]) == [HOSTILE[0]]


# ------------------------------------------------------------------------------------------------ the library itself


def frozen(value):
    """A deep copy to compare with, frames included."""
    return {
        field.name: (item.copy(deep=True) if isinstance(item, pd.DataFrame | pd.Series) else item)
        for field in dataclasses.fields(value)
        for item in [getattr(value, field.name)]
    }


def same(value, before):
    for name, old in before.items():
        now = getattr(value, name)
        if isinstance(old, gpd.GeoDataFrame):
            assert_geodataframe_equal(now, old)
        elif isinstance(old, pd.DataFrame):
            pd.testing.assert_frame_equal(now, old)
        elif isinstance(old, pd.Series):
            pd.testing.assert_series_equal(now, old)
        else:
            assert now is old


def test_the_stages_leave_what_they_were_lent_as_it_was(inputs, tmp_path, monkeypatch):
    settings = with_hotspots(Settings(), window_months=12)
    loaded = load(inputs, settings)
    before, intake, layer = frozen(loaded), frozen(loaded.intake), frozen(loaded.boundaries)
    text = repr(settings)
    monkeypatch.setattr("hotspots.pipeline.month.load", lambda *_: loaded)
    result = run_month(MonthRequest(inputs, tmp_path), settings)
    assert result.loaded is loaded
    same(loaded, before)
    same(loaded.intake, intake)
    same(loaded.boundaries, layer)
    assert repr(settings) == text
    assert settings == Settings()


def test_a_month_that_one_of_two_forces_lacks_is_no_fall(town, tmp_path):
    held = [month for month in kit.MONTHS if month != kit.MONTH]
    kent = [row for _ in range(4) for row in kent_rows(held)]
    rows = [*town.rows, *(dict(row, **{"Crime ID": f"k{at}"}) for at, row in enumerate(kent))]
    both = town.run(tmp_path / "both", incidents=kit.write_street(tmp_path / "in", rows), area=["Bexley", "Dartford"])
    alone = town.run(tmp_path / "alone", area=["Bexley"])
    ours = ["n", "n_month", "usual_low", "usual_high", "change", "share_of_n"]
    pd.testing.assert_frame_equal(both.csv("hotspots")[ours], alone.csv("hotspots")[ours])
    assert any("Kent Police lacks 2024-05" in notice for notice in both.manifest["notices"])
    assert "Dartford" not in both.page.split("<h1")[1].split("</h1>")[0]


def test_run_month_tells_what_it_does_and_returns_the_pack(inputs, tmp_path):
    steps: list[str] = []
    result = run_month(MonthRequest(inputs, tmp_path), Settings(report=Report(notice="Mind the gap.")), steps.append)
    assert result.pack == tmp_path / kit.MONTH
    assert steps[0] == "Reading boundaries"
    assert [step for step in steps if not step.startswith("Reading ")] == [
        "Joining incidents to LSOAs",
        "Finding hotspots",
        "Hotspots of 2024-03",
        "Hotspots of 2024-04",
        "Testing the areas",
        "Drawing the map",
        "Writing the pack",
    ]
    assert json.loads((result.pack / "manifest.json").read_text(encoding="utf-8")) == json.loads(
        json.dumps(result.manifest)
    )
    assert result.manifest["notices"] == ["Mind the gap."]
    assert "Mind the gap." in (result.pack / "map.html").read_text(encoding="utf-8")
    assert len(result.hotspots) == 3
    assert result.n_events == 0


def test_the_errors_of_the_library_are_of_one_family(inputs, tmp_path):
    for changed, kind in (
        ({"month": "2024"}, SettingsError),
        ({"areas": ("Atlantis",)}, SettingsError),
        ({"categories": ("Vehicle crime",)}, SettingsError),
        ({"month": "2030-01"}, InputError),
    ):
        with pytest.raises(kind):
            run_month(MonthRequest(dataclasses.replace(inputs, **changed), tmp_path), Settings())
    (tmp_path / kit.MONTH).mkdir()
    with pytest.raises(OutputError, match="already exists"):
        run_month(MonthRequest(inputs, tmp_path), Settings())


@pytest.mark.parametrize("text", ["2024-13", "1899-01", "2024-1", "", "2024-05 ", "next"])
def test_parse_month_refuses(text):
    with pytest.raises(SettingsError, match="YYYY-MM"):
        parse_month(text)


def test_parse_month_and_metric_crs():
    assert parse_month("2024-02") == pd.Period("2024-02", "M")
    assert metric_crs(27700) == 27700
    assert metric_crs(32630) == 32630
    for epsg, words in ((4326, "not projected in metres"), (2225, "not projected in metres"), (29999, "no known CRS")):
        with pytest.raises(SettingsError, match=words):
            metric_crs(epsg)


def test_another_metric_crs_finds_the_same_places(town, pack, tmp_path):
    path = tmp_path / "utm.toml"
    path.write_text("[areas]\nanalysis_epsg = 32631\n")
    read = town.run(tmp_path / "out", settings=path)
    assert names(read) == names(pack)
    assert list(read.csv("hotspots")["n"]) == list(pack.csv("hotspots")["n"])
    assert read.csv("hotspots")["grid_ref"].isna().all()
    assert read.layer("incidents").crs.to_epsg() == 32631
