"""The demonstration's data: totals as published, shape as data.police.uk, the same bytes every time."""

import hashlib
import io
import json
import re
from collections import Counter
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.data.invented import CENTRES, HOME, TOTALS
from hotspots.data.streets import BACKGROUND, map_points, read_outline
from hotspots.data.synthetic import CATEGORIES, HEADER, month_label
from hotspots.demo import DEMO_SEED, OUTLINE, incident_files, outline_text, write_demo_inputs

ROOT = Path(__file__).parents[1]
ASB = "Anti-social behaviour"
SERIOUS = ("Violence and sexual offences", "Robbery", "Possession of weapons")
PUBLISHED = {
    "Burglary": (1761, 1030, 757),
    "Drugs": (741, 826, 905),
    "Robbery": (383, 309, 188),
    "Violence and sexual offences": (5308, 5309, 5346),
}
BNG = 27700


@pytest.fixture(scope="module")
def texts():
    return incident_files()


@pytest.fixture(scope="module")
def rows(texts):
    frames = [
        pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False).assign(file=name)
        for name, text in texts.items()
    ]
    frame = pd.concat(frames, ignore_index=True)
    frame["borough"] = frame["LSOA name"].str.rsplit(" ", n=1).str[0]
    frame["year"] = frame["Month"].str[:4]
    return frame


@pytest.fixture(scope="module")
def accepted(rows):
    return accept(rows)


@pytest.fixture(scope="module")
def areas():
    return gpd.read_file(ROOT / "boundaries" / OUTLINE).to_crs(BNG).set_index("LSOA11CD")


def accept(rows, keep="first"):
    """Take the rows a reader accepts: located, and no Crime ID twice; rows without an ID are never repeats."""
    located = rows[rows["Longitude"] != ""]
    repeated = (located["Crime ID"] != "") & located["Crime ID"].duplicated(keep=keep)
    return located[~repeated]


def points_of(rows):
    coordinates = gpd.points_from_xy(rows["Longitude"].astype(float), rows["Latitude"].astype(float), crs=4326)
    return gpd.GeoSeries(coordinates, index=rows.index).to_crs(BNG)


def test_one_file_a_month_with_the_publishers_header_and_only_its_month(texts, rows):
    assert list(texts) == [
        f"{year}-{month:02d}/{year}-{month:02d}-metropolitan-street.csv"
        for year in (2019, 2020, 2021)
        for month in range(1, 13)
    ]
    header = (
        "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,"
        "LSOA code,LSOA name,Crime type,Last outcome category,Context"
    )
    assert ",".join(HEADER) == header
    assert {text.splitlines()[0] for text in texts.values()} == {header}
    assert (rows["Month"] == rows["file"].str[:7]).all()
    assert set(rows["Reported by"]) == set(rows["Falls within"]) == {"Metropolitan Police Service"}
    assert len(rows) < 60_000


def test_the_newlines_are_unix_and_the_text_is_ascii(texts):
    for text in texts.values():
        assert "\r" not in text
        assert text.endswith("\n")
        assert text.isascii()


@pytest.mark.parametrize("keep", ["first", "last"])
def test_bexley_totals_are_the_published_ones_whichever_repeat_is_kept(rows, keep):
    kept = accept(rows, keep=keep)
    home = kept[kept["borough"] == HOME]
    counts = pd.crosstab(home["Crime type"], home["year"])
    for category, totals in PUBLISHED.items():
        assert tuple(counts.loc[category]) == totals
        assert TOTALS[HOME][category] == totals
    weapons = home.loc[home["Crime type"] == "Possession of weapons", "year"].value_counts()
    assert weapons.between(110, 150).all()


def test_every_other_total_is_as_laid_down(accepted):
    counts = Counter(zip(accepted["borough"], accepted["Crime type"], accepted["year"].astype(int), strict=True))
    laid_down = {
        (borough, category, 2019 + year): total
        for borough, totals in TOTALS.items()
        for category, years in totals.items()
        for year, total in enumerate(years)
    }
    assert counts == laid_down
    assert set(accepted["Crime type"]) == set(CATEGORIES)


def test_the_totals_hold_for_another_seed():
    frame = pd.concat(
        pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False) for text in incident_files(77).values()
    )
    frame = accept(frame)
    home = frame[frame["LSOA name"].str.startswith(f"{HOME} ")]
    counts = pd.crosstab(home["Crime type"], home["Month"].str[:4])
    assert {category: tuple(counts.loc[category]) for category in PUBLISHED} == PUBLISHED


def test_antisocial_behaviour_has_neither_id_nor_outcome_and_everything_else_has_both(rows):
    antisocial = rows["Crime type"] == ASB
    assert (rows.loc[antisocial, "Crime ID"] == "").all()
    assert (rows.loc[antisocial, "Last outcome category"] == "").all()
    assert rows.loc[~antisocial, "Crime ID"].map(lambda text: re.fullmatch(r"[0-9a-f]{64}", text) is not None).all()
    assert (rows.loc[~antisocial, "Last outcome category"] != "").all()
    assert rows[antisocial].duplicated().any(), "equal rows without an ID are separate incidents"


def test_some_rows_of_every_category_have_no_location(rows):
    nowhere = rows["Location"] == "No Location"
    assert 0.03 < nowhere.mean() < 0.08
    assert set(rows.loc[nowhere, "Crime type"]) == set(CATEGORIES)
    for column in ("Longitude", "Latitude", "LSOA code", "LSOA name"):
        assert ((rows[column] == "") == nowhere).all()


def test_a_dozen_repeated_ids_differ_in_outcome_place_or_month(rows):
    named = rows[rows["Crime ID"] != ""]
    repeats = named[named["Crime ID"].duplicated(keep=False)]
    different = repeats.groupby("Crime ID").nunique()
    assert 10 <= len(different) <= 12
    assert (different["Last outcome category"] == 2).all()
    assert (different["Location"] == 2).any()
    assert (different["Month"] == 2).any()
    assert (different[["year", "Crime type", "borough"]] == 1).all(axis=None)


def test_points_lie_within_20_m_of_the_area_they_name_and_some_in_another(accepted, areas):
    points = points_of(accepted)
    named = gpd.GeoSeries(areas.geometry.reindex(accepted["LSOA code"]).to_numpy(), index=accepted.index, crs=BNG)
    distance = points.distance(named)
    assert distance.max() < 20
    assert 0.02 < (distance > 0).mean() < 0.06


def test_no_row_lies_in_another_borough_than_it_names(accepted, areas):
    points = points_of(accepted)
    boroughs = areas.assign(borough=areas["LSOA11NM"].str.rsplit(" ", n=1).str[0])
    joined = gpd.GeoDataFrame(accepted[["borough"]], geometry=points).sjoin(boroughs[["borough", "geometry"]])
    assert len(joined) == len(accepted)
    assert (joined["borough_left"] == joined["borough_right"]).all()


def test_rows_pile_up_on_map_points_in_streets(accepted):
    home = accepted[accepted["borough"] == HOME]
    distinct = home[["Longitude", "Latitude", "Location", "LSOA code"]].drop_duplicates()
    assert 1500 <= len(distinct) <= 2000
    assert not distinct.duplicated(["Longitude", "Latitude"]).any(), "a place has one street and one area"
    assert home["Location"].str.startswith("On or near ").all()
    assert (
        home[["Longitude", "Latitude"]].map(lambda text: re.fullmatch(r"-?\d+\.\d{6}", text) is not None).all(axis=None)
    )


@pytest.fixture(scope="module")
def by_centre(accepted):
    """Serious violence of Bexley within 100 m of each centre: a row a centre, a column a month."""
    serious = accepted[accepted["Crime type"].isin(SERIOUS) & (accepted["borough"] == HOME)]
    points = points_of(serious)
    months = [month_label(month) for month in range(36)]
    centres = gpd.points_from_xy([c.longitude for c in CENTRES], [c.latitude for c in CENTRES], crs=4326).to_crs(BNG)
    counts = [serious[points.distance(centre) < 100].groupby("Month").size() for centre in centres]
    return pd.DataFrame(counts, index=[c.street for c in CENTRES]).reindex(columns=months).fillna(0)


def test_the_steady_centres_hold_60_to_200_a_year(by_centre):
    steady = by_centre.drop(index=["New Wharf", "Old Mill Lane"])
    for year in ("2019", "2020", "2021"):
        assert steady.filter(like=year).sum(axis=1).between(60, 200).all()


def test_one_centre_emerges_in_2021(by_centre):
    wharf = by_centre.loc["New Wharf"]
    assert wharf[:"2021-02"].sum() < 20
    assert wharf["2021-03":"2021-05"].sum() < wharf["2021-10":"2021-12"].sum() / 3
    assert wharf["2021-10":"2021-12"].sum() == by_centre.loc[:, "2021-10":"2021-12"].sum(axis=1).max()


def test_one_centre_fades_until_the_second_half_of_2021(by_centre):
    mill = by_centre.loc["Old Mill Lane"]
    yearly = [mill.filter(like=year).sum() for year in ("2019", "2020", "2021")]
    assert yearly[0] > 1.5 * yearly[1] > 3 * yearly[2]
    assert yearly[0] > 120
    assert mill["2021-07":"2021-12"].sum() <= 6


def test_violence_peaks_in_summer_and_burglary_in_winter(accepted):
    month = accepted["Month"].str[5:]
    summer, winter = (
        accepted.loc[month.isin(list(three)), "Crime type"] for three in (("06", "07", "08"), ("12", "01", "02"))
    )
    violence, burglary = "Violence and sexual offences", "Burglary"
    assert (summer == violence).sum() > 1.15 * (winter == violence).sum()
    assert (winter == burglary).sum() > 1.15 * (summer == burglary).sum()


def test_two_centres_reach_across_a_border():
    outline = read_outline(outline_text())
    points = map_points(outline, np.random.Generator(np.random.PCG64(5)))
    boroughs = [set(outline.boroughs[points.area[points.source == number]]) for number in range(BACKGROUND)]
    assert [b for b in boroughs if b != {HOME}] == [{HOME, "Greenwich"}, {HOME, "Bromley"}]
    assert (points.weight > 0).all()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(texts):
    assert incident_files(DEMO_SEED) == texts
    assert incident_files(DEMO_SEED + 1) != texts


def test_the_bytes_are_those_of_every_platform(texts):
    """The digest is written down: it changes with the generator's code, and with nothing else."""
    digest = hashlib.sha256("".join(texts.values()).encode()).hexdigest()
    assert digest == "7444cee732a9fb011213c0468ae18d30afc252926eabe274af0e3fede63f3369"


def test_a_negative_seed_is_refused():
    with pytest.raises(ValueError, match="non-negative"):
        incident_files(-1)


def test_the_inputs_are_written_as_made(tmp_path, texts):
    inputs = write_demo_inputs(tmp_path / "new" / "folder")
    written = {
        path.relative_to(inputs.incidents).as_posix(): path.read_bytes() for path in inputs.incidents.rglob("*.csv")
    }
    assert written == {name: text.encode() for name, text in texts.items()}
    assert inputs.boundaries.read_bytes() == (ROOT / "boundaries" / OUTLINE).read_bytes()
    assert write_demo_inputs(tmp_path / "new" / "folder") == inputs


def test_both_copies_of_the_outline_are_the_file_its_readme_describes():
    content = (ROOT / "boundaries" / OUTLINE).read_bytes()
    assert (ROOT / "hotspots" / "data" / OUTLINE).read_bytes() == content
    assert outline_text().encode() == content
    readme = (ROOT / "boundaries" / "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256(content).hexdigest() in readme
    assert f"{len(content):,} bytes" in readme
    assert "Source: Office for National Statistics licensed under the Open Government Licence v3.0" in readme


def test_the_outline_is_663_valid_areas_without_gaps_or_overlaps():
    text = outline_text()
    document = json.loads(text)
    assert set(document) == {"type", "name", "features"}
    codes = [feature["properties"]["LSOA11CD"] for feature in document["features"]]
    assert codes == sorted(set(codes))
    assert text.count("\n") == len(codes) + 2, "one feature per line"
    outline = read_outline(text)
    assert Counter(outline.boroughs.tolist()) == {
        "Bexley": 146,
        "Bromley": 197,
        "Greenwich": 151,
        "Lewisham": 169,
    }
    assert len(outline.polygons) == 663
    assert shapely.is_valid(outline.polygons).all()
    assert shapely.coverage_is_valid(outline.polygons)
    assert not re.search(r"\d\.\d{6}", text), "5 decimals"
    rings = [ring for polygon in outline.polygons for ring in shapely.get_rings(polygon)]
    for ring in rings:
        assert shapely.is_ccw(ring)
        coordinates = shapely.get_coordinates(ring)
        assert (coordinates[1:] != coordinates[:-1]).any(axis=1).all(), "no vertex twice in a row"
