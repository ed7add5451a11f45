"""Wards of the tension log on the month's page: their ground, their words, and nothing of them where no log is given."""

from __future__ import annotations

import csv
import dataclasses
import json

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from hotspots.errors import InputError
from hotspots.events.tensions import ward_key, ward_tensions
from hotspots.maps.page import build_page
from hotspots.maps.payload import build_payload
from hotspots.pipeline.tension_layer import NO_ENTRY, PAST_REVIEW, log_rejects, month_log, ward_grounds, with_tensions
from hotspots.settings import Tensions
from hotspots.tables.tensions import PARTNERS
from tests import agenda_fixtures as agenda
from tests import conftest as kit
from tests import page_fixtures as fixtures
from tests.tensions_fixtures import TODAY, log

MAY = pd.Period("2024-05", "M")
ROWS = (
    ("2024-05-01", "ST MARYS & ST JAMES WARD", 4),
    ("2024-05-02", "Erith", 3),
    ("2024-05-02", "Slade Estate", 2),
    ("2024-01-20", "Belvedere", 5, "2024-03-01"),
    ("2024-01-20", "Northend", 3, "2024-12-01"),
    ("2024-01-20", "Crossness", 5, "2024-03-01", "2024-03-02"),
    ("2024-04-20", "Crossness", 4),
    ("2024-04-20", "Barnehurst", 2, "2024-04-25"),
)
CLOSED = ("2023-04-20", "Thamesmead", 2, None, "2023-05-25")


def areas(*wards):
    """Return a row of squares, one a ward; the last two lie in the ring and beyond."""
    zones = ["area"] * (len(wards) - 2) + ["ring", "beyond"]
    shapes = [box(500 * i, 0, 500 * (i + 1), 500) for i in range(len(wards))]
    index = pd.Index([f"E{i}" for i in range(len(wards))], name="lsoa_code")
    return gpd.GeoDataFrame(
        {"ward": pd.array(wards, dtype="str"), "zone": zones}, geometry=shapes, index=index, crs=27700
    )


AREAS = areas("St Mary's and St James", "Erith", "Erith", None, "Northend", "Belvedere", "Northend", "Erith")


def test_wards_have_the_ground_of_their_lsoas_in_the_area_and_only_that():
    wards = ward_tensions(log(*ROWS), TODAY)
    found = ward_grounds(wards, AREAS, Tensions())
    assert list(found.index) == list(wards.index)
    assert found.index.name == "ward"
    assert found.crs == AREAS.crs
    # Written otherwise in the log; two LSOAs as one ground; the LSOA of the ring left out.
    assert found.geometry["ST MARYS & ST JAMES WARD"].equals(AREAS.geometry["E0"])
    assert found.geometry["Erith"].equals(box(500, 0, 1500, 500))
    assert found.geometry["Erith"].geom_type == "Polygon"
    assert found.geometry["Northend"].equals(AREAS.geometry["E4"])
    assert [ward for ward, shape in found.geometry.items() if shape is None] == [
        "Barnehurst",
        "Crossness",
        "Slade Estate",
    ]
    assert found["n_current"].tolist() == wards["n_current"].tolist()


def test_levels_are_said_in_words_with_their_trend():
    wards = ward_tensions(log(*ROWS, CLOSED), TODAY)
    labels = ("level 1", "calm", "level 3", "tense", "level 5", "level 6")
    found = ward_grounds(wards, AREAS, Tensions(level_labels=labels))
    said = {ward: (row["label"], row["trend"]) for ward, row in found.to_dict("index").items()}
    assert said == {
        "ST MARYS & ST JAMES WARD": ("level 4 (tense)", "new"),
        "Erith": ("level 3", "new"),
        "Slade Estate": ("level 2 (calm)", "new"),
        "Belvedere": ("past review, up to level 5", "fallen"),
        "Northend": ("level 3", "same"),
        "Crossness": ("level 4 (tense)", "fallen"),
        "Thamesmead": (NO_ENTRY, "same"),
        "Barnehurst": ("past review, up to level 2 (calm)", "same"),
    }
    assert str(found["level"].dtype) == "Int64"
    assert found.index[found["level"].isna()].tolist() == ["Barnehurst", "Belvedere", "Thamesmead"]
    other = ward_grounds(
        ward_tensions(log(*ROWS), TODAY, level_1_is_worst=True), AREAS, Tensions(level_1_is_worst=True)
    )
    assert other.loc["Crossness", "trend"] == "risen"


NAMES = st.sampled_from(["Erith", "ERITH WARD", "Northend", "St Mary's and St James", "Elsewhere"])
DAYS = st.dates(pd.Timestamp("2023-11-01").date(), TODAY.date()).map(str)


@given(rows=st.lists(st.tuples(DAYS, NAMES, st.integers(1, 6)), min_size=1, max_size=8), worst=st.booleans())
def test_laws_of_the_trend_and_the_ground(rows, worst):
    wards = ward_tensions(log(*rows), TODAY, level_1_is_worst=worst)
    found = ward_grounds(wards, AREAS, Tensions(level_1_is_worst=worst))
    for ward, row in wards.iterrows():
        trend = found.loc[ward, "trend"]
        assert row["risen"] == (trend in {"risen", "new"})
        assert (trend == "new") == (pd.notna(row["level"]) and pd.isna(row["level_before"]))
        label = found.loc[ward, "label"]
        assert (label == NO_ENTRY) == (row["n_current"] == 0 and row["n_overdue"] == 0)
        assert label.startswith(PAST_REVIEW) == (row["n_current"] == 0 and row["n_overdue"] > 0)
        assert (found.geometry[ward] is None) == (ward_key(str(ward)) == "elsewhere")


def test_without_wards_of_the_areas_there_is_no_ground_and_still_the_table():
    nothing = AREAS.assign(ward=pd.array([None] * len(AREAS), dtype="str"))
    found = ward_grounds(ward_tensions(log(*ROWS), TODAY), nothing, Tensions())
    assert found.geometry.isna().all()
    assert len(found) == 7
    text = build_page(fixtures.content(tensions=found.to_crs(27700)))
    assert text.count("not on the map</span>") == 7
    assert "tensions" not in json.loads(text.split('id="page-data">')[1].split("</script>")[0])
    assert "ward-line" not in text
    assert len(ward_grounds(ward_tensions(log(), TODAY), AREAS, Tensions())) == 0


# ------------------------------------------------------------------------------------------------ the page


def test_a_page_without_a_log_holds_nothing_of_it():
    text = build_page(fixtures.content())
    assert "tension" not in text.lower()
    assert PARTNERS not in text
    content = fixtures.content()
    assert with_tensions(content, None, AREAS, Tensions()) is content


def test_a_page_with_a_log_says_what_it_says_and_for_whom():
    content = agenda.content()
    text = build_page(content)
    section = text.split("<h3>Community tensions</h3>")[1].split("</section>")[0]
    assert PARTNERS in section
    for sentence in agenda.SENTENCES:
        assert sentence in section
    assert section.count("<tr>") == 1 + len(agenda.tensions())
    assert "St Mary&#39;s and St James</span></th><td>level 4</td>" in section
    assert '<span class="sign" aria-hidden="true">↓</span> fallen</td><td class="num">2</td>' in section
    assert section.count("not on the map") == 1
    wards = build_payload(content)["tensions"]
    assert [ward["said"] for ward in wards] == ["5 ↑", "4 =", "4 N", "3 ↓", "2 =", "1 ↑", "– ↓"]
    assert [ward["ward"] for ward in wards] == list(agenda.tensions().index[:7])
    assert '"Community tensions" : ' in text
    assert text == build_page(agenda.content())


def test_hostile_wards_and_labels_are_text():
    text = build_page(agenda.content(bad=fixtures.BAD))
    section = text.split("<h3>Community tensions</h3>")[1].split("</section>")[0]
    assert "<img" not in section
    assert "<svg onload" not in section
    assert section.count("&lt;/script&gt;&lt;img") == 8 + 8 + 2
    written = text.split('id="page-data">')[1].split("</script>")[0]
    assert not set(written) & set("<>&\u2028\u2029")
    assert json.loads(written)["tensions"][0]["ward"] == f"Riverside{fixtures.BAD}"


# ------------------------------------------------------------------------------------------------ the log


LINES = [
    "tension_id,reported_on,source,eep,level,theme,ward,summary,review_on",
    "T1,2024-05-20,Youth service,evidenced,4,Youth,Riverside,Two groups argue.,2024-06-30",
    "T2,2024-06-02,Youth service,evidenced,6,Youth,Riverside,Reported after the month.,",
    "T3,2024-05-02,Forum,experienced,2,Noise,Hillside,Complaints of noise.,2024-06-30",
    "T4,2024-05-03,Forum,experienced,2,Noise,Hillside,Ring 07700 900123.,",
    "T5,2024-05-03,Forum,experienced,9 Elm Road,Noise,Hillside,Complaints.,",
    "T6,2024-05-03,Forum,experienced,2,Noise,12 Hillside,Complaints.,",
]
SECRET = ("07700", "Elm", "12 Hillside")


def log_file(folder):
    path = folder / "tensions.csv"
    path.write_text("\n".join(LINES) + "\n", encoding="utf-8")
    return path


def test_the_day_of_the_levels_is_the_last_of_the_month(tmp_path):
    found = month_log(log_file(tmp_path), MAY, Tensions())
    assert found is not None
    assert found.today == pd.Timestamp("2024-05-31")
    assert found.wards["level"].to_dict() == {"Riverside": 4, "Hillside": 2}
    assert month_log(None, MAY, Tensions()) is None
    with pytest.raises(InputError, match="does not exist"):
        month_log(tmp_path / "gone.csv", MAY, Tensions())


def test_rejects_repeat_no_value(tmp_path):
    rejects = log_rejects(month_log(log_file(tmp_path), MAY, Tensions()))
    assert rejects is not None
    assert rejects["source_row"].tolist() == [5, 6, 7]
    assert rejects["reason"].iloc[0] == "personal_data"
    assert rejects["value"].notna().tolist() == (rejects["reason"] == "personal_data").tolist()
    assert not any(secret in rejects.to_csv() for secret in SECRET)
    assert log_rejects(None) is None


def test_what_the_log_says_is_put_on_the_page(tmp_path):
    content = fixtures.content()
    found = month_log(log_file(tmp_path), MAY, Tensions())
    assert found is not None
    codes = content.hotspots.assign(lsoa_codes=["E01000008", "E01000021", "E01000022"])
    wards = pd.array(["Riverside"] * len(content.areas), dtype="str")
    made = with_tensions(
        dataclasses.replace(content, hotspots=codes), found, content.areas.assign(ward=wards), Tensions()
    )
    assert made.words.notices == (*content.words.notices, PARTNERS)
    assert made.words.tensions[: len(found.sentences)] == found.sentences
    assert made.words.tensions[-1].startswith("Hotspots 1, 2 and 3 lie in Riverside")
    assert made.tensions is not None
    assert list(made.tensions.index) == ["Riverside", "Hillside"]
    own = content.areas[content.areas["zone"] == "area"]
    assert made.tensions.geometry["Riverside"].equals(shapely.union_all(own.geometry.array))


def test_a_pack_with_a_log_holds_it_and_one_without_does_not(town, pack, tmp_path):
    lines = [
        f"{code},{code},W{i % 2},{('Riverside', 'Hillside')[i % 2]}" for i, code in enumerate(kit.lattice()["LSOA21CD"])
    ]
    wards = tmp_path / "wards.csv"
    wards.write_text("LSOA21CD,LSOA21NM,WD24CD,WD24NM\n" + "\n".join(lines) + "\n", encoding="utf-8")
    settings = tmp_path / "hotspots.toml"
    settings.write_text(f"[areas]\nwards = {json.dumps(str(wards))}\n", encoding="utf-8")
    read = town.run(tmp_path / "with", tensions=log_file(tmp_path), settings=settings)
    assert f"<li>{PARTNERS}</li>" in read.page
    assert "<h3>Community tensions</h3>" in read.page
    assert "On 31 May 2024 two entries of the tension log are current" in read.page
    assert PARTNERS in read.manifest["notices"]
    assert [file["name"] for file in read.manifest["inputs"] if file["role"] == "tensions"] == ["tensions.csv"]
    assert "Tension entries" in read.said.out
    with (read.folder / "rejects.csv").open(encoding="utf-8-sig", newline="") as stream:
        refused = [row for row in csv.DictReader(stream) if row["source_file"] == "tensions.csv"]
    assert [row["source_row"] for row in refused] == ["5", "6", "7"]
    everything = b"".join(path.read_bytes() for path in read.folder.iterdir()).decode("utf-8", "replace")
    assert not any(secret in everything for secret in ("07700", "9 Elm Road", "12 Hillside"))
    # The pack of the same month without a log.
    for path in pack.folder.iterdir():
        if path.suffix in {".html", ".csv", ".json", ".svg"}:
            text = path.read_text(encoding="utf-8").lower()
            assert PARTNERS.lower() not in text
            assert "community tension" not in text, path.name
    assert "tensions" not in {file["role"] for file in pack.manifest["inputs"]}
