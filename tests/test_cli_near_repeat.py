"""``hotspots near-repeat``: which pairs are tested, what is said of them, what is written, and what is refused."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from pathlib import Path
from typing import Any, cast
from unittest import mock

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import typer

from hotspots.cli.app import app
from hotspots.errors import InputError, OutputError, SettingsError
from hotspots.pipeline import near_repeat as module
from hotspots.pipeline.inputs import Inputs
from hotspots.pipeline.near_repeat import (
    NEAR_REPEAT_FILES,
    NearRepeatRequest,
    near_repeat_sentences,
    run_near_repeat,
)
from hotspots.settings import load_settings, with_hotspots
from hotspots.stats.knox import knox
from tests import conftest as kit

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
OPTIONS = {
    "--month": True,
    "--boundaries": True,
    "--incidents": False,
    "--area": False,
    "--category": False,
    "--theme": False,
    "--window-months": False,
    "--distances": False,
    "--days": False,
    "--metric": False,
    "--permutations": False,
    "--lookup": False,
    "--settings": False,
    "--out": False,
    "--force": False,
}
"""Option → is it required?"""
HEADER = ["id", "date", "until", "type", "e", "n"]
SOURCES = """
[[sources]]
name = "Force export"
path = "export.csv"
date_order = "dmy"
force = "Metropolitan Police Service"
columns = {{ id = "id", date = "date", until = "until", category = "type", easting = "e", northing = "n" }}
{more}
"""
FIRST = pd.Timestamp("2023-06-01")
WEST, SOUTH = 549_100, 175_600
"""In Bexley."""


def record(number, day, x, y, category=kit.BURGLARY, until=None):
    begin = FIRST + pd.Timedelta(days=int(day), hours=10)
    written = [f"{moment:%d/%m/%Y %H:%M}" if moment is not None else "" for moment in (begin, until)]
    return dict(zip(HEADER, [f"B{number:04d}", *written, category, str(x), str(y)], strict=True))


def spread(n=150, repeats=25, seed=4):
    """Burglaries of a year over Bexley; of the first, each has another nearby within the week."""
    rng = np.random.default_rng(seed)
    rows = np.column_stack([rng.integers(0, 350, n), rng.integers([WEST, SOUTH], [WEST + 1800, SOUTH + 1800], (n, 2))])
    near = rows[:repeats] + rng.integers([1, 5, 5], [8, 60, 60], (repeats, 3))
    near[:, 1:] = np.minimum(near[:, 1:], [WEST + 1850, SOUTH + 1850])
    return [record(number, *row) for number, row in enumerate(np.vstack([rows, near]).tolist())]


def dates_of(rows):
    return pd.DatetimeIndex([pd.to_datetime(row["date"], dayfirst=True) for row in rows])


def files(folder, rows, more=""):
    """A settings file with a source of dated incidents."""
    kit.write_table(folder / "export.csv", rows, HEADER)
    (folder / "hotspots.toml").write_text(SOURCES.format(more=more), encoding="utf-8")
    return folder / "hotspots.toml"


def words(town, out, **changes):
    """Words of a ``hotspots near-repeat``, as Town.options makes those of a run."""
    return ["near-repeat", *town.options(out, **({"incidents": None, "category": kit.BURGLARY} | changes))[1:]]


def job(town, folder, rows, **changes):
    """The same through the library; ``areas``, ``category`` and ``month`` change the inputs."""
    path = files(folder, rows)
    asked: dict[str, Any] = {"areas": ("Bexley",), "categories": (kit.BURGLARY,), "month": kit.MONTH}
    window = changes.pop("window_months", None)
    asked |= {name: changes.pop(name) for name in list(changes) if name in asked}
    inputs = Inputs(asked.pop("month"), (), (town.boundaries,), **asked)
    request = dataclasses.replace(NearRepeatRequest(inputs, folder / "out"), **changes)
    # Drawing takes as long as all the rest.
    with mock.patch.multiple(module, png_bytes=lambda _: b"", svg_bytes=lambda _: b""):
        return run_near_repeat(request, with_hotspots(load_settings(path), window_months=window))


def written(folder):
    table = pd.read_csv(folder / "near-repeat.csv", encoding="utf-8-sig", index_col=0)
    return table, json.loads((folder / "near-repeat.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def burglary(town, tmp_path_factory):
    folder = tmp_path_factory.mktemp("near")
    settings = files(folder, spread())
    said = kit.run_cli(*words(town, folder / "out", settings=settings))
    assert (said.code, said.err) == (0, "")
    return folder / "out", said.out


# ------------------------------------------------------------------------------------------------ the command


def test_the_options_are_those_of_the_command_and_the_readme_names_them():
    command = cast("Any", typer.main.get_command(app)).commands["near-repeat"]
    found = {parameter.opts[0]: parameter for parameter in command.params if parameter.name != "help"}
    assert {name: parameter.required for name, parameter in found.items()} == OPTIONS
    assert all(parameter.help for parameter in found.values())
    section = README.partition("## Near repeats\n")[2].partition("\n## ")[0]
    assert "hotspots near-repeat --month" in section
    assert set(re.findall(r"--[a-z][a-z-]*", section)) == set(OPTIONS)
    assert set(re.findall(r"near-repeat\.[a-z]+", section)) == set(NEAR_REPEAT_FILES)


def test_the_defaults_are_those_of_the_library():
    command = cast("Any", typer.main.get_command(app)).commands["near-repeat"]
    default = {parameter.opts[0]: parameter.default for parameter in command.params}
    request = NearRepeatRequest(Inputs(kit.MONTH, (), ()), Path("x"))
    assert tuple(float(end) for end in default["--distances"].split(",")) == request.distances_m
    assert tuple(int(end) for end in default["--days"].split(",")) == request.days
    assert (default["--metric"], default["--permutations"]) == (request.metric, request.permutations)
    assert Path(default["--out"]) == Path("near-repeat")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *[("distances", text) for text in ("", "100,", "100,100", "200,100", "-5,100", "1e3", "a", "nan", "１00")],
        *[("days", text) for text in ("7.5", "14,7", "7;14", "")],
        ("metric", "crow"),
        ("permutations", "0"),
    ],
)
def test_bands_that_do_not_rise_are_wrong_usage(town, tmp_path, option, value):
    said = kit.run_cli(*words(town, tmp_path / "out", **{option: value}), columns=200)
    assert said.code == 2
    assert f"--{option}" in said.err
    assert kit.names_in(tmp_path) == []


def test_every_option_reaches_the_test(town, tmp_path):
    more = '[[themes]]\nname = "Break-in"\ncategories = ["Burglary"]\n'
    settings = files(tmp_path, spread(), more)
    lookup = tmp_path / "lookup.csv"
    lookup.write_text("LSOA11CD,LSOA21CD,CHGIND\nE01990001,E01000019,U\n", encoding="utf-8")
    chosen = {"distances": "50, 150.5", "days": "0,3", "metric": "manhattan", "permutations": 99, "window_months": 9}
    given = {
        "category": None,
        "theme": "break-in",
        "lookup": lookup,
        "settings": settings,
        "area": ["Bexley", "Greenwich"],
    }
    said = kit.run_cli(*words(town, tmp_path / "out", **chosen, **given))
    assert said.code == 0, said.err
    _, document = written(tmp_path / "out")
    assert document["parameters"] == {
        "distances_m": [50, 150.5],
        "days": [0, 3],
        "metric": "manhattan",
        "permutations": 99,
        "seed": 0,
        "tolerance_m": 0.001,
        "false_discovery_rate": 0.05,
    }
    assert (document["focus"], document["areas"]) == ("break-in", ["Bexley", "Greenwich"])
    assert document["months_used"] == kit.MONTHS[-9:]
    assert {file["role"] for file in document["inputs"]} >= {"incidents", "boundaries", "lookup", "settings"}


# ------------------------------------------------------------------------------------------------ what is said


def test_it_says_what_was_found(burglary):
    folder, out = burglary
    _, document = written(folder)
    lines = out.splitlines()
    assert lines[0] == "Near repeats · Burglary · Bexley · 2023-06 to 2024-05 · 175 incidents"
    assert re.fullmatch(r"m \\ days +\[0, 7\] +\[8, 14\] +\[15, 21\] *", lines[2])
    assert re.search(r"^\(0, 100\] +\d+ / \d\.\d \* +\d+ / \d\.\d +\d+ / \d\.\d *$", out, re.MULTILINE)
    assert "* more than chance after the correction" in out
    first, *_, last = document["sentences"]
    assert re.fullmatch(
        r"After an incident of burglary, other places up to 100 m away see \d+\.\d times as many within 7 days as "
        r"chance would bring \(\d+ pairs against \d\.\d, p = 0\.001\)\.",
        first,
    )
    assert re.fullmatch(
        r"Of 12 combinations of distance and time, \d would be called more than chance without a correction; after "
        r"Benjamini and Hochberg \d\.",
        last,
    )
    for sentence in (*document["sentences"], *document["warnings"], *document["notes"]):
        assert sentence in out
    assert f"Result  {folder}" in out
    assert all(name in out for name in NEAR_REPEAT_FILES)


def test_what_is_written_is_the_test_of_these_incidents(burglary):
    folder, _ = burglary
    table, document = written(folder)
    assert kit.names_in(folder) == sorted(NEAR_REPEAT_FILES)
    rows = spread()
    xy = np.array([[float(row["e"]), float(row["n"])] for row in rows])
    days = (dates_of(rows) - FIRST).days
    found = knox(xy, days, (0, 100, 200, 300), (7, 14, 21))
    assert table["n_pairs"].tolist() == found.observed.ravel().tolist()
    np.testing.assert_allclose(table["expected"], found.expected.ravel(), rtol=1e-12)
    assert table["ratio"].isna().tolist() == [True] * 3 + [False] * 9, "no two are at one place"
    assert table.index.tolist() == list(range(1, 13))
    bands = pd.DataFrame(document["bands"], index=table.index)
    pd.testing.assert_frame_equal(bands.astype({"ratio": float}), table, check_dtype=False)
    assert document["incidents"] == {"in_the_test": 175, "n_ranges": 0, "n_undated": 0, "n_long": 0}
    assert (document["month"], document["area"], document["focus"]) == (kit.MONTH, "Bexley", "burglary")
    assert document["months_used"] == kit.WINDOW
    assert document["counts"]["read"] == 175
    assert "straight lines in metres" in document["method"]
    assert "999 such permutations" in document["method"]
    assert any("Force export" in line for line in document["sources"])


def test_two_runs_give_the_same_bytes(town, tmp_path, burglary):
    folder, _ = burglary
    settings = files(tmp_path, spread()[::-1])
    assert kit.run_cli(*words(town, tmp_path / "out", settings=settings)).code == 0

    def hashes(where, names):
        return [hashlib.sha256((where / name).read_bytes()).hexdigest() for name in names]

    pictures = [name for name in NEAR_REPEAT_FILES if not name.endswith("json")]
    assert hashes(tmp_path / "out", pictures) == hashes(folder, pictures)
    assert written(tmp_path / "out")[1]["bands"] == written(folder)[1]["bands"]


def test_the_figure_draws_the_table(burglary, town, tmp_path):
    folder, _ = burglary
    table, document = written(folder)
    assert (folder / "near-repeat.png").read_bytes().startswith(b"\x89PNG")
    svg = (folder / "near-repeat.svg").read_text(encoding="utf-8")
    title = re.search(r"<title>(.*?)</title>", svg)
    assert title is not None
    assert title[1] + " " == re.sub(r"\(29 pairs.*", "", document["sentences"][0].replace(" (", ". ("))
    cells = [f"{ratio:.2f}{'*' * beyond}" for ratio, beyond in zip(table["ratio"], table["beyond_chance"], strict=True)]
    columns = ["0–7", "8–14", "15–21"]
    for row, name in enumerate(["up to 100 m", "100–200 m", "200–300 m"], start=1):
        told = ", ".join(f"{column} {cells[3 * row + at]}" for at, column in enumerate(columns))
        assert f" {name}: {told}." in svg
    assert "175 incidents of burglary, Bexley" in svg
    assert "June 2023 to May 2024" in svg
    assert "Force export" in svg
    more = '[report]\nmarking = "OFFICIAL-SENSITIVE"\n'
    may = [record(n, 335 + n % 29, WEST + 50 * (n % 7), SOUTH) for n in range(60)]
    chosen = {"days": "0,1,7", "settings": files(tmp_path, may, more)}
    said = kit.run_cli(*words(town, tmp_path / "out", **chosen))
    assert said.code == 0, said.err
    assert " · 2024-05 · " in said.out.splitlines()[0]
    marked = (tmp_path / "out" / "near-repeat.svg").read_text(encoding="utf-8")
    assert "same place: same day" in marked
    assert ", 1 " in marked
    assert ", 2–7 " in marked
    assert "OFFICIAL-SENSITIVE" in marked
    assert re.search(r" · May 2024[. ]", marked)
    assert written(tmp_path / "out")[1]["marking"] == "OFFICIAL-SENSITIVE"


def test_chance_alone_is_said_to_be_chance(town, tmp_path):
    result = job(town, tmp_path, spread(repeats=0, seed=11))
    (sentence,) = result.sentences
    assert re.fullmatch(
        r"No band holds more pairs of burglary than chance would bring \((none|\d) of 12 combinations of distance and "
        r"time without a correction\)\.",
        sentence,
    )
    assert not result.table["beyond_chance"].any()


def band(to=100.0, days=(0, 7), *, low=0.0, beyond=True, n=42, same=0, p=0.001, opening="["):
    return {
        "distance_m": f"{opening}{low:g}, {to:g}]",
        "days": f"[{days[0]}, {days[1]}]",
        "distance_from_m": low,
        "distance_to_m": to,
        "days_from": days[0],
        "days_to": days[1],
        "n_pairs": n,
        "n_same_day": same,
        "expected": 23.04,
        "ratio": n / 23.04,
        "p_value": p,
        "beyond_chance": beyond,
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "places up to 100 m away see 1.8 times as many within 7 days"),
        ({"opening": "("}, "other places up to 100 m away see 1.8 times as many within 7 days"),
        ({"to": 0.0}, "the same place sees 1.8 times as many within 7 days"),
        ({"low": 100, "to": 200.5}, "places over 100 and up to 200.5 m away see 1.8 times as many within 7 days"),
        ({"days": (8, 14)}, "places up to 100 m away see 1.8 times as many 8 to 14 days later"),
        ({"days": (1, 1)}, "places up to 100 m away see 1.8 times as many 1 day later"),
        ({"days": (2, 2)}, "places up to 100 m away see 1.8 times as many 2 days later"),
        ({"days": (0, 0), "same": 42}, "places up to 100 m away see 1.8 times as many on the same day"),
        ({"days": (0, 1)}, "places up to 100 m away see 1.8 times as many within 1 day"),
    ],
)
def test_a_band_is_said_in_plain_english(given, said):
    sentences = near_repeat_sentences(pd.DataFrame([band(**given)]), "burglary")
    assert sentences == [
        f"After an incident of burglary, {said} as chance would bring (42 pairs against 23.0, p = 0.001).",
        "Of 1 combination of distance and time, 1 would be called more than chance without a correction; after "
        "Benjamini and Hochberg 1.",
    ]


def test_pairs_of_one_day_are_told():
    table = pd.DataFrame(
        [
            band(same=30),
            band(low=100, to=200, same=2, n=1200),
            band(low=200, to=300, same=5, beyond=False),
            band(days=(8, 14)),
        ]
    )
    sentences = near_repeat_sentences(table, "burglary")
    assert sentences[3] == (
        "32 of the 1,242 pairs within 7 days are of one day, too soon to act on; --days with a 0 in front tells them "
        "apart."
    )
    assert len(sentences) == 5


def test_of_many_bands_the_nearest_are_said():
    table = pd.DataFrame([band(low=100 * n, to=100 * n + 100, p=0.01) for n in range(8)])
    sentences = near_repeat_sentences(table, "burglary")
    assert len(sentences) == 7
    assert "400 and up to 500 m" in sentences[4]
    assert "p = 0.01)" in sentences[4]
    assert sentences[5] == "3 more bands hold more pairs than chance would bring."


@pytest.mark.parametrize(("p", "said"), [(0.04, "1 of 2 combinations"), (0.06, "none of 2 combinations")])
def test_nothing_found_says_what_the_correction_took(p, said):
    table = pd.DataFrame([band(beyond=False, p=p), band(beyond=False, p=1.0)])
    assert near_repeat_sentences(table, "burglary") == [
        f"No band holds more pairs of burglary than chance would bring ({said} of distance and time without a "
        "correction)."
    ]


# ------------------------------------------------------------------------------------------------ which incidents


def test_incidents_outside_the_area_the_window_and_the_focus_are_not_paired(town, tmp_path):
    others = [
        record(900, 10, 548_900, 176_000),  # Greenwich
        record(901, 10, 551_100, 176_000),  # Dartford, whose force is in no file
        record(902, -1, WEST, SOUTH),
        record(903, 366, WEST, SOUTH),
        record(904, 10, WEST, SOUTH, kit.ROBBERY),
    ]
    rows = spread()
    plain = job(town, tmp_path, rows)
    assert plain.n == len(rows)
    result = job(town, tmp_path, rows + others, force=True)
    pd.testing.assert_frame_equal(result.table, plain.table)
    both = job(town, tmp_path, rows + others, force=True, areas=())
    assert both.n == len(rows) + 1, "the whole layer but for the LSOAs without data"
    shorter = job(town, tmp_path, rows, force=True, window_months=6)
    assert shorter.n == int((dates_of(rows) >= pd.Timestamp("2023-12-01")).sum())


def test_rows_that_cannot_be_dated_are_left_out_and_counted(town, tmp_path):
    begin = FIRST + pd.Timedelta(days=20, hours=10)
    more = [
        record(900, 20, WEST, SOUTH, until=begin + pd.Timedelta(days=7)),
        record(901, 20, WEST, SOUTH, until=begin + pd.Timedelta(days=7, minutes=1)),
        record(903, 20, WEST, SOUTH) | {"date": "2023-06", "until": ""},
        record(904, 20, WEST, SOUTH) | {"date": "2023-07", "until": ""},
    ]
    result = job(town, tmp_path, spread() + more)
    said = " ".join(result.warnings)
    left = re.search(r"Left out of 179 incidents: (.*?)\.", said)
    assert left is not None, said
    assert left[1] == "2 without a date and 1 known only to lie in a range of more than 7 days"
    _, document = written(tmp_path / "out")
    assert document["incidents"] == {"in_the_test": 176, "n_ranges": 1, "n_undated": 2, "n_long": 1}


def test_dates_without_a_time_of_day_give_the_same_table(town, tmp_path):
    rows = spread()
    timed = job(town, tmp_path, rows)
    bare = job(town, tmp_path, [row | {"date": row["date"][:10]} for row in rows], force=True)
    pd.testing.assert_frame_equal(bare.table, timed.table)
    midnight = job(town, tmp_path, [row | {"date": row["date"][:10] + " 00:00"} for row in rows], force=True)
    pd.testing.assert_frame_equal(midnight.table, timed.table)
    ranges = [
        record(900, 20, WEST, SOUTH) | {"date": "21/06/2023", "until": until} for until in ("27/06/2023", "28/06/2023")
    ]
    mixed = job(town, tmp_path, rows + [row | {"id": f"R{n}"} for n, row in enumerate(ranges)], force=True)
    _, document = written(tmp_path / "out")
    assert document["incidents"] == {"in_the_test": 176, "n_ranges": 1, "n_undated": 0, "n_long": 1}
    assert "Left out of 177 incidents: 1 known only to lie in a range of more than 7 days." in mixed.warnings


CHICAGO = """
[areas]
analysis_epsg = 26971
time_zone = "America/Chicago"

[[sources]]
name = "Arson"
path = '{path}'
header_row = 0
epsg = 26971
category = "Arson"
force = "Chicago Police Department"
columns = {{ x = 1, y = 2, date = 3 }}
"""


@pytest.mark.real
def test_a_published_file_with_dates_alone_gives_its_published_table(real, tmp_path):
    """Arson in Chicago in 2016: what the Near Repeat Calculator counts, as in the tests of the statistic."""
    path = real / "timestamped" / "chicago_arson.csv"
    if not path.is_file():
        pytest.skip(f"there is no {path}")
    city = {"LSOA21CD": ["E01000001"], "LSOA21NM": ["Chicago 001A"]}
    layer = gpd.GeoDataFrame(city, geometry=[shapely.box(330_000, 550_000, 370_000, 600_000)], crs=26971)
    layer.to_crs(4326).to_file(tmp_path / "city.geojson", driver="GeoJSON")
    (tmp_path / "hotspots.toml").write_text(CHICAGO.format(path=path), encoding="utf-8")
    asked = {"month": "2016-12", "boundaries": "city.geojson", "settings": "hotspots.toml", "category": "Arson"}
    asked |= {"metric": "manhattan", "distances": "200,400,600", "days": "1,2,3", "out": "out"}
    words_ = [word for name, value in asked.items() for word in (f"--{name}", value)]
    with mock.patch.multiple(module, png_bytes=lambda _: b"", svg_bytes=lambda _: b""):
        said = kit.run_cli("near-repeat", *words_, cwd=tmp_path)
    assert (said.code, said.err) == (0, "")
    table, document = written(tmp_path / "out")
    assert table["n_pairs"].tolist() == [12, 1, 1, 4, 0, 1, 6, 0, 3]
    assert table["n_same_day"].tolist() == [9, 0, 0, 4, 0, 0, 6, 0, 0]
    assert document["incidents"] == {"in_the_test": 522, "n_ranges": 0, "n_undated": 0, "n_long": 0}


@pytest.mark.parametrize(("days", "longest"), [((7, 14, 16), 2), ((0, 1, 3), 1), ((0,), 1), ((2, 9), 2), ((0, 5), 5)])
def test_a_range_is_no_longer_than_the_narrowest_band(days, longest):
    assert module._narrowest(days) == longest


def test_many_incidents_at_one_place_are_warned_of(town, tmp_path):
    rows = spread(repeats=0)
    few = job(town, tmp_path, rows + [dict(row, id=f"X{n}") for n, row in enumerate(rows[:7])])
    assert not any("coordinates" in warning for warning in few.warnings)
    many = job(town, tmp_path, rows + [dict(row, id=f"X{n}") for n, row in enumerate(rows[:9])], force=True)
    assert "11 % of the incidents lie on exactly the coordinates of another" in " ".join(many.warnings)


def test_months_that_no_file_holds_are_named(town, tmp_path):
    rows = [row for row in spread() if not row["date"].endswith(("/10/2023 10:00", "/11/2023 10:00"))]
    result = job(town, tmp_path, rows)
    assert "Missing from the files, not counted as zero: 2023-10 to 2023-11." in result.warnings


# ------------------------------------------------------------------------------------------------ what is refused


def test_data_with_months_only_are_refused_in_one_sentence(town, tmp_path):
    said = kit.run_cli(*words(town, tmp_path / "out", incidents=town.incidents))
    assert said.code == 1
    assert said.sentence == (
        "None of the 72 incidents of burglary in Bexley has a date, which near repeats need: "
        "street-level files tell the month alone, so give a source that has it, mapped in [[sources]]."
    )
    assert kit.names_in(tmp_path) == []


@pytest.mark.parametrize(("n", "fine"), [(19, False), (20, True)])
def test_few_incidents_are_refused(town, tmp_path, n, fine):
    rows = [*spread(n, 0), record(900, 364, WEST, SOUTH, kit.ROBBERY)]
    if fine:
        assert job(town, tmp_path, rows).n == 20
        return
    with pytest.raises(InputError, match=r"Of 19 incidents of burglary in Bexley, 19 have a date: .* 20 or more"):
        job(town, tmp_path, rows)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"distances_m": (200.0, 100.0)}, "--distances must be rising numbers"),
        ({"distances_m": (float("inf"),)}, "--distances must be rising numbers"),
        ({"distances_m": ()}, "--distances must be rising numbers"),
        ({"days": (-1, 7)}, "--days must be rising numbers"),
        ({"days": (7, 7)}, "--days must be rising numbers"),
        ({"permutations": 238}, "--permutations 238 could find no band.* 12 combinations .* 239 or more"),
        ({"distances_m": tuple(range(20)), "permutations": 1198}, "60 combinations .* 1,199 or more"),
    ],
)
def test_bands_and_permutations_that_tell_nothing_are_refused_before_any_file_is_read(tmp_path, changes, message):
    request = NearRepeatRequest(Inputs(kit.MONTH, (), (tmp_path / "no.gpkg",)), tmp_path / "out", **changes)
    with pytest.raises(SettingsError, match=message):
        run_near_repeat(request, load_settings(None))


def test_as_few_permutations_as_can_find_something_are_enough(tmp_path):
    request = NearRepeatRequest(Inputs(kit.MONTH, (), (tmp_path / "no.gpkg",)), tmp_path / "out", permutations=239)
    with pytest.raises(InputError, match=r"no\.gpkg does not exist"):
        run_near_repeat(request, load_settings(None))


def test_a_result_that_is_there_is_kept_unless_forced(town, tmp_path):
    job(town, tmp_path, spread())
    with pytest.raises(OutputError, match="already exists and is kept"):
        job(town, tmp_path, spread())
    (tmp_path / "out" / "mine.docx").write_bytes(b"")
    with pytest.raises(OutputError, match=r"also holds mine\.docx"):
        job(town, tmp_path, spread(), force=True)
    (tmp_path / "out" / "mine.docx").unlink()
    job(town, tmp_path, spread(), force=True, days=(3,))
    assert len(written(tmp_path / "out")[0]) == 4


def test_the_summary_steers_no_terminal_and_fits_it(town, tmp_path):
    rows = [row | {"type": "[bold]\x1b[31mBurglary"} for row in spread()]
    settings = files(tmp_path, rows)
    said = kit.run_cli(*words(town, tmp_path / "out", settings=settings, category=None, theme=None), columns=80)
    assert said.code == 1
    said = kit.run_cli(*words(town, tmp_path / "out", settings=settings, category="[bold]\x1b[31mBurglary"), columns=80)
    assert said.code == 0, said.err
    assert "\x1b" not in said.out
    assert "[bold]" in said.out.lower()


def test_the_steps_are_told(town, tmp_path):
    steps: list[str] = []
    path = files(tmp_path, spread())
    inputs = Inputs(kit.MONTH, (), (town.boundaries,), areas=("Bexley",), categories=(kit.BURGLARY,))
    run_near_repeat(NearRepeatRequest(inputs, tmp_path / "out"), load_settings(path), steps.append)
    assert steps[0] == "Reading boundaries"
    assert steps[-2:] == ["Pairing 175 incidents, 999 permutations", "Writing the result"]
