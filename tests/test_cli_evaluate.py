"""``hotspots evaluate``: months and places, what is counted, what is said, what is written, and what is refused."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import typer

from hotspots.cli.app import app
from hotspots.errors import InputError, SettingsError
from hotspots.pipeline.evaluate import EVALUATION_FILES
from hotspots.pipeline.evaluate_places import Lookup, asked_months, check_covered, find_places, one_place, printable
from hotspots.pipeline.evaluation_findings import number, signed
from tests import conftest as kit

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
OPTIONS = {
    **dict.fromkeys(("--target", "--start", "--month", "--boundaries"), True),
    **dict.fromkeys(
        ("--incidents", "--area", "--category", "--theme", "--pack", "--name", "--control", "--register", "--lookup"),
        False,
    ),
    **dict.fromkeys(("--settings", "--out", "--force"), False),
}
"""Option → is it required?"""
RING = "[evaluate]\nring_m = 100\ncontrols = 2\n"
TARGET = "549260,175760"
"""High Street."""


def months(first, last):
    return pd.period_range(first, last, freq="M")


@pytest.fixture(scope="module")
def street(tmp_path_factory):
    """A town where burglary fell at High Street in 2024-03 and nowhere else."""
    folder = tmp_path_factory.mktemp("evaluate")
    rows: list[dict[str, str]] = []
    places = ["High Street", "Station Road", "Border Road", "Old Yard", "Garage Row"]
    for month in kit.MONTHS:
        for place in places:
            n = 1 if place == "High Street" and month >= "2024-03" else 9
            rows += [kit.row(month, place, kit.BURGLARY, **{"Crime ID": f"{len(rows) + k:064x}"}) for k in range(n)]
    (folder / "hotspots.toml").write_text(RING, encoding="utf-8")
    return kit.Town(folder, rows)


def words(town, out, **changes):
    given = {
        "category": kit.BURGLARY,
        "target": TARGET,
        "start": "2024-03",
        "settings": town.folder / "hotspots.toml",
        "register": Path(out).parent / "evaluations.csv",
    }
    return ["evaluate", *town.options(out, **(given | changes))[1:]]


def written(folder):
    document = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    tables = [
        pd.read_csv(folder / f"{name}.csv", encoding="utf-8-sig", index_col=0) for name in ("evaluation", "controls")
    ]
    return document, *tables


@pytest.fixture(scope="module")
def fell(street, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fell")
    said = kit.run_cli(*words(street, folder / "out"))
    assert (said.code, said.err) == (0, "")
    return folder / "out", said.out


# ------------------------------------------------------------------------------------------------ the command


def test_the_options_are_those_of_the_command_and_the_readme_names_them():
    command = cast("Any", typer.main.get_command(app)).commands["evaluate"]
    found = {parameter.opts[0]: parameter for parameter in command.params if parameter.name != "help"}
    assert {name: parameter.required for name, parameter in found.items()} == OPTIONS
    assert all(parameter.help for parameter in found.values())
    section = README.partition("### Did it work?\n")[2].partition("\n## ")[0]
    assert "hotspots evaluate --target" in section
    assert set(re.findall(r"--[a-z][a-z-]*", section)) == set(OPTIONS)
    assert set(re.findall(r"`((?:evaluation|controls)\.[a-z]+)`", section)) == set(EVALUATION_FILES)
    assert (Path(found["--out"].default), Path(found["--register"].default)) == (
        Path("evaluation"),
        Path("evaluations.csv"),
    )


@pytest.mark.parametrize("start", ["2024", "2024-13", "2024-05-32", "05/2024", "soon"])
def test_a_start_that_is_no_date_is_wrong_usage(street, tmp_path, start):
    said = kit.run_cli(*words(street, tmp_path / "out", start=start), columns=200)
    assert said.code == 2
    assert "--start" in said.err


def test_it_says_that_it_fell_and_no_more(fell):
    folder, out = fell
    document, table, controls = written(folder)
    lines = out.splitlines()
    assert lines[0] == "Did it work? · Burglary · Bexley · from 2024-03"
    assert lines[1] == document["sentences"][0]
    assert re.fullmatch(
        r"Since 2024-03, 549260, 175760 and the ring around it saw 24 fewer incidents of burglary than their controls "
        r"suggest \(interval −\d+ to −\d\.\d\): more than chance\.",
        lines[1],
    )
    assert re.search(r"^549260, 175760 +27 +3$", out, re.MULTILINE)
    assert re.search(r"^  ring of 100 m around it +0 +0$", out, re.MULTILINE)
    assert re.search(r"^2 controls together +54 +54$", out, re.MULTILINE)
    for sentence in (*document["sentences"], *document["warnings"], *document["notes"]):
        assert sentence in out
    assert all(name in out for name in EVALUATION_FILES)
    assert kit.names_in(folder) == sorted(EVALUATION_FILES)
    assert document["months_before"] == ["2023-12", "2024-01", "2024-02"]
    assert document["months_after"] == ["2024-03", "2024-04", "2024-05"]
    row = document["evaluation"]
    assert [row[f"{zone}_{side}"] for zone in ("treated", "ring", "control") for side in ("before", "after")] == [
        *(27, 3, 0, 0, 54, 54)
    ]
    assert (row["wdd"], row["n_controls"], row["too_small"]) == (-24.0, 2, False)
    assert row["high"] < 0
    assert table.groupby(["zone", "side"])["n"].sum()["treated"].to_dict() == {"before": 27, "after": 3}
    assert table.groupby("zone", sort=False)["place"].first().tolist()[0] == "549260, 175760"
    assert len(table) == 6 * 6
    assert controls["chosen"].sum() == 2
    assert "fall back by themselves" in " ".join(document["warnings"])
    assert not re.search("success|worked|effective", " ".join(document["sentences"]))


def test_the_register_holds_the_row_once(street, fell, tmp_path):
    folder, _ = fell
    register = folder.parent / "evaluations.csv"
    before = register.read_bytes()
    table = pd.read_csv(register, encoding="utf-8-sig", index_col=0)
    document, *_ = written(folder)
    assert table.index.tolist() == [document["evaluation"]["evaluation_id"]]
    assert table["controls"].iloc[0] == "; ".join(one["name"] for one in document["controls"] if one["chosen"])
    said = kit.run_cli(*words(street, tmp_path / "again", register=register))
    assert said.code == 0
    assert register.read_bytes() == before

    def hashes(where):
        return [hashlib.sha256((where / name).read_bytes()).hexdigest() for name in EVALUATION_FILES]

    assert hashes(tmp_path / "again") == hashes(folder)
    said = kit.run_cli(*words(street, tmp_path / "other", register=register, name="=Bus stop\n1", month="2024-04"))
    assert said.code == 0, said.err
    assert pd.read_csv(register, encoding="utf-8-sig")["target"].tolist().count("'=Bus stop 1") == 1


def test_the_figure_shows_the_counts(fell):
    folder, _ = fell
    assert (folder / "evaluation.png").read_bytes().startswith(b"\x89PNG")
    svg = (folder / "evaluation.svg").read_text(encoding="utf-8")
    assert "549260, 175760: 27 before, 3 after." in svg
    assert "Controls, mean: 27 before, 27 after." in svg
    assert "Weighted displacement difference −24 (interval" in svg


def test_nothing_changed_is_no_more_than_chance(street, tmp_path):
    said = kit.run_cli(*words(street, tmp_path / "out", target="550240,176770", start="2024-01-15"))
    assert said.code == 0, said.err
    document, *_ = written(tmp_path / "out")
    assert "no more than chance" in document["sentences"][0]
    assert "The start lies inside 2024-01, which is in neither side." in document["warnings"]
    assert document["months_after"][0] == "2024-02"
    assert document["months_before"][-1] == "2023-12"
    assert document["month_of_the_start_left_out"] == "2024-01"


def test_a_month_without_files_is_in_neither_side_and_never_zero(street, tmp_path):
    incidents = shutil.copytree(street.incidents, tmp_path / "download")
    shutil.rmtree(incidents / "2024-01")
    said = kit.run_cli(*words(street, tmp_path / "out", incidents=incidents))
    assert said.code == 0, said.err
    document, *_ = written(tmp_path / "out")
    assert document["months_left_out"] == ["2024-01"]
    assert "Missing from the files or incomplete, in neither side: 2024-01." in document["warnings"]
    assert document["evaluation"]["treated_before"] == 18
    assert document["evaluation"]["wdd"] == pytest.approx(3 - 18 * 1.5)
    assert any("brought to the length of the time after" in line for line in document["warnings"])


def test_a_hotspot_of_a_pack_is_said_to_fall_back_by_itself(street, tmp_path):
    packs = tmp_path / "packs"
    settings = street.folder / "hotspots.toml"
    said = kit.run_cli(*street.options(packs, month="2024-02", category=kit.BURGLARY, settings=settings))
    assert said.code == 0, said.err
    listed = pd.read_csv(packs / "2024-02" / "hotspots.csv", encoding="utf-8-sig", index_col=0)
    high = listed[listed["name"].str.contains("High Street")].iloc[0]
    other = listed[listed["name"].str.contains("Station Road")].iloc[0]
    chosen = {"pack": packs / "2024-02", "target": f"h{high['rank']:02d}", "control": [other["name"]]}
    said = kit.run_cli(*words(street, tmp_path / "out", **chosen))
    assert said.code == 0, said.err
    document, *_ = written(tmp_path / "out")
    assert document["target"]["name"] == high["name"]
    assert f"{high['name']} was listed because it was high, so that it falls back by itself." in document["warnings"]
    assert document["evaluation"]["controls"] == other["name"]
    assert "pack" in {file["role"] for file in document["inputs"]}
    late = kit.run_cli(*words(street, tmp_path / "late", **(chosen | {"start": "2024-02", "target": high.name})))
    assert "give a pack from before the start" in late.out
    within = shapely.box(540_000, 170_000, 560_000, 190_000)
    ask = Lookup(within, 27700, 200.0, packs / "2024-02")
    assert find_places(str(high.name), "--target", ask)[0].listed_for == ("Burglary",)
    manifest = packs / "2024-02" / "manifest.json"
    told = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps(told | {"parameters": {}}), encoding="utf-8")
    assert find_places(str(high.name), "--target", ask)[0].listed_for == ()
    itself = kit.run_cli(*words(street, tmp_path / "pack", target=packs / "2024-02"))
    assert (itself.code, "is a pack; give it with --pack" in itself.sentence) == (1, True)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"target": " "}, r"--target is empty; give a hotspot of --pack, easting and northing, or a layer"),
        ({"target": "51.47,0.15"}, r"'51\.47,0\.15' looks like degrees; give easting and northing in metres"),
        ({"target": "H99"}, r"--target 'H99' is no hotspot, since no --pack is given, and neither a file"),
        ({"target": "100,100"}, r"--target 100, 100 lies mostly outside the area with data \(100%\)"),
        ({"target": "TQ 49 75"}, r"'TQ 49 75' names a square of a kilometre or more; give six figures"),
        ({"control": "549300,175800"}, r"The control 549300, 175800 touches the treated place or its ring"),
        ({"start": "2024-06"}, r"No whole month lies between the start, 2024-06, and --month 2024-05"),
        ({"start": "2024-02-31"}, r"--start must be a month or a day"),
        ({"pack": "nowhere"}, r"nowhere is no pack"),
        ({"start": "2023-04"}, r"The files hold no whole month before the start"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(street, tmp_path, changes, said):
    answer = kit.run_cli(*words(street, tmp_path / "out", **changes))
    assert answer.code == 1
    assert re.search(said, answer.sentence)
    assert kit.names_in(tmp_path) == []


def test_another_register_is_refused_before_any_work(street, tmp_path):
    (tmp_path / "evaluations.csv").write_text("name\nmine\n", encoding="utf-8")
    answer = kit.run_cli(*words(street, tmp_path / "out", incidents="nowhere"))
    assert "The register evaluations.csv is not as this program wrote it" in answer.sentence


# ------------------------------------------------------------------------------------------------ months and places


@pytest.mark.parametrize(
    ("start", "last", "before", "sides", "begun", "cut"),
    [
        ("2024-03", "2024-05", 0, ("2023-12", "2024-02", "2024-03", "2024-05"), None, False),
        ("2024-03-01", "2024-05", 6, ("2023-09", "2024-02", "2024-03", "2024-05"), None, False),
        ("2024-03-02", "2024-05", 0, ("2024-01", "2024-02", "2024-04", "2024-05"), "2024-03", False),
        ("2023-03", "2024-05", 0, ("2022-03", "2023-02", "2023-03", "2024-02"), None, True),
        ("2023-06", "2024-05", 0, ("2022-06", "2023-05", "2023-06", "2024-05"), None, False),
    ],
)
def test_months_on_both_sides(start, last, before, sides, begun, cut):
    asked = asked_months(start, pd.Period(last, freq="M"), before)
    assert list(asked.sides.before) == list(months(*sides[:2]))
    assert list(asked.sides.after) == list(months(*sides[2:]))
    assert asked.begun == (pd.Period(begun, freq="M") if begun else None)
    assert asked.cut == cut
    assert asked.start == pd.Period(start[:7], freq="M")


@pytest.mark.parametrize("start", ["2024-02-30", "2024-3", "", "2024-05-01x"])
def test_what_is_no_start(start):
    with pytest.raises(SettingsError, match="--start must be a month or a day, such as 2024-05 or 2024-05-13"):
        asked_months(start, pd.Period("2024-05", freq="M"), 0)


@pytest.fixture
def where():
    return Lookup(shapely.box(540_000, 170_000, 560_000, 190_000), 27700, 200.0, None)


def test_points_are_widened(where):
    (place,) = find_places(" 548200 , 175300.5", "--target", where)
    assert place.name == "548200, 175300.5"
    assert place.ground.equals(shapely.Point(548200, 175300.5).buffer(200))
    (grid,) = find_places("TQ 482 753", "--target", where)
    assert grid.ground.equals(shapely.Point(548250, 175350).buffer(200))
    (fine,) = find_places("tq4820075300", "--target", where)
    assert fine.ground.equals(shapely.Point(548200.5, 175300.5).buffer(200))


def test_layers_by_name_or_as_one(where, tmp_path):
    shapes = [shapely.box(548000, 175000, 548100, 175100), shapely.Point(549000, 175000), shapely.Point(550000, 175000)]
    frame = gpd.GeoDataFrame({"Name": ["Park", "Stop", "Stop"]}, geometry=shapes, crs=27700)
    path = tmp_path / "places.geojson"
    frame.to_crs(4326).to_file(path, driver="GeoJSON")
    both = find_places(str(path), "--control", where)
    assert [place.name for place in both] == ["Park", "Stop"]
    assert both[0].ground.area == pytest.approx(1e4, rel=1e-3)
    assert both[1].ground.area == pytest.approx(2 * shapely.Point(0, 0).buffer(200).area, rel=0.01)
    (stop,) = find_places(f"{path}#stop", "--target", where)
    assert stop.ground.equals(both[1].ground)
    whole = one_place(both, "")
    assert whole.name == "Park and 1 more"
    assert whole.ground.area == pytest.approx(both[0].ground.area + both[1].ground.area)
    assert one_place(both, "Here\nand there").name == "Here and there"
    with pytest.raises(InputError, match=r"places\.geojson holds no feature called 'None'; it has: Park, Stop"):
        find_places(f"{path}#None", "--target", where)
    bare = tmp_path / "bare.gpkg"
    frame[["geometry"]].to_file(bare, driver="GPKG")
    assert [place.name for place in find_places(str(bare), "--target", where)] == ["bare"]
    frame.to_file(bare, layer="second", driver="GPKG")
    with pytest.raises(InputError, match=r"bare.gpkg holds several layers \(bare, second\)"):
        find_places(str(bare), "--target", where)
    frame.set_geometry(frame.translate(50_000)).to_file(tmp_path / "far.gpkg")
    with pytest.raises(InputError, match=r"Nothing of --target far\.gpkg lies in the area or around it"):
        find_places(str(tmp_path / "far.gpkg"), "--target", where)


def test_a_place_mostly_without_data_is_refused(where):
    (place,) = find_places("548200,175300", "--target", where)
    west = shapely.box(540_000, 170_000, 548_200, 190_000)
    assert check_covered(place, west.buffer(1), "--target") == pytest.approx(0.5, abs=0.01)
    with pytest.raises(InputError, match="lies mostly outside the area with data"):
        check_covered(place, west.buffer(-1), "--target")
    with pytest.raises(InputError, match="--control Line covers no ground"):
        check_covered(cast("Any", SimpleNamespace(name="Line", ground=shapely.Point(0, 0))), west, "--control")


@pytest.mark.parametrize(
    ("value", "plain", "with_sign"),
    [(0.04, "0", "0"), (0.66, "0.7", "+0.7"), (-3.0, None, "−3"), (9.96, "10", "+10"), (1234.4, "1,234", "+1,234")],
)
def test_numbers_carry_no_more_than_they_know(value, plain, with_sign):
    assert signed(value) == with_sign
    assert plain is None or number(value) == plain


def test_names_are_one_line_of_text():
    assert printable(" a\nb\x00\u202ec\ud800 ") == "a b c"
